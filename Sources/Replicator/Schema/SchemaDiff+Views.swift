/// Views and materialized views.
///
/// A view is replaced in place while its columns stay a beginning of the new ones; a materialized
/// view can only be made anew. It is made without rows, and filled after the rows of tables.
extension SchemaDiff {
    typealias View = SchemaSnapshot.View

    func viewID(_ oid: UInt32) -> ObjectID { ObjectID(catalog: .relation, oid: oid) }

    /// The views of the applied catalog that go, for good or to be made anew.
    func leavingViews(_ views: Matching<View>) -> [ObjectID] {
        let anew = views.pairs.filter { !canAlter($0.old, to: $0.new, isByName: $0.isByName) }
        return (views.dropped + anew.map(\.old)).map { viewID($0.oid) }
    }

    private func canAlter(_ old: View, to new: View, isByName: Bool) -> Bool {
        guard old.isMaterialized == new.isMaterialized, old.accessMethod == new.accessMethod else {
            return false
        }
        if old.isMaterialized {
            // No statement changes the query: within an epoch another text comes from renames.
            guard isSameEpoch else { return old.definition == new.definition }
            return !isByName
        }
        guard old.columns.count <= new.columns.count else { return false }
        return zip(old.columns, new.columns).allSatisfy { before, now in
            let isSameType = isSameEpoch ? before.typeOID == now.typeOID : before.type == now.type
            // The same type with another modifier is another text.
            let isOurs = before.typeOID >= 16384 && !before.type.contains("(")
            return isSameType && (before.type == now.type || isOurs)
                && before.collation == now.collation && (!isByName || before.name == now.name)
        }
    }

    mutating func diffViews(_ views: Matching<View>) {
        let before = DefinitionOrder(applied)
        let now = DefinitionOrder(current)
        var names: [Bool: [RelationName]] = [:]
        for pair in views.pairs {
            guard !replaced.contains(viewID(pair.old.oid)) else {
                drop(pair.old, before)
                create(pair.new, now)
                continue
            }
            names[pair.old.isMaterialized, default: []].append(
                .init(oid: pair.new.oid, old: pair.old.name, new: pair.new.name))
            alter(pair.old, pair.new, now)
        }
        for view in views.dropped { drop(view, before) }
        for view in views.created { create(view, now) }
        rename(names[false] ?? [], "VIEW")
        rename(names[true] ?? [], "MATERIALIZED VIEW")
    }

    private func word(_ view: View) -> String { view.isMaterialized ? "MATERIALIZED VIEW" : "VIEW" }

    private mutating func drop(_ view: View, _ order: DefinitionOrder) {
        let label = "\(word(view).lowercased()) \(view.name)"
        if !view.isMaterialized,
            order.everythingNeeded(by: viewID(view.oid)).contains(viewID(view.oid))
        {
            add(
                .detach, "empty \(label)", "CREATE OR REPLACE \(text.viewStub(view))",
                effect: .dropView)
        }
        tearDown(
            viewID(view.oid), rank: 6, view.name, "drop \(label)",
            "DROP \(word(view)) \(text.name(view.name))", effect: .dropView)
    }

    private mutating func create(_ view: View, _ order: DefinitionOrder) {
        let id = viewID(view.oid)
        let label = "\(word(view).lowercased()) \(view.name)"
        if view.isMaterialized, text.target.version < 90_300 {
            report(
                "materialized view", view.name.description,
                "the target's PostgreSQL does not have materialized views")
            return
        }
        noteMade(id, at: .define)
        if !view.isMaterialized, order.everythingNeeded(by: id).contains(id) {
            // Others of the circle are made of it before it can be made of them.
            stubs.insert(id)
            define(
                id, rank: 6, view.name, "create \(label)", "CREATE \(text.viewStub(view))",
                effect: .create)
            add(
                .bind, "complete \(label)", "CREATE OR REPLACE \(text.view(view))",
                effect: .create)
            for column in view.columns where column.expression != nil {
                add(
                    .bind, "set default of \(view.name).\(column.name)", viewDefault(view, column),
                    effect: .create)
            }
            return
        }
        define(
            id, rank: view.isMaterialized ? 7 : 6, view.name, "create \(label)",
            "CREATE \(text.view(view))", effect: .create)
        units[id]?.canWait = true
        for column in view.columns where column.expression != nil {
            setDefault(column, of: view)
        }
        if view.isMaterialized, view.isPopulated { refresh(view, order) }
    }

