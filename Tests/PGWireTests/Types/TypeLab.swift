import PGWire
import TestSupport
import Testing

/// Sends the server's own values of a type through us and back, in both formats.
struct TypeLab {
    let connection: PGConnection

    static func open(_ cluster: PostgresCluster) async throws -> TypeLab {
        var configuration = cluster.configuration(database: "postgres")
        configuration.sslMode = .disable
        return TypeLab(connection: try await PGConnection.connect(configuration))
    }

    /// What a value is as text, by its output function; NULL only for NULL itself.
    static func text(_ value: String) -> String {
        "CASE WHEN num_nonnulls(\(value)) = 1 THEN format('%s', \(value)) END"
    }

    func oid(_ name: String) async throws -> PGType {
        let result = try await query("SELECT '\(name)'::regtype::oid")
        return PGType(oid: try result.rows[0].decode(UInt32.self, 0))
    }

    func count(_ sql: String) async throws -> Int {
        try await query(sql).rows[0].decode(Int.self, 0)
    }

    /// A query whose text is taken as it is: what is interpolated here is SQL, not a parameter.
    func query(_ sql: String) async throws -> PGResult {
        try await connection.query(PGStatement(sql, []))
    }

    /// All rows of a query, by binary COPY.
    func rows(_ sql: String, types: [PGType]) async throws -> [PGBinaryCopyRow] {
        try await connection.copyOut("COPY (\(sql)) TO STDOUT (FORMAT binary)") { copy in
            var decoder = PGBinaryCopyDecoder(types: types)
            var rows: [PGBinaryCopyRow] = []
            while let chunk = try await copy.next() {
                decoder.feed(chunk.bytes)
                while let row = try decoder.next() { rows.append(row) }
            }
            try decoder.finish()
            return rows
        }
    }

    /// The round trip of one type; returns how many values made it.
    func roundTrip<T: PGEncodable & PGDecodable>(_ check: TypeCheck<T>) async throws -> Int {
        for statement in check.setup { try await connection.execute(statement) }
        let type = try await oid(check.name)
        try await connection.execute(
            """
            DROP TABLE IF EXISTS source;
            CREATE TEMP TABLE source AS
                SELECT row_number() OVER () AS id, v::\(check.name) AS v FROM (\(check.values)) g(v)
            """)
        let total = try await count("SELECT count(*) FROM source")
        #expect(total > 0)
        for setting in check.settings {
            try await connection.execute(setting)
            try await oneWay(check, type, total)
        }
        return total
    }

    private func oneWay<T: PGEncodable & PGDecodable>(
        _ check: TypeCheck<T>, _ type: PGType, _ total: Int
    ) async throws {
        try await connection.execute(
            """
            DROP TABLE IF EXISTS back, texts;
            CREATE TEMP TABLE back (id int8, v \(check.name));
            CREATE TEMP TABLE texts (id int8, v text)
            """)
        let rows = try await rows(
            "SELECT id, v, \(Self.text("v")) FROM source", types: [.int8, type, .text])
        #expect(rows.count == total)
        var binary = PGBinaryCopyEncoder(types: [.int8, type])
        var texts = PGBinaryCopyEncoder(types: [.int8, .text])
        for row in rows {
            let id = try row.decode(Int.self, 0)
            let value = try row.decode(T?.self, 1)
            try binary.row(id, value)
            guard let value, let field = row.fields[1], let text = row.fields[2] else {
                #expect(row.fields[1] == nil && row.fields[2] == nil)
                continue
            }
            let fromText = try T(pgBytes: text.span.bytes, type: type, format: .text)
            if !check.formatsDiffer {
                // The same bytes from binary, from text, and as the server sent them.
                let bytes = try PGRaw(value, as: type, format: .binary).bytes
                let same = try PGRaw(fromText, as: type, format: .binary).bytes == bytes
                #expect(same, "text and binary differ: \(String(decoding: text, as: UTF8.self))")
                let identical = bytes == field || !check.isIdentical
                #expect(identical, "other bytes: \(String(decoding: text, as: UTF8.self))")
            }
            guard check.encodesText else { continue }
            let written = try PGRaw(fromText, as: type, format: .text).bytes
            try texts.row(id, String(decoding: written, as: UTF8.self))
            if !check.formatsDiffer {
                let same = try PGRaw(value, as: type, format: .text).bytes == written
                #expect(same || !check.isIdentical)
            }
        }
        try await write(&binary, "COPY back FROM STDIN (FORMAT binary)", total)
        try await compare(check, total)
        guard check.encodesText else { return }
        let values = try await write(&texts, "COPY texts FROM STDIN (FORMAT binary)", nil)
        #expect(values == rows.count { $0.fields[1] != nil })
        try await connection.execute(
            "TRUNCATE back; INSERT INTO back SELECT id, t.v::\(check.name) FROM source LEFT JOIN texts t USING (id)"
        )
        try await compare(check, total)
    }

