import PGWire
import TestSupport
import Testing

/// Every kind of request once, over one connection, in a table of its own: against servers of every
/// version, and behind poolers.
struct EveryKind {
    let connection: PGConnection
    let table: String

    /// Makes the table, on the server itself.
    static func over(
        _ configuration: PGConfiguration, of cluster: PostgresCluster
    ) async throws -> EveryKind {
        let table = "every_\(UInt32.random(in: 0 ... .max))"
        try cluster.psql("CREATE TABLE \(table) (id int8 PRIMARY KEY, v text)")
        return EveryKind(connection: try await .connect(configuration), table: table)
    }

    func end() async throws {
        try await connection.execute("DROP TABLE \(table)")
        await connection.close()
    }

    private func count() async throws -> Int {
        try await connection.query("SELECT count(*) FROM \(raw: table)")[0].decode(Int.self, 0)
    }

    /// Several statements at once, values as text.
    func simple() async throws {
        let results = try await connection.execute(
            "SELECT 1; TRUNCATE \(table); SELECT generate_series(1, 3)")
        #expect(results.map(\.count) == [1, 0, 3])
        let error = await #expect(throws: PGError.self) { try await connection.execute("SELEC") }
        #expect(error?.sqlState == .syntaxError)
    }

    /// Parameters and rows in binary, twice each, so that the second comes from a cache.
    func extended() async throws {
        for number in 0..<10 {
            let text = "it's \(number)"
            let row = try await connection.query(
                "SELECT \(number)::int8 + 1, \(text)::text, \(Int?.none)::int4, \([1, number])::int8[], clock_timestamp()"
            )[0]
            #expect(try row.decode(Int.self, 0) == number + 1)
            #expect(try row.decode(String.self, 1) == text)
            #expect(try row.decode(Int?.self, 2) == nil)
            #expect(try row.decode([Int].self, 3) == [1, number])
            #expect(
                try row.decode(PGTimestamp.self, 4) > PGTimestamp(unixMicroseconds: 0) ?? .infinity)
            let texts = try await connection.query(sql: "SELECT $1::int", [PGParameter(number)])
            #expect(try texts[0].decode(Int.self, 0) == number)
        }
        let error = await #expect(throws: PGError.self) {
            try await connection.query("SELECT 1 / \(0)")
        }
        #expect(error?.sqlState == .divisionByZero)
    }

    func prepared() async throws {
        let statement = try await connection.prepare("SELECT $1::int8 * 2, $2::text")
        #expect(statement.parameterTypes == [.int8, .text])
        for number in 0..<5 {
            let row = try await connection.query(statement, number, "x")[0]
            #expect(try row.decode(Int.self, 0) == number * 2)
        }
        try await connection.deallocate(statement)
    }

    func pipelined() async throws {
        try await connection.execute("TRUNCATE \(table)")
        let answers = try await connection.pipeline { pipeline in
            for id in 0..<200 {
                pipeline.query("INSERT INTO \(raw: table) VALUES (\(id), \("v\(id)"))")
            }
            pipeline.sync()
            pipeline.query("INSERT INTO \(raw: table) VALUES (\(1), 'twice')")
            pipeline.query("SELECT count(*) FROM \(raw: table)")
            pipeline.sync()
            pipeline.query("SELECT count(*), \(7)::int8 FROM \(raw: table)")
        }
        #expect(answers.count == 203)
        let codes = answers.suffix(3).map { answer in
            if case .failure(let error) = answer { error.code.rawValue } else { "well" }
        }
        #expect(codes == ["server", "pipelineAborted", "well"])
        let last = try #require(try answers.last?.get())
        #expect(try last[0].decode(Int.self, 0) == 200)
        #expect(try last[0].decode(Int.self, 1) == 7)
    }

    func streamed() async throws {
        for fetchSize in [0, 7] {
            let sum = try await connection.stream(
                "SELECT g FROM generate_series(1, \(1000)) g", fetchSize: fetchSize
            ) { rows in
                var sum = 0
                for try await number in rows.decode(Int.self) { sum += number }
                return sum
            }
            #expect(sum == 500_500)
            let first = try await connection.stream(
                "SELECT generate_series(1, 10000000)", fetchSize: fetchSize
            ) { rows in
                for try await row in rows { return try row.decode(Int.self, 0) }
                return 0
            }
            #expect(first == 1)
        }
    }

    /// In and out, as text and in binary.
    func copied() async throws {
        try await connection.execute("TRUNCATE \(table)")
        let written = try await connection.copyIn("COPY \(table) FROM STDIN") { copy in
            for id in 0..<5000 { try await copy.write(Array("\(id)\tvalue \(id)\n".utf8)) }
        }
        #expect(written == 5000)
        let lines = try await connection.copyOut("COPY \(table) TO STDOUT") { copy in
            var rows = 0
            while let chunk = try await copy.next() { rows += chunk.rowCount }
            return rows
        }
        #expect(lines == 5000)
        var encoder = PGBinaryCopyEncoder(types: [.int8, .text])
        try encoder.row(5000, "binary")
        let bytes = encoder.finish()
        #expect(
            try await connection.copyIn("COPY \(table) FROM STDIN (FORMAT binary)") {
                try await $0.write(bytes)
            } == 1)
        let sum = try await connection.copyOut("COPY \(table) TO STDOUT (FORMAT binary)") { copy in
            var decoder = PGBinaryCopyDecoder(types: [.int8, .text])
            var sum = 0
            while let chunk = try await copy.next() {
                decoder.feed(chunk.bytes)
                while let row = try decoder.next() { sum += try row.decode(Int.self, 0) }
            }
            try decoder.finish()
            return sum
        }
        #expect(sum == 5000 * 5001 / 2)
    }

    /// A COPY that the server refuses in its middle.
    ///
    /// Not behind PgBouncer 1.21 to 1.25: it loses count where the client's CopyDone meets the server's
    /// error, and mixes up later answers (its pull request 1470).
    func copyRefused() async throws {
        let before = try await count()
        let error = await #expect(throws: PGError.self) {
            _ = try await connection.copyIn("COPY \(table) FROM STDIN") {
                try await $0.write(Array("no number\tx\n".utf8))
            }
        }
        #expect(error?.sqlState == .invalidTextRepresentation)
        #expect(try await count() == before)
    }

    /// By a time limit, by the task, and by another task; the connection lives on.
    func cancelled() async throws {
        var error = await #expect(throws: PGError.self) {
            try await connection.query("SELECT pg_sleep(60)", timeout: .milliseconds(50))
        }
        #expect(error?.code == .timedOut)
        let task = Task { try await connection.query("SELECT pg_sleep(60)") }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        error = await #expect(throws: PGError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        let other = Task { try await connection.query("SELECT pg_sleep(60)") }
        try await Task.sleep(for: .milliseconds(50))
        await connection.cancelRunningStatement()
        error = await #expect(throws: PGError.self) { try await other.value }
        #expect(error?.sqlState == .queryCanceled)
        #expect(try await connection.query("SELECT \(5)::int4")[0].decode(Int.self, 0) == 5)
    }

    func transacted() async throws {
        struct Own: Error {}
        try await connection.execute("TRUNCATE \(table)")
        try await connection.withTransaction { connection in
            try await connection.query("INSERT INTO \(raw: table) VALUES (\(1), 'a')")
            await #expect(throws: Own.self) {
                try await connection.withTransaction { connection in
                    try await connection.query("INSERT INTO \(raw: table) VALUES (\(2), 'b')")
                    throw Own()
                }
            }
        }
        await #expect(throws: Own.self) {
            try await connection.withTransaction(.init(isolation: .serializable)) { connection in
                try await connection.query("DELETE FROM \(raw: table)")
                throw Own()
            }
        }
        #expect(try await count() == 1)
        #expect(await connection.transactionStatus == .idle)
    }

    /// Not behind a pooler in transaction mode.
    func notified() async throws {
        try await connection.listen(to: "Every \"kind\"") { events in
            for number in 0..<5 {
                try await connection.query("SELECT pg_notify('Every \"kind\"', \("\(number)"))")
            }
            var texts: [String] = []
            for try await event in events {
                guard case .notification(let notification) = event else { continue }
                texts.append(notification.payload)
                if texts.count == 5 { break }
            }
            #expect(texts == ["0", "1", "2", "3", "4"])
        }
    }
}
