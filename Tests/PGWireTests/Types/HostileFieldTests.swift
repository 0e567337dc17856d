import Foundation
import PGWire
import TestSupport
import Testing

/// A decoder under fire: bytes in, and whether a value came out that goes round.
private struct Target: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let types: [PGType]
    let seeds: [String]
    let attempt: @Sendable ([UInt8], PGType, PGFormat) -> Outcome
    let encoded: @Sendable (String, PGType) -> [UInt8]?

    enum Outcome { case refused, value, changed }

    init<T: PGDecodable & PGEncodable>(
        _ wanted: T.Type, _ types: [PGType], _ seeds: [String], only: Bool = false
    ) {
        testDescription = "\(T.self)"
        // Other types too: a wrong one is refused, or its bytes are a value all the same.
        self.types = only ? types : types + [.unspecified, PGType(oid: 70_000), .record, .point]
        self.seeds = seeds
        attempt = { bytes, type, format in
            guard let value = try? decode(T.self, bytes, type, format) else { return .refused }
            // What a value is written as reads as the value again.
            guard let once = try? PGRaw(value, as: type, format: format).bytes else {
                return .value
            }
            guard let again = try? decode(T.self, once, type, format),
                let twice = try? PGRaw(again, as: type, format: format).bytes
            else { return .changed }
            return once == twice ? .value : .changed
        }
        encoded = { text, type in
            (try? decode(T.self, Array(text.utf8), type, .text)).flatMap {
                try? PGRaw($0, as: type, format: .binary).bytes
            }
        }
    }

    static let all: [Target] = [
        Target(Bool.self, [.bool], ["t"]),
        Target(Int.self, [.int8, .int4, .oid, .numeric], ["12"]),
        Target(UInt8.self, [.char, .int2], ["7"]), Target(UInt64.self, [.xid8], ["12"]),
        Target(Double.self, [.float8, .float4, .numeric], ["1.5e10", "NaN"]),
        Target(Float.self, [.float4, .float8], ["1.5"]),
        Target(String.self, [.text, .jsonb, .char], ["text"]),
        Target([UInt8].self, [.bytea], ["\\x00ff", "a\\\\b\\000"], only: true),
        Target(PGNumeric.self, [.numeric, .int8], ["-12345.678", "1e-20", "NaN", "Infinity"]),
        Target(PGUUID.self, [.uuid], ["00010203-0405-0607-0809-0a0b0c0d0eff"]),
        Target(PGDate.self, [.date], ["2024-02-29", "0044-03-15 BC"]),
        Target(PGTime.self, [.time], ["23:59:59.5"]),
        Target(PGTimeWithZone.self, [.timetz], ["12:00:00-03:30"]),
        Target(PGTimestamp.self, [.timestamptz, .timestamp], ["2024-02-29 12:00:00.5+01"]),
        Target(PGLocalTimestamp.self, [.timestamp], ["2024-02-28 12:00:00 BC"]),
        Target(
            PGInterval.self, [.interval],
            [
                "1 year 2 mons -3 days +04:05:06.789", "@ 1 year 2.5 secs ago", "+1-2 -3 +4:05:06",
                "P1Y2M-3DT4H5M6.7S",
            ]),
        Target(PGJSON.self, [.json, .jsonb], ["{\"a\": 1}"]),
        Target(PGInet.self, [.inet, .cidr], ["10.0.0.0/8", "1:2::3/128", "::ffff:1.2.3.4"]),
        Target(PGMACAddress.self, [.macaddr, .macaddr8], ["08:00:2b:01:02:03"]),
        Target(PGBitString.self, [.varbit, .bit], ["1011001110"]),
        Target(PGMoney.self, [.money], ["-$1,234.56"]),
        Target(PGLSN.self, [.pgLsn], ["16/B374D848"]),
        Target(PGTupleID.self, [.tid], ["(7,1)"]),
        Target(PGSnapshot.self, [.pgSnapshot], ["10:20:10,14,15"]),
        Target(PGPoint.self, [.point], ["(1,2.5)"]), Target(PGLine.self, [.line], ["{1,-1,0}"]),
        Target(PGLineSegment.self, [.lseg], ["[(1,2),(3,4)]"]),
        Target(PGBox.self, [.box], ["(3,4),(1,2)"]),
        Target(PGPath.self, [.path], ["[(1,2),(3,4)]", "((1,2))"]),
        Target(PGPolygon.self, [.polygon], ["((1,2),(3,4))"]),
        Target(PGCircle.self, [.circle], ["<(1,2),3>"]),
        Target(
            PGArray<Int?>.self, [.int4Array, .int2vector], ["[0:1][2:3]={{1,NULL},{3,4}}", "{1,2}"]),
        Target([String?].self, [.textArray], ["{a,NULL,\"b \\\" c\"}"]),
        Target([PGNumeric].self, [.numericArray], ["{1.5,-2}"]),
        Target(PGRange<Int>.self, [.int4range], ["[1,5)", "empty"]),
        Target(PGRange<String>.self, [], ["[\"a\",)"]),
        Target(PGMultirange<PGDate>.self, [.datemultirange], ["{[2020-01-01,2020-02-01)}"]),
        Target(PGComposite.self, [.record], ["(1,\"a \"\"b\",)"]),
        Target(PGHstore.self, [], ["\"a\"=>\"1\", \"b\"=>NULL"]),
        Target(PGRaw.self, [.aclitem], ["x"]),
    ]
}

