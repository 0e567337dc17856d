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

    /// What the source dropped and the target keeps, with `drops: hold`.
    package var held: [HeldDrop] = []
    /// The consents that this plan uses, as `HeldDrop.key`.
    package var released: Set<String> = []
    /// What of the catalog is made behind the rows for want of a constraint before.
    package var waiting: Set<SchemaSnapshot.ObjectID> = []

    /// Whether the target's objects stay as they are; `section.applied` may still be newer.
    package var isEmpty: Bool {
        section.preparation.isEmpty && section.changes.isEmpty && section.afterRows.isEmpty
    }

    /// Compares two catalogs; nil for a target that has nothing.
    ///
    /// `consents` are the held drops that the operator let go, as `HeldDrop.key`; `steps` what
    /// follows earlier batches on the target.
    ///
    /// - Throws: `SchemaError.collision` where two objects map to one name.
    package static func make(
        from applied: SchemaSnapshot?, to current: SchemaSnapshot, mapping: SchemaMapping,
        options: SchemaOptions = .init(), targetVersion: Int,
        abilities: TargetAbilities = .init(), deferIndexes: Bool = false,
        consents: Set<String> = [], steps: [LaterStep.Progress] = []
    ) throws(SchemaError) -> SchemaPlan {
        let current = current.possible(on: targetVersion)
        if options.drops == .hold, let applied {
            var hold = DropHold(
                applied: applied, current: current,
                text: DDLText(mapping: mapping, target: CatalogFeatures(targetVersion)),
                consents: consents)
            hold.run()
            var diff = SchemaDiff(
                from: hold.applied, to: hold.current, mapping: mapping, options: options,
                targetVersion: targetVersion, abilities: abilities, deferIndexes: deferIndexes)
            diff.stages[.detach] = hold.detachments
            diff.steps = steps
            var plan = try diff.plan()
            plan.held = hold.held
            plan.released = hold.released
            plan.notCarried = (plan.notCarried + hold.forgotten).sorted()
            return plan
        }
        var diff = SchemaDiff(
            from: applied, to: current, mapping: mapping, options: options,
            targetVersion: targetVersion, abilities: abilities, deferIndexes: deferIndexes)
        diff.steps = steps
        return try diff.plan()
    }
}
