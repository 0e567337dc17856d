import TestSupport
import Testing

@testable import PGWire

/// A short run of what `scripts/fuzz` runs for longer: mutated transcripts, a seeded generator.
struct FuzzTests {
    private static let answer = Golden.messages.map(\.bytes)
    private static let login: [UInt8] =
        Golden.frame("R", [0, 0, 0, 0]) + Golden.frame("K", [0, 0, 0, 1, 1, 2, 3, 4])
        + Golden.frame("Z", Array("I".utf8))

    /// Changes some bytes, and leaves out, doubles or cuts some.
    private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[index] = .random(in: 0 ... .max, using: &generator)
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: bytes.remove(at: index)
            case 3: bytes.insert(bytes[index], at: index)
            default: bytes.removeSubrange(index...)
            }
        }
    }

    @Test func `whatever comes, the decoder decides the same wherever the bytes are cut`() {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let end = ContinuousClock.now + .seconds(3)
        var runs = 0
        while .now < end {
            var bytes: [UInt8] = [.random(in: 0 ... .max, using: &generator)]
            for _ in 0..<Int.random(in: 1...5, using: &generator) {
                bytes += Self.answer.randomElement(using: &generator) ?? []
            }
            mutate(&bytes, &generator)
            bytes.withUnsafeBytes { FuzzHarness.decoder($0) }
            runs += 1
        }
        #expect(runs > 100)
    }

    @Test func `whatever comes, a session keeps its promises`() {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let end = ContinuousClock.now + .seconds(3)
        var runs = 0
        while .now < end {
            var bytes: [UInt8] =
                Bool.random(using: &generator) ? [0, UInt8(Self.login.count)] + Self.login : []
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                if Bool.random(using: &generator) {
                    bytes.append(.random(in: 1...9, using: &generator))
                } else if let message = Self.answer.randomElement(using: &generator) {
                    bytes += [0, UInt8(truncatingIfNeeded: message.count)] + message
                }
            }
            mutate(&bytes, &generator)
            bytes.withUnsafeBytes { FuzzHarness.session($0) }
            runs += 1
        }
        #expect(runs > 100)
    }
}
