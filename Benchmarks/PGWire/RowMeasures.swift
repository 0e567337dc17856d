import PGWire

/// The measures of rows that are decoded or encoded one by one.
extension Measures {
    /// Rows a second of `--sql`, an int8, a text and a timestamptz, streamed and decoded.
    @Sendable static func rows(_ options: Options) async throws -> Double {
        let connection = try await PGConnection.connect(options.configuration())
        let statement = PGStatement(options.text("sql"), [])
        let start = ContinuousClock.now
        let (count, sum) = try await connection.stream(statement) { rows in
            var (count, sum) = (0, 0)
            for try await (id, body, at) in rows.decode(Int.self, String.self, PGTimestamp.self) {
                count += 1
                // So that nothing is decoded in vain, in the optimiser's eyes.
                sum &+= id &+ body.utf8.count &+ Int(at.microsecondsSince2000)
            }
            return (count, sum)
        }
        let figure = Double(count) / seconds(since: start)
        guard count > 0, sum != 0 else { throw PGError(.misuse, "no rows") }
        await connection.close()
        return figure
    }

    /// Rows a second into `--sql`, a binary COPY FROM STDIN of an int8 and a text, encoded here.
    @Sendable static func copyRows(_ options: Options) async throws -> Double {
        let connection = try await PGConnection.connect(options.configuration())
        let rows = options.number("rows", 1000)
        let start = ContinuousClock.now
        let taken = try await connection.copyIn(options.text("sql")) { copy in
            var encoder = PGBinaryCopyEncoder(types: [.int8, .text])
            for number in 0..<rows {
                try encoder.row(number, "a text of some thirty characters")
                if encoder.byteCount > 64 << 10 { try await copy.write(encoder.take()) }
            }
            try await copy.write(encoder.finish())
        }
        let figure = Double(rows) / seconds(since: start)
        guard taken == rows else { throw PGError(.misuse, "\(taken) of \(rows) rows were taken") }
        await connection.close()
        return figure
    }
}
