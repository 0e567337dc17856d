/// The names of the triggers, and which of them make the capture of a table complete.
///
/// A table's capture is identified by the `(oid, xmin, tgenabled)` of these triggers: one that was
/// dropped, disabled or made anew in the meantime shows, and the table is copied whole.
package enum CaptureID {
    /// The schema of everything that is installed.
    package static let schema = "teleport"
    /// The beginning of the name of a capture function; the oid of the table follows.
    package static let functionPrefix = "capture_"

    /// The names of all triggers that are ever made.
    package static let triggerNames = [
        "teleport_delete", "teleport_insert", "teleport_row", "teleport_truncate",
        "teleport_update",
    ]

    /// The names that a table must have, all enabled, to be captured.
    ///
    /// For a root of partitions these are the triggers on the root itself: a leaf's own trigger is
    /// made later than the leaf, and what happened before is recorded then.
    package static func required(isPartitioned: Bool, serverVersion: Int) -> [String] {
        guard !isPartitioned, serverVersion >= 100_000 else {
            return ["teleport_row", "teleport_truncate"]
        }
        return ["teleport_delete", "teleport_insert", "teleport_truncate", "teleport_update"]
    }

    /// The name of a table's capture function.
    package static func functionName(_ oid: UInt32) -> String { functionPrefix + String(oid) }

    /// The oid in the name of a capture function; nil for another name.
    package static func tableOID(functionName name: String) -> UInt32? {
        guard name.hasPrefix(functionPrefix) else { return nil }
        let digits = name.dropFirst(functionPrefix.count)
        guard let oid = UInt32(digits), String(oid) == digits else { return nil }
        return oid
    }
}
