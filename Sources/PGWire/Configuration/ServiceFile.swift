/// A connection service file: named groups of options (manual, 34.17).
///
/// ```ini
/// # comment
/// [orders]
/// host=db1.example.org
/// port=5433
/// ```
/// No blanks around the equals sign, no quotes: what follows it up to the line's end is the value.
enum ServiceFile {
    /// Fills in what the service of this string or of `PGSERVICE` says, unless it was given already.
    ///
    /// Looked for in `PGSERVICEFILE`, else `~/.pg_service.conf`, then in the system's `pg_service.conf`.
    ///
    /// - Throws: `invalidConfiguration` where the service, or the file of that variable, does not exist
    ///   or makes no sense.
    static func apply(
        to settings: inout ConnectionSettings, _ environment: PGEnvironment
    ) throws(PGError) {
        guard let service = settings[.service]?.text ?? environment.variables["PGSERVICE"] else {
            return
        }
        let named = settings[.servicefile]?.text ?? environment.variables["PGSERVICEFILE"]
        if let file = named ?? environment.atHome(".pg_service.conf") {
            if named != nil || environment.exists(file) {
                let bytes = try read(file, environment)
                if try apply(bytes, file: file, service: service, to: &settings) { return }
            }
        }
        let directory = environment.variables["PGSYSCONFDIR"] ?? environment.configurationDirectory
        let file = "\(directory)/pg_service.conf"
        if environment.exists(file) {
            let bytes = try read(file, environment)
            if try apply(bytes, file: file, service: service, to: &settings) { return }
        }
        throw PGError(
            .invalidConfiguration, "the service \"\(service)\" is in no connection service file")
    }

    private static func read(
        _ file: String, _ environment: PGEnvironment
    ) throws(PGError) -> [UInt8] {
        let problem: String
        switch environment.read(file, Limits.configurationFile + 1) {
        case .plain(let bytes, _) where bytes.count <= Limits.configurationFile: return bytes
        case .plain: problem = "is larger than \(Limits.configurationFile) bytes"
        case .missing: problem = "does not exist"
        case .special: problem = "is not a plain file"
        case .unreadable(let reason): problem = "cannot be read: \(reason)"
        }
        throw PGError(.invalidConfiguration, "the service file \(file) \(problem)")
    }

    /// - Returns: whether the file has the service.
    private static func apply(
        _ bytes: [UInt8], file: String, service: String, to settings: inout ConnectionSettings
    ) throws(PGError) -> Bool {
        let header = Array("[\(service)]".utf8)
        var isFound = false
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let origin = ConnectionSettings.Origin.service(file: file, line: number)
            // As libpq: longer lines are refused, in whichever group they are.
            guard line.count < Limits.serviceLine else {
                throw wrong("is longer than \(Limits.serviceLine - 1) bytes", origin)
            }
            let text = line.drop { $0.isBlank }.trimmingEnd { $0.isBlank }
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            if first == UInt8(ascii: "[") {
                if isFound { return true }
                // What follows the bracket is ignored.
                isFound = text.starts(with: header)
                continue
            }
            if isFound { try apply(text, origin, to: &settings) }
        }
        return isFound
    }

    private static func apply(
        _ line: ArraySlice<UInt8>, _ origin: ConnectionSettings.Origin,
        to settings: inout ConnectionSettings
    ) throws(PGError) {
        // LDAP look-ups are libpq's, not ours: an unknown option like any other.
        guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
            throw wrong("has no \"=\"; expected option=value", origin)
        }
        let name = String(decoding: line[..<equals], as: UTF8.self)
        guard let option = ConnectionOption(rawValue: name) else {
            throw wrong("names none of a connection's options before its \"=\"", origin)
        }
        guard option != .service, option != .servicefile else {
            throw wrong("names another service; that is not possible", origin)
        }
        let value = Array(line[line.index(after: equals)...])
        settings.fill(option, try ConnectionSettings.text(value, option, origin), origin)
    }

    private static func wrong(_ what: String, _ origin: ConnectionSettings.Origin) -> PGError {
        PGError(.invalidConfiguration, "what stands \(origin.text) \(what)")
    }
}

extension ArraySlice<UInt8> {
    /// Without the bytes at its end that fulfil a condition.
    func trimmingEnd(_ condition: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        var slice = self
        while let last = slice.last, condition(last) { slice.removeLast() }
        return slice
    }
}
