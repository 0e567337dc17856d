import Testing

@testable import teleportd

@Suite struct AuthorizationTests {
    private func refusal(
        token: String?, loopback: Bool = false, insecure: Bool = false,
        _ scope: Authorization.Scope = .replication, header: String? = nil, local: Bool = false
    ) -> String? {
        Authorization(token: token, isLoopback: loopback, isInsecure: insecure)
            .refusal(scope, header: header, isLocalPeer: local)
    }

    @Test func `with a token only that token opens`() {
        #expect(refusal(token: "abc", header: "Bearer abc") == nil)
        #expect(refusal(token: "abc", header: "bearer abc") == nil)
        for header in [
            nil, "", "abc", "Bearer", "Bearer ab", "Bearer abcd", "Bearer abcabc", "Bearer ABC",
            "Basic abc", "Bearer abc abc",
        ] {
            #expect(refusal(token: "abc", header: header) != nil, "\(header ?? "none")")
            #expect(refusal(token: "abc", loopback: true, header: header) != nil)
            #expect(refusal(token: "abc", insecure: true, header: header) != nil)
            #expect(refusal(token: "abc", .waiting, header: header, local: true) != nil)
        }
    }

    @Test func `without a token loopback is open and everything else says what to add`() throws {
        #expect(refusal(token: nil, loopback: true) == nil)
        #expect(refusal(token: nil, insecure: true) == nil)
        let reason = try #require(refusal(token: nil, local: true))
        for word in ["server: {token: …}", "TELEPORT_TOKEN", "insecure: true"] {
            #expect(reason.contains(word))
        }
    }

    @Test func `waiting needs no token from this machine where none is set`() {
        #expect(refusal(token: nil, .waiting, local: true) == nil)
        #expect(refusal(token: nil, .waiting, local: false) != nil)
    }

    @Test func `a refusal never repeats a token`() throws {
        let reason = try #require(refusal(token: "sesame-1", header: "Bearer sesame-2"))
        #expect(!reason.contains("sesame"))
    }

    @Test func `equal texts are equal and others are not`() {
        #expect(Authorization.equal("", "") == false)
        #expect(Authorization.equal("a", "a"))
        #expect(!Authorization.equal("", "a"))
        #expect(!Authorization.equal("aa", "a"))
        #expect(!Authorization.equal("a", "aa"))
        #expect(!Authorization.equal("ab", "aa"))
    }

    @Test func `loopback is known by its address`() {
        let server = { DaemonConfiguration.Server(hostname: $0, port: 1) }
        for name in ["127.0.0.1", "127.8.0.1", "localhost", "::1"] {
            #expect(server(name).isLoopback)
        }
        for name in ["0.0.0.0", "::", "10.0.0.1", "example.com", "128.0.0.1"] {
            #expect(!server(name).isLoopback)
        }
        #expect(server("0.0.0.0").localHostname == "127.0.0.1")
        #expect(server("::").localHostname == "::1")
        #expect(server("db1").localHostname == "db1")
    }
}
