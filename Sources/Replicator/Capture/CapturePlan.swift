/// What one table's capture lacks, decided from the catalog alone: a pure function of what is
/// wanted and what is there, so that what fits is never touched.
package struct CapturePlan: Hashable, Sendable {
    /// One thing to do, in the order given, all in one short transaction.
    package enum Step: Hashable, Sendable {
        /// A statement.
        case sql(String)
        /// Drops the function with its triggers; first, nothing else may hang on it.
        case dropFunction
        /// Records that the whole table is to be read again.
        case recordWhole
    }

    /// What to do; empty where everything fits.
    package var steps: [Step] = []
    /// Partitions whose rows are to be recorded, before the steps and in transactions of their own.
    package var leavesToRecord: [CaptureTable.Leaf] = []
    /// What an operator should hear: somebody disabled or dropped a trigger.
    package var notices: [String] = []
    /// Whether the table was not captured at all before.
    package var isNew = false

    /// Compares what a table should have with what it has.
    ///
    /// - Parameter table: a table with a key and with rights.
    package init(table: CaptureTable, state: CaptureState, serverVersion: Int) {
        let function = CaptureFunction(table, serverVersion: serverVersion)
        let desired = TriggerDefinition.all(of: table, serverVersion: serverVersion)
        let found = state.triggers[table.oid] ?? []
        let old = state.functions[table.oid]
        isNew = old == nil

        // Events of another key say nothing about this one: new triggers mean a whole copy.
        let keyChanged = old.map { !$0.source.contains(function.keyLine + "\n") } ?? false
        let leaves = Set(table.leaves.map(\.oid))
        var kept: [TriggerDefinition: CaptureState.Trigger] = [:]
        var dropped: [CaptureState.Trigger] = []
        var clones: [CaptureState.Trigger] = []
        for trigger in found {
            if trigger.definition.name == "teleport_row",
                leaves.contains(trigger.definition.relation)
            {
                clones.append(trigger)
            } else if !keyChanged, let match = desired.first(where: { $0.fits(trigger.definition) })
            {
                kept[match] = trigger
            } else {
                dropped.append(trigger)
            }
        }
        reportLosses(table, desired, kept, clones, dropped: dropped, keyChanged: keyChanged)

        // What is disabled on a table of somebody else can only be made anew.
        let isStuck =
            dropped.contains { !$0.definition.isOwned }
            || (Array(kept.values) + clones).contains { !$0.definition.isOwned && !$0.isEnabled }
        if isStuck {
            steps.append(.dropFunction)
            kept = [:]
            clones = []
        } else {
            steps += dropped.map { .sql($0.definition.drop) }
        }
        if isStuck || old != function.installed {
            steps += function.statements.map { .sql($0) }
        }
        for trigger in desired {
            if let present = kept[trigger] {
                if trigger.isOwned && present.enabled != "A" {
                    steps.append(.sql(trigger.enableAlways))
                }
                continue
            }
            steps.append(.sql(trigger.create(calling: function.qualifiedName)))
            if trigger.isOwned { steps.append(.sql(trigger.enableAlways)) }
        }
        for clone in clones where clone.definition.isOwned && clone.enabled != "A" {
            steps.append(.sql(clone.definition.enableAlways))
        }
        let isRowTriggerKept = kept.keys.contains { $0.name == "teleport_row" }
        if isRowTriggerKept { lookAtLeaves(table, desired, kept, clones, dropped) }
    }

    /// Says what was disabled, dropped or changed behind our back.
    private mutating func reportLosses(
        _ table: CaptureTable, _ desired: [TriggerDefinition],
        _ kept: [TriggerDefinition: CaptureState.Trigger], _ clones: [CaptureState.Trigger],
        dropped: [CaptureState.Trigger], keyChanged: Bool
    ) {
        guard !isNew else { return }
        if keyChanged {
            notices.append(
                "the key of \(table.name) has changed: it is captured anew and copied whole")
            return
        }
        for trigger in desired where trigger.relation == table.oid && kept[trigger] == nil {
            notices.append(
                "trigger \(trigger.name) of \(table.name) was missing or changed: it is made anew, "
                    + "and the table is copied whole")
        }
        for trigger in Array(kept.values) + clones where !trigger.isEnabled {
            notices.append(
                "trigger \(trigger.definition.name) of \(trigger.definition.relationName) was "
                    + "disabled: it is enabled again, and \(table.name) is copied whole")
        }
    }

    /// Partitions that came or went, or whose own triggers missed something, while the root's
    /// triggers stayed: the root's capture identity does not show it, so an event has to.
    private mutating func lookAtLeaves(
        _ table: CaptureTable, _ desired: [TriggerDefinition],
        _ kept: [TriggerDefinition: CaptureState.Trigger], _ clones: [CaptureState.Trigger],
        _ dropped: [CaptureState.Trigger]
    ) {
        let detached = dropped.contains { $0.definition.relation != table.oid }
        let missed = (Array(kept.values) + clones).contains {
            $0.definition.relation != table.oid && !$0.isEnabled
        }
        if detached || missed { steps.append(.recordWhole) }
        let covered = Set(kept.keys.map(\.relation))
        leavesToRecord = table.leaves.filter { $0.holdsRows && !covered.contains($0.oid) }
    }
}

extension TriggerDefinition {
    /// Whether a trigger of the catalog does what this one says.
    fileprivate func fits(_ found: TriggerDefinition) -> Bool {
        name == found.name && relation == found.relation && type == found.type
            && newTable == found.newTable && oldTable == found.oldTable
    }
}

extension CaptureFunction {
    /// As the catalog shows it once it is installed.
    var installed: CaptureState.Function {
        CaptureState.Function(
            source: source, configuration: configuration, isSecurityDefiner: true)
    }
}
