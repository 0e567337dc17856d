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

    /// What of the catalog is made behind the rows for want of a constraint before.
    package var waiting: Set<SchemaSnapshot.ObjectID> = []

    /// Whether the target's objects stay as they are; `section.applied` may still be newer.
    package var isEmpty: Bool {
        section.preparation.isEmpty && section.changes.isEmpty && section.afterRows.isEmpty
    }

    /// Compares two catalogs; nil for a target that has nothing.
    ///
    /// - Throws: `SchemaError.collision` where two objects map to one name.
    package static func make(
        from applied: SchemaSnapshot?, to current: SchemaSnapshot, mapping: SchemaMapping,
        options: SchemaOptions = .init(), targetVersion: Int,
        abilities: TargetAbilities = .init(), deferIndexes: Bool = false
    ) throws(SchemaError) -> SchemaPlan {
        var diff = SchemaDiff(
            from: applied, to: current, mapping: mapping, options: options,
            targetVersion: targetVersion, abilities: abilities, deferIndexes: deferIndexes)
        return try diff.plan()
    }
}