@Suite(.timeLimit(.minutes(2)))
struct HostileFieldTests {
    @Test(arguments: Target.all)
    fileprivate func `random bytes are an error or a value that goes round`(_ target: Target) {
        var generator = SeededGenerator(seed: 20_261_122)
        var changed = 0
        for round in 0..<800 {
            let size = Int.random(in: 0...(round % 50 == 0 ? 400 : 40), using: &generator)
            let bytes = (0..<size).map { _ in
                // Small numbers are counts and lengths more often.
                Bool.random(using: &generator)
                    ? UInt8.random(in: 0...255, using: &generator)
                    : UInt8.random(in: 0...4, using: &generator)
            }
            for type in target.types {
                for format in [PGFormat.binary, .text]
                where target.attempt(bytes, type, format) == .changed {
                    changed += 1
                }
            }
        }
        #expect(changed == 0, "seed 20261122")
    }

    @Test(arguments: Target.all)
    fileprivate func `a value that is cut or altered is an error or a value`(_ target: Target) {
        var generator = SeededGenerator(seed: 7)
        var changed = 0
        var values = 0
        for seed in target.seeds {
            for type in target.types {
                let binary = target.encoded(seed, type)
                for (whole, format) in [(Array(seed.utf8), PGFormat.text), (binary ?? [], .binary)]
                {
                    if target.attempt(whole, type, format) == .value { values += 1 }
                    for count in 0..<whole.count {
                        if target.attempt(Array(whole.prefix(count)), type, format) == .changed {
                            changed += 1
                        }
                    }
                    for _ in 0..<400 where !whole.isEmpty {
                        var altered = whole
                        for _ in 0...Int.random(in: 0...2, using: &generator) {
                            let index = Int.random(in: 0..<altered.count, using: &generator)
                            altered[index] =
                                format == .text
                                ? Array("0123456789-+:.,{}[]()\"\\ eEPTNinfBC".utf8).randomElement(
                                    using: &generator) ?? 0
                                : UInt8.random(in: 0...255, using: &generator)
                        }
                        if target.attempt(altered, type, format) == .changed { changed += 1 }
                    }
                }
            }
        }
        #expect(changed == 0, "seed 7")
        #expect(values > 0)
    }

    /// The most address space that the process had, in kB.
    private func peak() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmPeak:") }
        return try #require(line?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }

    @Test func `a count that announces two thousand million elements takes no memory`() throws {
        let before = try peak()
        let most: [UInt8] = [0x7f, 255, 255, 255]
        for tail in [[], [UInt8](repeating: 0, count: 64)] {
            for head: [UInt8] in [
                most, [1] + most, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23] + most,
                [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 23] + most + [0, 0, 0, 1] + most, [0xff, 0xff],
            ] {
                for target in Target.all {
                    for type in target.types { _ = target.attempt(head + tail, type, .binary) }
                }
            }
        }
        #expect(try peak() - before < 256 * 1024)
    }

    @Test func `a deep or long text is refused in time`() {
        for text in ["{", "(", "[", "\"", "[1:1]", "1e", "9", "-", "P1Y", "1 day ", "::", "\\"] {
            let long = Array(String(repeating: text, count: 200_000).utf8)
            for target in Target.all {
                for type in target.types { _ = target.attempt(long, type, .text) }
            }
        }
    }
}
