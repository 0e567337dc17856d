extension InstanceStatus {
    /// The one sentence that says how the instance is; pure.
    public func describe() -> String {
        if let problem { return problem.message }
        guard databaseReachable else { return "Waiting for the database." }
        switch role {
        case .starting: return "Starting."
        case .standby:
            return "Standing by: another daemon feeds the targets of this database."
        case .target:
            return sources.isEmpty
                ? "Ready for a source; none has sent anything yet."
                : "Taking changes from \(Self.counted(sources.count, "source"))."
        case .leader: break
        }
        let healthy = targets.filter { $0.state == .replicating }
        let lag = targets.map(\.lagSeconds).max() ?? 0
        if healthy.count == targets.count {
            return "Replicating to \(Self.counted(targets.count, "target")), "
                + (lag == 0 ? "nothing waits." : "\(Self.tenths(lag)) s behind.")
        }
        let others = targets.filter { $0.state != .replicating }
            .map { "\($0.name): \($0.sentence)" }
        return "Replicating to \(healthy.count) of \(Self.counted(targets.count, "target")). "
            + others.joined(separator: " ")
    }

    private static func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }

    private static func tenths(_ seconds: Double) -> String {
        String((seconds * 10).rounded(.up) / 10)
    }
}
