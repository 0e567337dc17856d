package import PGWire

/// Takes the capture of a table away: its triggers, then its function.
package enum CaptureRemoval {
    /// In one short transaction; nothing is changed on failure.
    package static func remove(
        _ oid: UInt32, triggers: [CaptureState.Trigger], on connection: PGConnection,
        lockTimeout: Duration, attempts: Int = 1
    ) async throws {
        try await ShortTransaction.retrying(
            on: connection, lockTimeout: lockTimeout, attempts: attempts
        ) { connection in
            // Clones on partitions go with the trigger of their root.
            let own = triggers.filter { !isClone($0, of: oid) }
            if own.allSatisfy(\.definition.isOwned) {
                for trigger in own { try await connection.execute(trigger.definition.drop) }
                try await connection.execute("DROP FUNCTION \(name(oid))()")
            } else {
                try await dropWithTriggers(oid, on: connection)
            }
        }
    }

    /// DROP FUNCTION … CASCADE, which a role may do with its own function where it may not drop the
    /// triggers of somebody else's table; inside the caller's transaction.
    ///
    /// - Throws: `CaptureError.inUse` where anything but triggers depends on the function.
    package static func dropWithTriggers(_ oid: UInt32, on connection: PGConnection) async throws {
        let dependents = try await connection.query(
            sql: """
            SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
              FROM pg_catalog.pg_depend d
             WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
               AND d.refobjid = '\(name(oid))'::pg_catalog.regproc
               AND d.deptype <> 'i' AND d.classid <> 'pg_catalog.pg_trigger'::pg_catalog.regclass
            """)
        guard dependents.rows.isEmpty else {
            let names = try dependents.rows.map { try $0.decode(String.self, 0) }
            throw CaptureError(
                .inUse,
                "\(name(oid))() is used by \(names.joined(separator: ", ")), which is not ours; "
                    + "drop that first")
        }
        try await connection.execute("DROP FUNCTION \(name(oid))() CASCADE")
    }

    private static func name(_ oid: UInt32) -> String {
        "\(CaptureID.schema).\(CaptureID.functionName(oid))"
    }

    private static func isClone(_ trigger: CaptureState.Trigger, of oid: UInt32) -> Bool {
        trigger.definition.name == "teleport_row" && trigger.definition.relation != oid
    }
}
