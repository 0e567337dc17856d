/// Something that the source dropped, and that the target keeps until the operator consents.
package struct HeldDrop: Codable, Sendable, Hashable, Comparable {
    /// What it is, in the manual's words: `table`, `column`, `sequence`.
    package var kind: String
    /// Its name with the source's schema, as it is called now on the target but for that.
    package var name: String
    /// Its address in the catalog that the target carries.
    package var id: SchemaSnapshot.ObjectID
    /// What a consent is bound to: the same object for ever, whatever becomes of its name.
    package var key: String
    /// Why a consent has no effect yet; nil where it has.
    package var obstacle: String?

    /// How an operator names it: `table public.orders`.
    package var label: String { "\(kind) \(name)" }

    /// Describes a held object.
    package init(
        kind: String, name: String, id: SchemaSnapshot.ObjectID, key: String,
        obstacle: String? = nil
    ) {
        self.kind = kind
        self.name = name
        self.id = id
        self.key = key
        self.obstacle = obstacle
    }

    /// By kind, then by name.
    package static func < (left: HeldDrop, right: HeldDrop) -> Bool {
        (left.kind, left.name, left.key) < (right.kind, right.name, right.key)
    }

    /// The key of an object that is held for the first time.
    static func key(_ id: SchemaSnapshot.ObjectID, in epoch: SchemaSnapshot.Epoch) -> String {
        "\(id.catalog.rawValue)/\(id.oid)/\(id.column)@\(epoch.databaseOID)/"
            + epoch.systemIdentifier
    }
}
