// Copies rows from one server to another, and reads and writes COPY's binary format.
//
//   swift run copy "postgresql://user@one/database" "postgresql://user@two/database"
import Foundation
import PGWire

do {
    guard CommandLine.arguments.count == 3 else {
        throw PGError(.misuse, "two connection strings: where rows come from, and where they go")
    }
    let source = try await PGConnection.connect(.load(CommandLine.arguments[1]))
    let target = try await PGConnection.connect(.load(CommandLine.arguments[2]))
    try await target.execute("CREATE TEMP TABLE word (id int8, text text, at timestamptz)")

    // From server to server, bytes go through untouched. `next` waits for rows and `write` for a
    // target that is slower, so memory stays flat however many there are.
    let copied = try await source.copyOut(
        """
        COPY (SELECT n::int8, repeat('word ', 10), now() FROM generate_series(1, 200000) n)
        TO STDOUT (FORMAT binary)
        """
    ) { chunks in
        try await target.copyIn("COPY word FROM STDIN (FORMAT binary)") { sink in
            while let chunk = try await chunks.next() {
                try await sink.write(chunk.bytes)
            }
        }
    }
    print("copied \(copied) rows")

    // Rows of our own: the server reads each value as the type of its column.
    let written = try await target.copyIn("COPY word FROM STDIN (FORMAT binary)") { sink in
        var encoder = PGBinaryCopyEncoder(types: [.int8, .text, .timestamptz])
        for id in 1...1000 {
            try encoder.row(-id, "own word \(id)", PGTimestamp?.none)
            if encoder.byteCount > 64 * 1024 { try await sink.write(encoder.take()) }
        }
        try await sink.write(encoder.finish())
    }
    print("wrote \(written) rows")

    // And rows that are decoded as they come.
    let sum = try await target.copyOut(
        "COPY (SELECT id, text FROM word WHERE id < 0) TO STDOUT (FORMAT binary)"
    ) { chunks in
        var decoder = PGBinaryCopyDecoder(types: [.int8, .text])
        var sum = 0
        while let chunk = try await chunks.next() {
            decoder.feed(chunk.bytes)
            while let (id, _) = try decoder.next(Int.self, String.self) { sum += id }
        }
        try decoder.finish()
        return sum
    }
    print("the sum of our ids is \(sum)")

    await source.close()
    await target.close()
} catch {
    print("copy: \(error)")
    exit(1)
}
