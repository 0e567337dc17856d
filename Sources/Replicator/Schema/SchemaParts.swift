/// What hangs on a table or a view and is made by a statement of its own.
extension SchemaSnapshot {
    /// A rule; the one that is a view's query is the view.
    package struct Rule: Codable, Sendable, Hashable {
        /// `pg_rewrite.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: String
        /// The oid of its table or view.
        package var table: UInt32
        /// `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
        package var event: String
        /// What `pg_get_ruledef` writes behind the table, without the semicolon.
        package var definition: String
        /// `ev_enabled`: `O`, `D`, `R` or `A`, as it is on the source.
        package var enabled: String = "O"
    }

    /// A trigger that somebody made.
    package struct Trigger: Codable, Sendable, Hashable {
        /// `pg_trigger.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: String
        /// The oid of its table or view.
        package var table: UInt32
        /// Whether it is a constraint trigger.
        package var isConstraint: Bool = false
        /// When it fires: `AFTER INSERT OR UPDATE OF a, b`.
        package var events: String
        /// What `pg_get_triggerdef` writes between the table and EXECUTE: `FOR EACH ROW WHEN (…)`.
        package var condition: String
        /// Its function, as the server deparses it.
        package var function: String
        /// The texts that the function gets.
        package var arguments: [String] = []
        /// Whether it names transition tables.
        package var hasTransitionTables: Bool = false
        /// `tgenabled`: `O`, `D`, `R` or `A`, as it is on the source.
        package var enabled: String = "O"
    }

    /// A policy of row-level security.
    package struct Policy: Codable, Sendable, Hashable {
        /// `pg_policy.oid`.
        package var oid: UInt32
        /// Its name.
        package var name: String
        /// The oid of its table.
        package var table: UInt32
        /// `ALL`, `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
        package var command: String
        /// Whether it is permissive.
        package var isPermissive: Bool = true
        /// The roles by name; empty for PUBLIC.
        package var roles: [String] = []
        /// The expression of USING.
        package var using: String?
        /// The expression of WITH CHECK.
        package var check: String?
    }

    /// Whether row-level security is on for a table.
    package struct RowSecurity: Codable, Sendable, Hashable {
        /// ENABLE ROW LEVEL SECURITY.
        package var isEnabled: Bool = false
        /// FORCE ROW LEVEL SECURITY: for the table's owner too.
        package var isForced: Bool = false
    }
}
