import Testing

@testable import PGWire

/// Which hosts a certificate is good for: libpq's rules (manual, 34.19.1).
struct CertificateNamesTests {
    private func names(_ text: String, common: String? = nil) -> CertificateNames {
        CertificateNames(
            alternatives: text.split(separator: " ").map { word in
                word.hasPrefix("@")
                    ? .address(CertificateNames.address(String(word.dropFirst())) ?? [])
                    : .name(Array(word.utf8))
            }, commonName: common)
    }

    @Test(
        arguments: [
            ("db.example.org", "db.example.org"), ("db.example.org", "DB.Example.ORG"),
            ("a.example.org db.example.org", "db.example.org"),
            ("*.example.org", "db.example.org"), ("*.example.org", "DB.example.org"),
            ("@192.0.2.7", "192.0.2.7"), ("@2001:db8::1", "2001:db8:0::1"),
            ("192.0.2.7", "192.0.2.7"), ("x @192.0.2.7", "192.0.2.7"),
        ])
    func `an alternative name is good for its host`(_ alternatives: String, _ host: String) {
        #expect(names(alternatives).problem(for: host) == nil)
    }

    @Test(
        arguments: [
            ("db.example.org", "example.org"), ("db.example.org", "adb.example.org"),
            ("db.example.org", "db.example.org.evil.org"), ("*.example.org", "example.org"),
            ("*.example.org", "a.b.example.org"), ("*.example.org", ".example.org"),
            ("*.example.org", "*.example.org.evil.org"), ("d*.example.org", "db.example.org"),
            ("*b.example.org", "db.example.org"), ("db.*.org", "db.example.org"), ("*", "db"),
            ("*.", "db."), ("@192.0.2.7", "192.0.2.8"), ("*.0.2.7", "192.0.2.7"),
            ("@192.0.2.7", "::ffff:192.0.2.7"), ("", "db"), ("db", ""),
        ])
    func `and for no other`(_ alternatives: String, _ host: String) {
        #expect(names(alternatives).problem(for: host) != nil)
    }

    @Test func `the common name counts only without an alternative name of the host's kind`() {
        #expect(names("", common: "db").problem(for: "db") == nil)
        #expect(names("", common: "*.example.org").problem(for: "db.example.org") == nil)
        #expect(names("other", common: "db").problem(for: "db") != nil)
        #expect(names("@192.0.2.7", common: "db").problem(for: "db") == nil)
        #expect(names("", common: "192.0.2.7").problem(for: "192.0.2.7") == nil)
        #expect(names("db", common: "192.0.2.7").problem(for: "192.0.2.7") == nil)
        #expect(names("@192.0.2.8", common: "192.0.2.7").problem(for: "192.0.2.7") != nil)
    }

    @Test func `a refusal names what the certificate is for, short and printable`() {
        let problem = names("a.example b.example c.example d.example\u{7}", common: "x\ny").problem(
            for: "db")
        #expect(
            problem?.hasSuffix(#""a.example", "b.example", "c.example", "x?y" and others"#) == true)
        let long = names(String(repeating: "x", count: 5000)).problem(for: "db")
        #expect((long?.count ?? .max) < 200)
    }

    @Test func `a zero byte in a name is refused`() {
        #expect(names("db\0.evil.org").problem(for: "db") != nil)
        #expect(names("", common: "db\0.evil.org").problem(for: "db") != nil)
        #expect(names("@192.0.2.7").problem(for: "192.0.2.7\0.evil.org") != nil)
        let both = names("db\0x db")
        #expect(both.problem(for: "db")?.contains("zero byte") == true)
    }
}