    @discardableResult
    private func write(
        _ encoder: inout PGBinaryCopyEncoder, _ sql: String, _ total: Int?
    ) async throws -> Int {
        let bytes = encoder.finish()
        let count = try await connection.copyIn(sql) { try await $0.write(bytes) }
        if let total { #expect(count == total) }
        return count
    }

    private func compare<T>(_ check: TypeCheck<T>, _ total: Int) async throws {
        let same = try await count(
            """
            SELECT count(*) FROM source s JOIN back b USING (id)
            WHERE \(Self.text("s.v")) IS NOT DISTINCT FROM \(Self.text("b.v"))
            """)
        #expect(same == total)
        guard same != total else { return }
        let examples = try await query(
            """
            SELECT \(Self.text("s.v")) AS a, \(Self.text("b.v")) AS b FROM source s JOIN back b USING (id)
            WHERE \(Self.text("s.v")) IS DISTINCT FROM \(Self.text("b.v")) LIMIT 3
            """)
        for row in examples.rows {
            Issue.record(
                "\(try row.decode(String?.self, 0) ?? "NULL") became \(try row.decode(String?.self, 1) ?? "NULL")"
            )
        }
    }
}

/// A type of the server, the Swift type for it, and where values come from.
struct TypeCheck<T: PGEncodable & PGDecodable>: Sendable {
    let name: String
    /// A query with one column, which is cast to the type.
    let values: String
    var setup: [String] = []
    /// The round trip is made once under each.
    var settings = ["SELECT 1"]
    /// Whether a value that was read as text can be written as text only.
    var formatsDiffer = false
    /// Whether we write the very bytes that the server wrote.
    var isIdentical = true
    var encodesText = true
}

/// One case of a parameterised test.
struct TypeCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let run: @Sendable (TypeLab) async throws -> Int

    init<T: PGEncodable & PGDecodable>(
        _ type: T.Type, _ name: String, _ values: String, setup: [String] = [],
        settings: [String] = ["SELECT 1"], formatsDiffer: Bool = false, isIdentical: Bool = true,
        encodesText: Bool = true
    ) {
        testDescription = "\(name) as \(T.self)"
        let check = TypeCheck<T>(
            name: name, values: values, setup: setup, settings: settings,
            formatsDiffer: formatsDiffer, isIdentical: isIdentical, encodesText: encodesText)
        run = { try await $0.roundTrip(check) }
    }

    /// Values written as literals, and NULL.
    static func literals(_ values: [String]) -> String {
        let rows = values.map {
            "('"
                + $0.split(separator: "'", omittingEmptySubsequences: false)
                .joined(separator: "''") + "')"
        }
        return "VALUES " + (rows + ["(NULL)"]).joined(separator: ", ")
    }
}

/// Decodes a field that is at hand as bytes.
func decode<T: PGDecodable>(
    _ wanted: T.Type, _ bytes: [UInt8], _ type: PGType, _ format: PGFormat
) throws(PGError) -> T {
    try T(pgBytes: bytes.span.bytes, type: type, format: format)
}
