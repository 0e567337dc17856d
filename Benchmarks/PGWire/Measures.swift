import Glibc
import PGWire

/// The measures, each of which answers its figure.
enum Measures {
    /// Every measure by its name on the command line.
    static let all: [String: @Sendable (Options) async throws -> Double] = [
        "prepared": prepared, "cached": cached, "pipeline": pipeline, "connect": connect,
        "copy-out": copyOut, "copy-in": copyIn, "rows": rows, "copy-rows": copyRows,
        "copy-across": copyAcross,
    ]

    static func seconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .seconds(1)
    }

    /// Queries a second on `--connections` over `--loops`, each asking as `ask` says, with the caller
    /// on the loop or (`--caller pool`) on Swift's global pool.
    private static func queries(
        _ options: Options,
        _ ask: @escaping @Sendable (PGConnection, ContinuousClock.Instant) async throws -> Int
    ) async throws -> Double {
        let count = options.number("connections", 1)
        let loops = (0..<options.number("loops", 1)).map { PGEventLoop(name: "bench-\($0)") }
        var connections: [PGConnection] = []
        for index in 0..<count {
            connections.append(
                try await .connect(options.configuration(), on: loops[index % loops.count]))
        }
        let start = ContinuousClock.now
        let end = start + options.duration
        let onLoop = options.text("caller", "loop") == "loop"
        let queries = try await withThrowingTaskGroup(of: Int.self) { group in
            for connection in connections {
                group.addTask(executorPreference: onLoop ? connection.loop : nil) {
                    try await ask(connection, end)
                }
            }
            return try await group.reduce(0, +)
        }
        let figure = Double(queries) / seconds(since: start)
        for connection in connections { await connection.close() }
        return figure
    }

    /// `SELECT 1`, prepared by the caller.
    @Sendable static func prepared(_ options: Options) async throws -> Double {
        try await queries(options) { connection, end in
            let statement = try await connection.prepare("SELECT 1")
            var queries = 0
            while .now < end {
                try await connection.query(statement)
                queries += 1
            }
            return queries
        }
    }

    /// `SELECT 1` as text, through the statement cache.
    @Sendable static func cached(_ options: Options) async throws -> Double {
        try await queries(options) { connection, end in
            var queries = 0
            while .now < end {
                try await connection.query("SELECT 1")
                queries += 1
            }
            return queries
        }
    }

    /// Inserts a second: `--rows` in one pipeline.
    @Sendable static func pipeline(_ options: Options) async throws -> Double {
        let connection = try await PGConnection.connect(options.configuration())
        let rows = options.number("rows", 1000)
        let start = ContinuousClock.now
        let text = "a text of some thirty characters"
        let answers = try await connection.pipeline { pipeline in
            for _ in 0..<rows {
                pipeline.query("INSERT INTO pipelined VALUES (\(1), \(text))")
            }
        }
        let figure = Double(rows) / seconds(since: start)
        for answer in answers { _ = try answer.get() }
        await connection.close()
        return figure
    }

    /// Connections a second, each asked nothing.
    @Sendable static func connect(_ options: Options) async throws -> Double {
        let start = ContinuousClock.now
        let end = start + options.duration
        var count = 0
        while .now < end {
            let connection = try await PGConnection.connect(options.configuration())
            await connection.close()
            count += 1
        }
        return Double(count) / seconds(since: start)
    }

    /// MB a second of `--sql`, a COPY TO STDOUT, whose chunks are looked at and dropped.
    @Sendable static func copyOut(_ options: Options) async throws -> Double {
        let connection = try await PGConnection.connect(options.configuration())
        let start = ContinuousClock.now
        let bytes = try await connection.copyOut(options.text("sql")) { copy in
            var bytes = 0
            while let chunk = try await copy.next() { bytes += chunk.bytes.count }
            return bytes
        }
        let figure = Double(bytes) / 1e6 / seconds(since: start)
        await connection.close()
        return figure
    }

    /// MB a second of `--sql`, a COPY FROM STDIN, from `--file`.
    @Sendable static func copyIn(_ options: Options) async throws -> Double {
        let connection = try await PGConnection.connect(options.configuration())
        let start = ContinuousClock.now
        guard let file = fopen(options.text("file"), "r") else {
            throw PGError(.invalidConfiguration, "--file: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = 0
        _ = try await connection.copyIn(options.text("sql")) { copy in
            while true {
                let piece = [UInt8](unsafeUninitializedCapacity: 256 << 10) { buffer, count in
                    count = fread(buffer.baseAddress, 1, buffer.count, file)
                }
                if piece.isEmpty { break }
                bytes += piece.count
                try await copy.write(piece)
            }
        }
        let figure = Double(bytes) / 1e6 / seconds(since: start)
        await connection.close()
        return figure
    }

    /// MB a second from one server (`--sql`) to another (`--sql2` at `--port2`, `--database2`).
    @Sendable static func copyAcross(_ options: Options) async throws -> Double {
        let source = try await PGConnection.connect(options.configuration())
        let target = try await PGConnection.connect(options.configuration("2"))
        let start = ContinuousClock.now
        let sql = options.text("sql2")
        let bytes = try await source.copyOut(options.text("sql")) { rows in
            var bytes = 0
            _ = try await target.copyIn(sql) { copy in
                while let chunk = try await rows.next() {
                    bytes += chunk.bytes.count
                    try await copy.write(chunk.bytes)
                }
            }
            return bytes
        }
        let figure = Double(bytes) / 1e6 / seconds(since: start)
        await source.close()
        await target.close()
        return figure
    }
}
