/// What a target has to change to carry another catalog.
package struct SchemaPlan: Sendable, Hashable {
    /// The statements, rendered for the target, and the catalog it carries afterwards.
    ///
    /// That is the current one, and tables that are not carried any more but exist on the source
    /// still: they stay on the target, without rows arriving.
    package var section: SchemaSection
    /// The source oids of tables whose rows are to be copied whole in the same batch: new tables,
    /// tables whose rows were rewritten, whose key or capture is another one.
    package var recopy: Set<UInt32> = []
    /// What is not carried, of the catalog and of this plan.
    package var notCarried: [NotCarried] = []

    /// Whether the target's objects stay as they are; `section.applied` may still be newer.
    package var isEmpty: Bool {
        section.preparation.isEmpty && section.changes.isEmpty && section.afterRows.isEmpty
    }

    /// Compares two catalogs; nil for a target that has nothing.
    ///
    /// - Parameter targetFacts: what of the target decides, too; where they are nil, the statements
    ///   themselves look at the target, and what they leave out is not in the report.
    ///
    /// - Throws: `SchemaError.collision` where two objects map to one name.
    package static func make(
        from applied: SchemaSnapshot?, to current: SchemaSnapshot, mapping: SchemaMapping,
        options: SchemaOptions = .init(), targetVersion: Int, deferIndexes: Bool = false,
        targetFacts: TargetFacts? = nil
    ) throws(SchemaError) -> SchemaPlan {
        var diff = SchemaDiff(
            from: applied, to: current, mapping: mapping, options: options,
            targetVersion: targetVersion, deferIndexes: deferIndexes, targetFacts: targetFacts)
        return try diff.plan()
    }
}
