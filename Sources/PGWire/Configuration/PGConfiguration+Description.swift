// Printed, interpolated or dumped, a configuration shows where it leads and none of its secrets.

extension PGConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// `user@host:port,host:port/database`.
    public var description: String {
        "\(user)@\(hosts.map(\.description).joined(separator: ","))/\(database)"
    }

    /// As `description`.
    public var debugDescription: String { description }

    /// Has no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension PGConfiguration.Host: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// `host:port`, or the path of the socket.
    public var description: String { endpoint.text }

    /// As `description`.
    public var debugDescription: String { description }

    /// Has no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
