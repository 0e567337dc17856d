import TestSupport
import Testing

@testable import PGWire

struct SASLPrepTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func scalars(_ hex: some StringProtocol) -> [Unicode.Scalar] {
        hex.split(separator: " ").compactMap { UInt32($0, radix: 16).flatMap(Unicode.Scalar.init) }
    }

    @Test func `spaces are mapped, what nobody sees vanishes, the rest is composed`() {
        #expect(SASLPrep.prepare("plain ~\u{1}") == bytes("plain ~\u{1}"))
        #expect(SASLPrep.prepare("I\u{ad}X\u{a0}é") == bytes("IX é"))
        #expect(SASLPrep.prepare("a\u{200b}é") == bytes("a é"))
        // RFC 4013, section 3.
        #expect(SASLPrep.prepare("\u{aa}") == bytes("a"))
        #expect(SASLPrep.prepare("\u{2168}") == bytes("IX"))
        #expect(SASLPrep.prepare("ﬁ é \u{1112}\u{1161}\u{11ab}") == bytes("fi \u{e9} \u{d55c}"))
    }

    @Test(
        arguments: [
            "\u{ad}", "é\u{7}", "\u{e9}\u{e000}", "\u{627}\u{31}", "a\u{5d0}", "é\u{340}",
            "é\u{fffd}",
            "é\u{1f600}", "é\u{2028}",
        ])
    func `what SASLprep refuses passes as it is`(_ password: String) {
        #expect(SASLPrep.prepare(password) == bytes(password))
    }

    @Test func `text from right to left is prepared`() {
        #expect(SASLPrep.prepare("\u{627}1\u{628}") == bytes("\u{627}1\u{628}"))
        #expect(SASLPrep.prepare("\u{5d0}\u{a0}\u{5d1}") == bytes("\u{5d0} \u{5d1}"))
    }

    @Test func `every character and random text is normalised as Python does it`() throws {
        // Left out what Unicode 3.2 did not know: SASLprep refuses it before.
        let script = """
            import random, unicodedata as u
            known = [chr(c) for c in range(0x110000) if u.ucd_3_2_0.category(chr(c)) not in ("Cn", "Cs", "Co")]
            show = lambda s: " ".join("%x" % ord(c) for c in s)
            texts = [c for c in known if u.normalize("NFKC", c) != c or u.normalize("NFKD", c) != c]
            marks = [c for c in known if u.combining(c)]
            random.seed(4013)
            for _ in range(8000):
                texts.append("".join(random.choice(random.choice([known, marks, texts])) for _ in range(random.randrange(1, 9))))
            for text in texts: print(show(text) + "=" + show(u.normalize("NFKC", text)))
            """
        let output = try PostgresCluster.shell("python3 -", input: script)
        var count = 0
        for line in output.split(separator: "\n") {
            let sides = line.split(separator: "=", omittingEmptySubsequences: false)
            let isSame = Normalization.nfkc(scalars(sides[0])) == scalars(sides[1])
            #expect(isSame, "\(line)")
            count += 1
        }
        #expect(count > 12_000)
    }

    @Test func `the characters that are refused are those of RFC 3454`() throws {
        // Between U+FB01, which is prepared to "fi", a refused character shows by the raw bytes; one
        // that is written from right to left is refused there, too.
        let script = """
            import stringprep as s
            tables = [s.in_table_a1, s.in_table_c21_c22, s.in_table_c3, s.in_table_c4, s.in_table_c6,
                      s.in_table_c7, s.in_table_c8, s.in_table_c9, s.in_table_d1]
            for c in [*range(0x3400), *range(0xd7a0, 0x11000), *range(0xe0000, 0xe0100), *range(0x3400, 0x110000, 61)]:
                if 0xd800 <= c < 0xe000: continue
                mapped = s.in_table_b1(chr(c)) or s.in_table_c12(chr(c))
                print("%x" % c, int(not mapped and any(t(chr(c)) for t in tables)))
            """
        var (refused, passed) = (0, 0)
        for line in try PostgresCluster.shell("python3 -", input: script).split(separator: "\n") {
            let words = line.split(separator: " ")
            let password = String("\u{fb01}\(scalars(words[0]).map(String.init).joined())\u{fb01}")
            let isRefused = SASLPrep.prepare(password) == bytes(password)
            if isRefused != (words[1] == "1") { Issue.record("U+\(line)") }
            if isRefused { refused += 1 } else { passed += 1 }
        }
        #expect(refused > 20_000)
        #expect(passed > 5_000)
    }
}
