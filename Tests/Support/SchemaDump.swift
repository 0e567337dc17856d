internal import Foundation

/// What `pg_dump --schema-only` says of a database, as entries that can be compared.
///
/// Comment and SET lines, `\restrict`, whether triggers and rules fire, and what captures changes are left out:
/// the first three are no objects, and those arrive disabled.
public struct SchemaDump: Sendable {
    /// One entry of the dump: an object, or something about one.
    public struct Entry: Hashable, Sendable {
        /// `TABLE`, `FK CONSTRAINT`, `COMMENT` and so on, as the dump names it.
        public var kind: String
        /// The schema; `-` where the object belongs to none.
        public var schema: String
        /// The object's name; with its table's before it, where it belongs to one.
        public var name: String
        /// The statements.
        public var text: String

        /// For example `TABLE public.orders`.
        public var title: String { schema == "-" ? "\(kind) \(name)" : "\(kind) \(schema).\(name)" }
    }

    /// What both dumps have under one title, but not alike; nil where one of them has nothing.
    public struct Difference: Sendable, CustomStringConvertible {
        /// The kind, schema and name that both sides have in common.
        public var title: String
        /// The object's kind.
        public var kind: String
        /// The object's schema.
        public var schema: String
        /// The object's name.
        public var name: String
        /// The statements on the source.
        public var source: String?
        /// The statements on the target.
        public var target: String?

        /// Which lines only one side has: `-` the source's, `+` the target's.
        public var changedLines: [String] {
            let old = (source ?? "").split(separator: "\n").map(Self.bare)
            let new = (target ?? "").split(separator: "\n").map(Self.bare)
            return old.filter { !new.contains($0) }.map { "- \($0)" }
                + new.filter { !old.contains($0) }.map { "+ \($0)" }
        }

        /// A column's line without the comma that only a following line gives it.
        private static func bare(_ line: Substring) -> String {
            line.hasSuffix(",") ? String(line.dropLast()) : String(line)
        }

        /// The title, and what differs.
        public var description: String {
            let what =
                switch (source, target) {
                case (_?, nil): "only on the source"
                case (nil, _?): "only on the target"
                default: "differs"
                }
            return "\(title): \(what)\n" + changedLines.map { "    \($0)" }.joined(separator: "\n")
        }
    }

    /// In the order of the dump.
    public private(set) var entries: [Entry] = []

    /// What pg_dump wrote.
    private let text: String

    /// Reads the output of pg_dump.
    public init(text: String) {
        self.text = text
        var entry: Entry?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let next = Self.header(line) {
                finish(entry)
                entry = next
            } else if !Self.isNoise(line) {
                entry?.text += "\(line)\n"
            }
        }
        finish(entry)
    }

    /// Dumps a database, by the program of `version` where two servers are compared.
    public init(
        _ cluster: PostgresCluster, database: String, excluding: [String] = [],
        by version: PostgresVersion? = nil
    ) throws {
        let schemas = (["teleport"] + excluding).map { "-N \(PostgresCluster.word($0))" }
        let text = try PostgresCluster.shell(
            "\((version ?? cluster.version).bin)/pg_dump -h \(cluster.socketDirectory) -p \(cluster.port)"
                + " -U postgres --schema-only --no-owner --no-privileges --no-tablespaces"
                + " \(schemas.joined(separator: " ")) \(PostgresCluster.word(database))")
        self.init(text: text)
    }

    /// Leaves out entries.
    public mutating func remove(where isUnwanted: (Entry) -> Bool) {
        entries.removeAll(where: isUnwanted)
    }

    private mutating func finish(_ entry: Entry?) {
        guard var entry else { return }
        entry.text = entry.text.trimmingCharacters(in: .whitespacesAndNewlines)
        let isCapture = entry.kind == "TRIGGER" && entry.text.contains(" FUNCTION teleport.")
        if !entry.text.isEmpty, !isCapture { entries.append(entry) }
    }

    private static func header(_ line: Substring) -> Entry? {
        let beginning = "-- Name: "
        guard line.hasPrefix(beginning), let type = line.range(of: "; Type: "),
            let schema = line.range(of: "; Schema: "),
            let owner = line.range(of: "; Owner: "), type.upperBound <= schema.lowerBound,
            schema.upperBound <= owner.lowerBound
        else { return nil }
        let name = line[line.index(line.startIndex, offsetBy: beginning.count)..<type.lowerBound]
        return Entry(
            kind: String(line[type.upperBound..<schema.lowerBound]),
            schema: String(line[schema.upperBound..<owner.lowerBound]), name: String(name),
            text: "")
    }

    private static func isNoise(_ line: Substring) -> Bool {
        if line == "--" || line.hasPrefix("-- PostgreSQL database dump") { return true }
        if line.hasPrefix("-- *not* creating schema") { return true }
        if line.hasPrefix("-- Dumped ") || line.hasPrefix("\\") { return true }
        if line.hasPrefix("SET "), line.hasSuffix(";"), line.contains(" = ") { return true }
        if line.hasPrefix("SELECT pg_catalog.set_config(") { return true }
        let switches = ["TRIGGER", "RULE"].flatMap { kind in
            [" DISABLE \(kind) ", " ENABLE ALWAYS \(kind) ", " ENABLE REPLICA \(kind) "]
        }
        return line.hasPrefix("ALTER TABLE ") && switches.contains { line.contains($0) }
    }

    /// The dump of a database that was made from this one.
    ///
    /// The server writes some expressions otherwise once it has read what it wrote (`IN` over
    /// varchar): a target that has them so is as good as a restored dump.
    public func reloaded(
        _ cluster: PostgresCluster, by version: PostgresVersion? = nil
    ) throws -> SchemaDump {
        let name = try cluster.createDatabase("reloaded")
        defer { _ = try? cluster.psql("DROP DATABASE \(name) WITH (FORCE)") }
        try PostgresCluster.shell(
            "psql -X -q -h \(cluster.socketDirectory) -p \(cluster.port) -U postgres -d \(name)"
                + " >/dev/null 2>&1 || true", input: text)
        return try SchemaDump(cluster, database: name, by: version)
    }

    /// What differs between a source's dump and its target's, by title; what differs from a reloaded
    /// dump as well, where there is something.
    public func differences(
        from target: SchemaDump, on cluster: PostgresCluster, by version: PostgresVersion? = nil
    ) throws -> [Difference] {
        let found = differences(from: target)
        guard found.contains(where: { $0.source != nil && $0.target != nil }) else { return found }
        let still = Set(try reloaded(cluster, by: version).differences(from: target).map(\.title))
        return found.filter { still.contains($0.title) }
    }

    /// What differs between a source's dump and its target's, by title.
    public func differences(from target: SchemaDump) -> [Difference] {
        let old = Dictionary(grouping: entries, by: \.title)
        let new = Dictionary(grouping: target.entries, by: \.title)
        return Set(old.keys).union(new.keys).sorted().compactMap { title in
            let left = old[title]?.map(\.text).sorted()
            let right = new[title]?.map(\.text).sorted()
            guard left != right, let one = (old[title] ?? new[title])?.first else { return nil }
            return Difference(
                title: title, kind: one.kind, schema: one.schema, name: one.name,
                source: left?.joined(separator: "\n"), target: right?.joined(separator: "\n"))
        }
    }
}
