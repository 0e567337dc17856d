/// What an operator decides about the schema on one target.
public struct SchemaOptions: Sendable, Hashable {
    /// How foreign keys arrive.
    public enum ForeignKeys: String, Sendable, Hashable, CaseIterable {
        /// DEFERRABLE INITIALLY DEFERRED and NO ACTION, since the source's cascades are in its rows
        /// already, and a batch is consistent at its end only.
        case deferred
        /// As the source has them. Rows are applied with `session_replication_role = replica`, which
        /// the target's role must be allowed to set.
        case exact
        /// Not at all.
        case none
    }

    /// What happens to an object that the source dropped.
    public enum Drops: String, Sendable, Hashable, CaseIterable {
        /// It is dropped on the target as well.
        case apply
        /// It stays until the operator consents, by name.
        case hold
    }

    /// When materialized views are filled.
    public enum Refresh: String, Sendable, Hashable, CaseIterable {
        /// When they are made on the target, where the source's is filled.
        case creation
        /// Never: they stay unfilled.
        case never
    }

    /// `foreign_keys`.
    public var foreignKeys: ForeignKeys = .deferred
    /// `drops`.
    public var drops: Drops = .apply
    /// `refresh_materialized_views`.
    public var refresh: Refresh = .creation
    /// `grants`: whether privileges follow; of roles that the target does not have they are reported.
    public var grants: Bool = false
    /// `owners`: whether owners follow; the target's role must be a member of them.
    public var owners: Bool = false
    /// `concurrent_indexes`: whether indexes of tables with rows are built after the batch with
    /// CREATE INDEX CONCURRENTLY, without holding rows back.
    public var concurrentIndexes: Bool = false

    /// The defaults.
    public init() {}
}
