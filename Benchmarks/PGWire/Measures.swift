import Glibc
import PGWire

/// The measures, each of which answers its figure.
enum Measures {
    /// Every measure by its name on the command line.
    static let all: [String: @Sendable (Options) async throws -> Double] = [
        "select": select, "connect": connect, "copy-out": copyOut, "copy-in": copyIn,
        "copy-across": copyAcross,
    ]

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .seconds(1)
    }

    /// Queries a second: `SELECT 1` by the extended protocol, on `--connections`, with the caller on
    /// the loop or (`--caller pool`) on Swift's global pool.
    @Sendable static func select(_ options: Options) async throws -> Double {
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
                    var queries = 0
                    while .now < end {
                        try await connection.query("SELECT 1")
                        queries += 1
                    }
                    return queries
                }
            }
            return try await group.reduce(0, +)
        }
        let figure = Double(queries) / seconds(since: start)
        for connection in connections { await connection.close() }
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
