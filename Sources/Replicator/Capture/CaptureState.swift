package import PGWire

/// What is installed now: the capture functions and the triggers that call them.
package struct CaptureState: Sendable {
    /// One `teleport.capture_<oid>`.
    package struct Function: Hashable, Sendable {
        /// `pg_proc.prosrc`.
        package var source: String
        /// `pg_proc.proconfig`.
        package var configuration: [String]
        /// `pg_proc.prosecdef`.
        package var isSecurityDefiner: Bool

        /// Describes a function.
        package init(source: String, configuration: [String] = [], isSecurityDefiner: Bool = true) {
            self.source = source
            self.configuration = configuration
            self.isSecurityDefiner = isSecurityDefiner
        }
    }

    /// One trigger that calls a capture function, whatever its name.
    package struct Trigger: Hashable, Sendable {
        /// What it is, as far as the catalog tells.
        package var definition: TriggerDefinition
        /// The oid in the name of the function that it calls.
        package var table: UInt32
        /// `pg_trigger.tgenabled`: `O`, `A`, `R` or `D`.
        package var enabled: String

        /// Whether it fires in the sessions of applications.
        package var isEnabled: Bool { enabled == "O" || enabled == "A" }

        /// Describes a trigger.
        package init(definition: TriggerDefinition, table: UInt32, enabled: String) {
            self.definition = definition
            self.table = table
            self.enabled = enabled
        }
    }

    /// The functions by the oid in their name.
    package var functions: [UInt32: Function]
    /// The triggers by the oid in the name of their function.
    package var triggers: [UInt32: [Trigger]]

    /// Collects functions and triggers.
    package init(functions: [UInt32: Function] = [:], triggers: [Trigger] = []) {
        self.functions = functions
        self.triggers = Dictionary(grouping: triggers, by: \.table)
    }

    /// Reads everything with two queries.
    package static func read(on connection: PGConnection) async throws(PGError) -> CaptureState {
        var functions: [UInt32: Function] = [:]
        for row in try await connection.query(sql: functionsSQL).rows {
            let name = try row.decode(String.self, 0)
            guard let oid = CaptureID.tableOID(functionName: name) else { continue }
            let configuration = try row.decode(String.self, 2)
            functions[oid] = Function(
                source: try row.decode(String.self, 1),
                configuration: configuration.split(separator: "\n").map(String.init),
                isSecurityDefiner: try row.decode(Bool.self, 3))
        }
        var triggers: [Trigger] = []
        let sql = triggersSQL(serverVersion: connection.serverVersion)
        for row in try await connection.query(sql: sql).rows {
            let function = try row.decode(String.self, 4)
            guard let table = CaptureID.tableOID(functionName: function) else { continue }
            let definition = TriggerDefinition(
                name: try row.decode(String.self, 5), relation: try row.decode(UInt32.self, 0),
                relationName: TableName(
                    schema: try row.decode(String.self, 1), name: try row.decode(String.self, 2)),
                isOwned: try row.decode(Bool.self, 3), type: try row.decode(Int16.self, 6),
                newTable: try row.decode(String?.self, 8), oldTable: try row.decode(String?.self, 9)
            )
            triggers.append(
                Trigger(
                    definition: definition, table: table, enabled: try row.decode(String.self, 7)))
        }
        return CaptureState(functions: functions, triggers: triggers)
    }

    private static let functionsSQL = """
        SELECT p.proname, p.prosrc,
               coalesce(pg_catalog.array_to_string(p.proconfig, pg_catalog.chr(10)), ''),
               p.prosecdef
          FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'teleport' AND p.proname LIKE 'capture\\_%'
        """

    private static func triggersSQL(serverVersion: Int) -> String {
        let transitions =
            serverVersion >= 100_000 ? "t.tgnewtable, t.tgoldtable" : "NULL::text, NULL::text"
        return """
            SELECT t.tgrelid, cn.nspname, c.relname, pg_catalog.pg_has_role(c.relowner, 'USAGE'),
                   p.proname, t.tgname, t.tgtype, t.tgenabled, \(transitions)
              FROM pg_catalog.pg_trigger t
              JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
              JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
              JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
              JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
             WHERE n.nspname = 'teleport' AND p.proname LIKE 'capture\\_%'
             ORDER BY t.tgrelid, t.tgname
            """
    }
}
