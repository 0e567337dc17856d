/// The parameters that were given, each with its text and where it stood.
///
/// Who comes first wins: the connection string over the service file over the variables, as in libpq.
struct ConnectionSettings: Sendable {
    /// Where a value stood.
    enum Origin: Sendable, Hashable {
        /// In the connection string, at this byte, counted from 1.
        case string(byte: Int)
        /// In a service file.
        case service(file: String, line: Int)
        /// In a variable.
        case variable(String)

        /// The place in words.
        var text: String {
            switch self {
            case .string(let byte): "at byte \(byte) of the connection string"
            case .service(let file, let line): "in line \(line) of the service file \(file)"
            case .variable(let name): "in the variable \(name)"
            }
        }
    }

    /// One value.
    struct Setting: Sendable, Hashable {
        var text: String
        var origin: Origin
    }

    private var values: [ConnectionOption: Setting] = [:]

    /// What was given for an option; nil for nothing.
    subscript(option: ConnectionOption) -> Setting? { values[option] }

    /// The text of an option; nil where it is missing or empty.
    func text(_ option: ConnectionOption) -> String? {
        values[option].flatMap { $0.text.isEmpty ? nil : $0.text }
    }

    /// Stores a value of a connection string; the last one of an option wins.
    ///
    /// - Throws: `invalidConfiguration` for an unknown name or a text that is not UTF-8.
    mutating func store(
        _ name: ArraySlice<UInt8>, _ value: [UInt8], byte: Int
    ) throws(PGError) {
        let origin = Origin.string(byte: byte)
        // From before there was sslmode.
        if name.elementsEqual("requiressl".utf8) {
            let mode = value.first == UInt8(ascii: "1") ? "require" : "prefer"
            values[.sslmode] = Setting(text: mode, origin: origin)
            return
        }
        guard let option = ConnectionOption(rawValue: String(decoding: name, as: UTF8.self)) else {
            throw unknown(name, origin)
        }
        values[option] = Setting(text: try Self.text(value, option, origin), origin: origin)
    }

    /// Stores a value unless there is one.
    mutating func fill(_ option: ConnectionOption, _ text: String, _ origin: Origin) {
        if values[option] == nil { values[option] = Setting(text: text, origin: origin) }
    }

    /// Takes from the variables what nobody gave yet.
    mutating func fill(from variables: [String: String]) {
        for option in ConnectionOption.allCases {
            guard let variable = option.variable, let text = variables[variable] else { continue }
            fill(option, text, .variable(variable))
        }
        if variables["PGREQUIRESSL"]?.utf8.first == UInt8(ascii: "1") {
            fill(.sslmode, "require", .variable("PGREQUIRESSL"))
        }
    }

    static func text(
        _ bytes: [UInt8], _ option: ConnectionOption, _ origin: Origin
    ) throws(PGError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw invalid(option, "is not UTF-8", origin)
        }
        return text
    }

    /// The error for a value that cannot be used; the value itself is named only where it is no secret.
    static func invalid(
        _ option: ConnectionOption, _ what: String, _ origin: Origin
    ) -> PGError {
        PGError(.invalidConfiguration, "\(option.rawValue), \(origin.text), \(what)")
    }

    /// The error for a name that no option has.
    ///
    /// A word behind a password may belong to it (a blank that was not quoted) and is not shown.
    private func unknown(_ name: ArraySlice<UInt8>, _ origin: Origin) -> PGError {
        let isName =
            (1...63).contains(name.count)
            && name.allSatisfy {
                $0 == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
        let mayBeSecret = values[.password] != nil || values[.sslpassword] != nil
        let shown =
            isName && !mayBeSecret ? "\"\(String(decoding: name, as: UTF8.self))\" " : "the name "
        return PGError(
            .invalidConfiguration,
            "\(shown)\(origin.text) is none of a connection's options (PostgreSQL manual, 34.1.2)")
    }
}