    private mutating func alter(_ old: View, _ new: View, _ order: DefinitionOrder) {
        let id = viewID(new.oid)
        let rank = new.isMaterialized ? 7 : 6
        let kind = new.isMaterialized ? "MATERIALIZED VIEW" : "VIEW"
        renameColumns(old, new)
        let isReplaced = !new.isMaterialized && old.definition != new.definition
        if isReplaced {
            define(
                id, rank: rank, new.name, "replace view \(new.name)",
                "CREATE OR REPLACE \(text.view(new))", effect: .alterTable)
            units[id]?.canWait = true
        }
        if old.options != new.options {
            let kept = Set(new.options.map(Self.optionName))
            let gone = old.options.map(Self.optionName).filter { !kept.contains($0) }
            let prefix = "ALTER \(kind) \(text.name(new.name))"
            if !gone.isEmpty {
                define(
                    id, rank: rank, new.name, "reset options of \(new.name)",
                    "\(prefix) RESET (\(gone.joined(separator: ", ")))", effect: .alterTable)
            }
            if !new.options.isEmpty {
                define(
                    id, rank: rank, new.name, "set options of \(new.name)",
                    "\(prefix) SET (\(text.options(new.options)))", effect: .alterTable)
            }
        }
        let before = Dictionary(
            old.columns.map { ($0.attnum, $0) }, uniquingKeysWith: { $1 })
        for column in new.columns where !new.isMaterialized {
            let earlier = before[column.attnum]?.expression
            if column.expression != earlier { setDefault(column, of: new) }
        }
        guard new.isMaterialized, old.isPopulated != new.isPopulated else { return }
        if new.isPopulated {
            refresh(new, order)
        } else if options.refresh == .creation {
            define(
                id, rank: rank, new.name, "empty materialized view \(new.name)",
                "REFRESH MATERIALIZED VIEW \(text.name(new.name)) WITH NO DATA",
                effect: .refresh)
        }
    }

    private mutating func renameColumns(_ old: View, _ new: View) {
        let now = Dictionary(new.columns.map { ($0.attnum, $0.name) }, uniquingKeysWith: { $1 })
        let renames = old.columns.compactMap { column in
            now[column.attnum].map { (id: UInt32(column.attnum), from: column.name, to: $0) }
        }
        for step in Rename.steps(renames) {
            // ALTER TABLE does it on every version.
            add(
                .rename, "rename column \(new.name).\(step.from) to \(step.to)",
                "ALTER TABLE \(text.name(new.name)) RENAME COLUMN \(text.quoted(step.from)) TO "
                    + text.quoted(step.to), effect: .alterTable)
        }
    }

    private func viewDefault(_ view: View, _ column: Column) -> String {
        "ALTER VIEW \(text.name(view.name)) ALTER COLUMN \(text.quoted(column.name)) "
            + (column.expression.map { "SET DEFAULT \($0)" } ?? "DROP DEFAULT")
    }

    private mutating func setDefault(_ column: Column, of view: View) {
        define(
            viewID(view.oid), rank: 6, view.name, "set default of \(view.name).\(column.name)",
            viewDefault(view, column), effect: .alterTable)
    }

    /// Fills a materialized view when the rows are there, in the order of the dependencies.
    ///
    /// What a routine's text needs is not among them: views that run routines come last.
    private mutating func refresh(_ view: View, _ order: DefinitionOrder) {
        guard options.refresh == .creation else { return }
        let needed = order.everythingNeeded(by: viewID(view.oid))
        let routines = current.functions.filter {
            needed.contains(ObjectID(catalog: .routine, oid: $0.oid))
        }
        if let routine = routines.first(where: {
            current.movedSchema(namedBy: $0, text.mapping) != nil
        }) {
            report(
                "rows of materialized view", view.name.description,
                "it is not filled: the text of \(routine.name)(\(routine.arguments)) names schema "
                    + "\(routine.name.schema), which has another name on the target")
            for place in result.views.indices where result.views[place].oid == view.oid {
                result.views[place].isPopulated = false
            }
            return
        }
        refreshes.append(
            Unit(
                id: viewID(view.oid), rank: routines.isEmpty ? 7 : 8, name: view.name,
                statements: [
                    SchemaStatement(
                        summary: "fill materialized view \(view.name)",
                        sql: "REFRESH MATERIALIZED VIEW \(text.name(view.name))",
                        effect: .refresh)
                ]))
    }

