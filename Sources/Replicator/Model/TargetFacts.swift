/// What of a target's server decides about what can be carried there.
public struct TargetFacts: Codable, Sendable, Hashable {
    /// The roles, which privileges can be granted to.
    public var roles: Set<String>
    /// Those that the applying role is a member of, which objects can be given to.
    public var ownRoles: Set<String>
    /// The versions that the applying role can give each extension; of one that it does not own, the
    /// installed one.
    public var extensionVersions: [String: Set<String>]

    /// Puts the facts together.
    public init(
        roles: Set<String>, ownRoles: Set<String>, extensionVersions: [String: Set<String>]
    ) {
        self.roles = roles
        self.ownRoles = ownRoles
        self.extensionVersions = extensionVersions
    }
}
