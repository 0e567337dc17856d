internal import FoundationEssentials

/// Where the stages write how they are, and the API reads it: the only thing they share in memory.
package actor StatusBoard {
    private var status: InstanceStatus
    private var waitingSince: [String: ContinuousClock.Instant] = [:]
    private var missing: [String: [InstanceStatus.Missing]] = [:]

    /// A board that knows the targets' names only.
    package init(name: String, version: String, targets: [String]) {
        status = InstanceStatus(name: name, version: version)
        status.targets = targets.sorted().map(InstanceStatus.Target.init(name:))
    }

    /// Everything, with lags as of now and the sentence made.
    package func current() -> InstanceStatus {
        var copy = status
        let now = ContinuousClock.now
        for index in copy.targets.indices {
            guard let since = waitingSince[copy.targets[index].name] else { continue }
            copy.targets[index].lagSeconds = max((now - since) / .seconds(1), 0)
        }
        copy.notCarried = Set(missing.values.joined()).sorted()
        copy.sentence = copy.describe()
        return copy
    }

    /// Changes what concerns the whole instance.
    package func update(_ change: @Sendable (inout InstanceStatus) -> Void) {
        change(&status)
    }

    /// Changes what concerns a target; a name that is not configured is ignored.
    package func update(
        target name: String, _ change: @Sendable (inout InstanceStatus.Target) -> Void
    ) {
        guard let index = status.targets.firstIndex(where: { $0.name == name }) else { return }
        change(&status.targets[index])
    }

    /// Notes since when a change has been waiting for a target; nil when nothing waits.
    package func waiting(target name: String, since: ContinuousClock.Instant?, events: Int) {
        waitingSince[name] = since
        update(target: name) { $0.pendingEvents = events }
    }

    /// Replaces what is not carried according to one stage.
    package func setNotCarried(_ objects: [InstanceStatus.Missing], by stage: String) {
        missing[stage] = objects
    }

    /// The time for a `Failure`: ISO 8601 in UTC, for people; nothing is ordered or measured by it.
    package static func timeText() -> String {
        Date.now.formatted(.iso8601)
    }
}
