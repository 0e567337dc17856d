/// Turns the texts of settings into values, and says which one cannot be.
struct SettingReader {
    let settings: ConnectionSettings

    /// One of a fixed set of words; nil where nothing was given.
    func choice<Value: RawRepresentable & CaseIterable>(
        _ option: ConnectionOption, _ type: Value.Type = Value.self
    ) throws(PGError) -> Value? where Value.RawValue == String {
        guard let setting = settings[option] else { return nil }
        if let value = Value(rawValue: setting.text) { return value }
        throw refused(setting, option, Value.allCases.map(\.rawValue))
    }

    /// Whether one of two or more words was given: libpq's parameters that this client has no field for.
    func word(_ option: ConnectionOption, of words: [String]) throws(PGError) -> String? {
        guard let setting = settings[option] else { return nil }
        guard words.contains(setting.text) else { throw refused(setting, option, words) }
        return setting.text
    }

    /// A version of TLS, in any case; nil where nothing, or an empty text, was given.
    func tlsVersion(_ option: ConnectionOption) throws(PGError) -> PGConfiguration.TLSVersion? {
        guard let setting = settings[option], !setting.text.isEmpty else { return nil }
        let versions = PGConfiguration.TLSVersion.allCases
        let wanted = setting.text.lowercased()
        if let version = versions.first(where: { $0.rawValue.lowercased() == wanted }) {
            return version
        }
        throw refused(setting, option, versions.map(\.rawValue))
    }

    /// A version of the protocol; nil where nothing was given.
    func protocolVersion(
        _ option: ConnectionOption
    ) throws(PGError) -> PGConfiguration.ProtocolVersion? {
        guard let setting = settings[option] else { return nil }
        let versions = PGConfiguration.ProtocolVersion.allCases
        if setting.text == "latest" { return versions.max() }
        if let version = PGConfiguration.ProtocolVersion(rawValue: setting.text) { return version }
        throw refused(setting, option, versions.map(\.rawValue) + ["latest"])
    }

    /// An integer of 32 bits; nil where nothing was given.
    func integer(_ option: ConnectionOption) throws(PGError) -> Int? {
        guard let setting = settings[option] else { return nil }
        if let number = CInteger.parse(setting.text) { return number }
        throw ConnectionSettings.invalid(option, "is not an integer of 32 bits", setting.origin)
    }

    /// The list of `require_auth`; all of it with an exclamation mark, or nothing of it.
    func authRequirement() throws(PGError) -> PGConfiguration.AuthRequirement {
        guard let setting = settings[.requireAuth], !setting.text.isEmpty else { return .any }
        let items = setting.text.split(separator: ",", omittingEmptySubsequences: false)
        let isNegated = items.first?.hasPrefix("!") ?? false
        var methods: Set<PGConfiguration.AuthMethod> = []
        for item in items {
            guard item.hasPrefix("!") == isNegated else {
                throw ConnectionSettings.invalid(
                    .requireAuth, "mixes methods with and without \"!\"", setting.origin)
            }
            let name = isNegated ? item.dropFirst() : item
            guard let method = PGConfiguration.AuthMethod(rawValue: String(name)) else {
                throw refused(
                    setting, .requireAuth, PGConfiguration.AuthMethod.allCases.map(\.rawValue))
            }
            guard methods.insert(method).inserted else {
                throw ConnectionSettings.invalid(
                    .requireAuth, "names \(method.rawValue) twice", setting.origin)
            }
        }
        return isNegated ? .noneOf(methods) : .oneOf(methods)
    }

    private func refused(
        _ setting: ConnectionSettings.Setting, _ option: ConnectionOption, _ expected: [String]
    ) -> PGError {
        ConnectionSettings.invalid(
            option, "is none of \(expected.joined(separator: ", "))", setting.origin)
    }
}