    // MARK: Indexes of materialized views

    /// The indexes are made at once: the view has no rows then.
    mutating func diffViewIndexes(_ views: Matching<View>) {
        let names = Dictionary(current.views.map { ($0.oid, $0.name) }, uniquingKeysWith: { $1 })
        let kept = views.pairs.filter { !replaced.contains(viewID($0.old.oid)) }
        let old = Set(kept.map(\.old.oid))
        let new = Set(kept.map(\.new.oid))
        let found = match(
            applied.indexes.filter { old.contains($0.table) },
            current.indexes.filter { new.contains($0.table) }, \.oid, \.name)
        var renames: [RelationName] = []
        for pair in found.pairs {
            let isSame =
                pair.old.definition == pair.new.definition
                || (!pair.isByName
                    && Self.options(pair.old.definition) == Self.options(pair.new.definition))
            if isSame, pair.old.isUnique == pair.new.isUnique,
                !refreshed.contains(viewID(pair.old.oid))
            {
                renames.append(.init(oid: pair.new.oid, old: pair.old.name, new: pair.new.name))
            } else {
                dropViewIndex(pair.old)
                createViewIndex(pair.new, names)
            }
        }
        for index in found.dropped { dropViewIndex(index) }
        for index in found.created { createViewIndex(index, names) }
        for index in current.indexes where names[index.table] != nil && !new.contains(index.table) {
            createViewIndex(index, names)
        }
        rename(renames, "INDEX")
    }

    private mutating func dropViewIndex(_ index: SchemaSnapshot.Index) {
        tearDown(
            viewID(index.oid), rank: 8, index.name, "drop index \(index.name)",
            "DROP INDEX \(text.name(index.name))", effect: .dropIndex)
    }

    private mutating func createViewIndex(
        _ index: SchemaSnapshot.Index, _ names: [UInt32: TableName]
    ) {
        guard let view = names[index.table] else { return }
        noteMade(viewID(index.oid), at: .define)
        define(
            viewID(index.oid), rank: 8, index.name, "create index \(index.name)",
            text.index(index, on: view), effect: .index)
        units[viewID(index.oid)]?.canWait = true
    }
}

extension DDLText {
    /// An index of a materialized view.
    func index(_ index: SchemaSnapshot.Index, on view: TableName) -> String {
        "CREATE \(index.isUnique ? "UNIQUE " : "")INDEX \(quoted(index.name.name)) ON "
            + "\(name(view)) \(index.definition)"
    }

    /// CREATE's text from VIEW on.
    func view(_ view: SchemaSnapshot.View) -> String {
        var text = view.isMaterialized ? "MATERIALIZED VIEW " : "VIEW "
        text += head(view)
        if let method = view.accessMethod, target.version >= 120_000 {
            text += " USING \(quoted(method))"
        }
        if !view.options.isEmpty { text += " WITH (\(options(view.options)))" }
        text += " AS \(view.definition)"
        return view.isMaterialized ? text + " WITH NO DATA" : text
    }

    /// A view of the same columns that needs nothing but their types.
    func viewStub(_ view: SchemaSnapshot.View) -> String {
        let columns = view.columns.map { column in
            "NULL::\(column.type)" + (column.collation.map { " COLLATE \($0)" } ?? "")
        }
        return "VIEW \(head(view)) AS SELECT \(columns.joined(separator: ", "))"
    }

    private func head(_ view: SchemaSnapshot.View) -> String {
        guard !view.columns.isEmpty else { return name(view.name) }
        return "\(name(view.name)) ("
            + view.columns.map { quoted($0.name) }.joined(separator: ", ") + ")"
    }
}
