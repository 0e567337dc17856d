/// Properties of tables, columns and indexes: altered in place.
extension SchemaDiff {
    mutating func alterProperties(_ old: Table, _ new: Table) {
        let name = text.name(new.name)
        if old.properties.isUnlogged != new.properties.isUnlogged {
            statement(
                new,
                new.properties.isUnlogged ? "unlog table \(new.name)" : "log table \(new.name)",
                "ALTER TABLE \(name) SET \(new.properties.isUnlogged ? "UNLOGGED" : "LOGGED")",
                effect: .alterTable.rewriting)
        }
        if old.properties.accessMethod != new.properties.accessMethod {
            if text.target.version >= 150_000 {
                let method = new.properties.accessMethod ?? "heap"
                statement(
                    new, "change access method of \(new.name)",
                    "ALTER TABLE \(name) SET ACCESS METHOD \(text.quoted(method))",
                    effect: .alterTable.rewriting)
            } else {
                report(
                    "access method", new.name.description,
                    "the target's PostgreSQL does not change access methods")
            }
        }
        noteIndexUse(old.properties, new, isNew: false)
    }

    /// What needs the indexes to be there: replica identity and CLUSTER ON.
    mutating func noteIndexUse(
        _ old: SchemaSnapshot.TableProperties, _ new: Table, isNew: Bool
    ) {
        let now = new.properties
        if old.replicaIdentity != now.replicaIdentity || old.replicaIndex != now.replicaIndex,
            text.target.version >= 90_400
        {
            let words: String? =
                switch now.replicaIdentity {
                case "d": "DEFAULT"
                case "n": "NOTHING"
                case "f": "FULL"
                case "i": now.replicaIndex.map { "USING INDEX \(text.quoted($0))" }
                default: nil
                }
            if let words {
                lastly(
                    "set replica identity of \(new.name)",
                    "\(text.only(new)) REPLICA IDENTITY \(words)", effect: .alterTable)
            }
        }
        if old.clusterIndex != now.clusterIndex {
            let action = now.clusterIndex.map { "CLUSTER ON \(text.quoted($0))" }
            lastly(
                "set clustering of \(new.name)",
                "ALTER TABLE \(text.name(new.name)) \(action ?? "SET WITHOUT CLUSTER")",
                effect: .options)
        }
    }

    /// What was before is `old`: nil for a new column, or one whose type sets its storage anew.
    mutating func alterProperties(
        _ old: SchemaSnapshot.ColumnProperties?, _ column: Column, of table: Table
    ) {
        let label = "\(table.name).\(column.name)"
        let prefix = "\(text.only(table)) ALTER COLUMN \(text.quoted(column.name))"
        let now = column.properties
        if let word = Self.storageWord(now.storage),
            old.map({ $0.storage != now.storage }) ?? !now.hasOwnStorage
        {
            statement(
                table, "set storage of \(label)", "\(prefix) SET STORAGE \(word)",
                effect: .alterTable)
        }
        if (old?.compression ?? "") != now.compression, text.target.hasCompression {
            let word = ["p": "pglz", "l": "lz4"][now.compression] ?? "default"
            statement(
                table, "set compression of \(label)", "\(prefix) SET COMPRESSION \(word)",
                effect: .alterTable)
        }
        if old?.statistics != now.statistics {
            statement(
                table, "set statistics target of \(label)",
                "\(prefix) SET STATISTICS \(now.statistics ?? -1)", effect: .options)
        }
        let change = OptionChange(from: old?.options ?? [], to: now.options)
        for action in change.actions(text) {
            statement(
                table, "\(action.word) options of \(label)", "\(prefix) \(action.sql)",
                effect: .options)
        }
    }

    private static func storageWord(_ letter: String) -> String? {
        ["p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"][letter]
    }

    mutating func alterOptions(_ old: Table, _ new: Table) {
        let change = OptionChange(from: old.options, to: new.options)
        for action in change.actions(text) {
            statement(
                new, "\(action.word) options of \(new.name)",
                "ALTER TABLE \(text.name(new.name)) \(action.sql)", effect: .options)
        }
    }

    /// Statements that give an index its properties; `old` is what it was made with.
    func indexStatements(
        _ old: SchemaSnapshot.IndexProperties, _ new: SchemaSnapshot.IndexProperties,
        _ name: TableName
    ) -> [SchemaStatement] {
        var statements: [SchemaStatement] = []
        for action in OptionChange(from: old.options, to: new.options).actions(text) {
            statements.append(
                .init(
                    summary: "\(action.word) options of index \(name)",
                    sql: "ALTER INDEX \(text.name(name)) \(action.sql)", effect: .options))
        }
        let gone = old.statistics.map(OptionChange.name)
            .filter { !new.statistics.map(OptionChange.name).contains($0) }
        let changed = new.statistics.filter { !old.statistics.contains($0) }
        for entry in changed + gone.map({ "\($0)=-1" }) {
            let parts = entry.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            statements.append(
                .init(
                    summary: "set statistics target of index \(name)",
                    sql: "ALTER INDEX \(text.name(name)) ALTER COLUMN \(parts[0]) "
                        + "SET STATISTICS \(parts[1])", effect: .options))
        }
        return statements
    }
}

/// How one list of `name=value` becomes another.
struct OptionChange: Hashable {
    /// Names that go.
    var reset: [String] = []
    /// All of the new list, where something of it is new.
    var set: [String] = []

    init(from old: [String], to new: [String]) {
        guard old != new else { return }
        let kept = Set(new.map(Self.name))
        reset = old.filter { !kept.contains(Self.name($0)) }
        if !Set(new).isSubset(of: old) { set = new }
    }

    static func name(_ option: String) -> String { String(option.prefix { $0 != "=" }) }

    /// RESET (…) and SET (…), each with a word for people.
    func actions(_ text: DDLText) -> [(word: String, sql: String)] {
        var actions: [(word: String, sql: String)] = []
        if !reset.isEmpty {
            let names = reset.map(text.optionName).joined(separator: ", ")
            actions.append(("reset", "RESET (\(names))"))
        }
        if !set.isEmpty { actions.append(("set", "SET (\(text.options(set)))")) }
        return actions
    }
}
