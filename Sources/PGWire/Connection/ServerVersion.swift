extension PGConnection {
    /// `15.18 (Debian …)` is 150018, `9.6.24` is 90624, `17beta1` is 170000.
    static func versionNumber(_ text: String) -> Int {
        let numbers = text.prefix { $0.isNumber || $0 == "." }.split(separator: ".")
            .map { Int($0) ?? 0 }
        guard let major = numbers.first, major < 1000 else { return 0 }
        let minor = numbers.count > 1 ? numbers[1] : 0
        if major >= 10 { return major * 10_000 + minor }
        return major * 10_000 + minor * 100 + (numbers.count > 2 ? numbers[2] : 0)
    }
}
