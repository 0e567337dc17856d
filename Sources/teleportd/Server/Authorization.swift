/// Who may do what: a pure rule over the configuration and a request.
struct Authorization: Sendable {
    /// What is asked for.
    enum Scope: Sendable, Hashable {
        /// Applying batches, and what the target has of a source.
        case replication
        /// Waiting for a position: it reads, and tells nothing but whether it was reached.
        case waiting
    }

    /// What clients must show; nil for none.
    let token: String?
    /// Whether the API listens on loopback only.
    let isLoopback: Bool
    /// Whether the operator opted out of tokens.
    let isInsecure: Bool

    /// Nil where the request is allowed, else the reason and what to do.
    ///
    /// `header` is the value of `Authorization`, where there is one; `isLocalPeer` says whether the
    /// client runs on this machine.
    func refusal(_ scope: Scope, header: String?, isLocalPeer: Bool) -> String? {
        guard let token else {
            if isLoopback || isInsecure || (scope == .waiting && isLocalPeer) { return nil }
            return
                "this instance listens beyond loopback and has no token: add `server: {token: …}` "
                + "to its configuration or set TELEPORT_TOKEN, the same on source and target, or add "
                + "`server: {insecure: true}` to take batches from anybody"
        }
        guard let header, let shown = Self.bearer(header) else {
            return
                "the request shows no token: set TELEPORT_TOKEN, or server.token, or the target's "
                + "token in the source's configuration"
        }
        guard Self.equal(shown, token) else {
            return "the request shows another token than this instance expects: set the same "
                + "TELEPORT_TOKEN or server.token on source and target"
        }
        return nil
    }

    /// The token of `Bearer TOKEN` (RFC 6750, 2.1).
    static func bearer(_ header: String) -> String? {
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    /// Compares in a time that depends on the length of `shown` alone.
    static func equal(_ shown: String, _ expected: String) -> Bool {
        let shown = Array(shown.utf8)
        let expected = Array(expected.utf8)
        guard !expected.isEmpty else { return false }
        var difference = UInt(bitPattern: shown.count ^ expected.count)
        for index in shown.indices {
            difference |= UInt(shown[index] ^ expected[index % expected.count])
        }
        return difference == 0
    }
}
