import Testing

@testable import PGWire

/// `require_auth`, `channel_binding` and the protocol's version, without a server.
struct LoginPolicyTests {
    private static let plus = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]
    private static let plain = ["SCRAM-SHA-256"]

    private func login(_ change: (inout LoginPolicy) -> Void) -> Login {
        var policy = LoginPolicy()
        change(&policy)
        return Login(user: "frank", password: "secret", nonce: "abc", policy: policy)
    }

    private func tls(_ policy: inout LoginPolicy) {
        policy.isEncrypted = true
        policy.serverCertificateHash = [1, 2, 3]
    }

    private func text(_ step: Login.Step) -> String {
        guard case .send(let bytes) = step else { return "\(step)" }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: channel_binding

    @Test func `channel binding is used where the server offers it`() throws {
        for mode in [PGConfiguration.ChannelBinding.prefer, .require] {
            var login = login {
                tls(&$0)
                $0.channelBinding = mode
            }
            let first = text(try login.receive(.sasl(mechanisms: Self.plus)))
            #expect(first.contains("SCRAM-SHA-256-PLUS\0"))
            #expect(first.contains("p=tls-server-end-point,,"))
        }
    }

    @Test func `channel_binding=disable says that we cannot`() throws {
        var login = login {
            tls(&$0)
            $0.channelBinding = .disable
        }
        let first = text(try login.receive(.sasl(mechanisms: Self.plus)))
        #expect(first.contains("SCRAM-SHA-256\0"))
        #expect(first.contains("n,,n="))
    }

    @Test func `an offer that was taken away is noticed by the server`() throws {
        var login = login { tls(&$0) }
        #expect(text(try login.receive(.sasl(mechanisms: Self.plain))).contains("y,,n="))
    }

    @Test func `a certificate without a digest is not bound to`() throws {
        var login = login { $0.isEncrypted = true }
        let first = text(try login.receive(.sasl(mechanisms: Self.plus)))
        #expect(first.contains("SCRAM-SHA-256\0"))
        #expect(first.contains("n,,n="))
    }

    @Test func `an offer of channel binding in plain text is refused`() {
        var login = login { _ in }
        let error = #expect(throws: PGError.self) {
            _ = try login.receive(.sasl(mechanisms: Self.plus))
        }
        #expect(error?.code == .authenticationFailed)
    }

    @Test(
        arguments: [
            AuthenticationRequest.ok, .cleartextPassword, .md5Password(salt: [1, 2, 3, 4]),
            .sasl(mechanisms: plain),
        ], [true, false])
    func `channel_binding=require accepts nothing that is not bound`(
        _ request: AuthenticationRequest, _ encrypted: Bool
    ) {
        var login = login {
            if encrypted { tls(&$0) }
            $0.channelBinding = .require
        }
        let error = #expect(throws: PGError.self) { _ = try login.receive(request) }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.message.contains("channel_binding=require") == true)
        #expect(!login.isDone)
    }

    // MARK: require_auth

    private static let requests: [(PGConfiguration.AuthMethod, AuthenticationRequest)] = [
        (.none, .ok), (.password, .cleartextPassword), (.md5, .md5Password(salt: [1, 2, 3, 4])),
        (.scramSHA256, .sasl(mechanisms: plain)),
    ]

    @Test func `require_auth accepts what it names and nothing else`() {
        for (method, request) in Self.requests {
            for (accepted, _) in Self.requests {
                var only = login { $0.requirement = .oneOf([accepted]) }
                #expect(
                    (try? only.receive(request)) != nil ? method == accepted : method != accepted)
                var not = login { $0.requirement = .noneOf([accepted]) }
                #expect(
                    (try? not.receive(request)) != nil ? method != accepted : method == accepted)
            }
            var gss = login { $0.requirement = .oneOf([.gss, .sspi]) }
            let error = #expect(throws: PGError.self) { _ = try gss.receive(request) }
            #expect(error?.code == .authenticationFailed)
            #expect(error?.message.contains("require_auth") == true)
        }
    }

    @Test func `no password is sent by a method that is refused`() {
        var login = login { $0.requirement = .oneOf([.scramSHA256]) }
        let error = #expect(throws: PGError.self) { _ = try login.receive(.cleartextPassword) }
        #expect(error?.message.contains("secret") == false)
        // The server insists.
        #expect(throws: PGError.self) { _ = try login.receive(.ok) }
    }

    @Test func `after a password the server's consent is not a login without one`() throws {
        var login = login { $0.requirement = .oneOf([.password]) }
        _ = try login.receive(.cleartextPassword)
        #expect(try login.receive(.ok) == .authenticated)
    }

    // MARK: The protocol's version

    @Test func `3_0 is asked for unless 3_2 is wanted`() throws {
        let old = try FrontendMessage.encode(.startup(parameters: []))
        #expect(Array(old[4..<8]) == [0, 3, 0, 0])
        let new = try FrontendMessage.encode(.startup(version: .v3_2, parameters: []))
        #expect(Array(new[4..<8]) == [0, 3, 0, 2])
    }

    @Test(arguments: [UInt32(0x30000), 0])
    func `a server may bring 3_2 down to 3_0`(_ code: UInt32) throws {
        var login = login { $0.newestProtocol = .v3_2 }
        #expect(login.protocolVersion == .v3_2)
        try login.negotiated(code)
        #expect(login.protocolVersion == .v3_0)
        #expect(try login.receive(.ok) == .authenticated)
    }

    @Test(arguments: [UInt32(0x30003), 0x20000, 0x30001, 0x40000, .max, 3, 1, 0xffff])
    func `a server may not bring the protocol anywhere else`(_ code: UInt32) {
        var login = login { $0.newestProtocol = .v3_2 }
        let error = #expect(throws: PGError.self) { try login.negotiated(code) }
        #expect(error?.code == .protocolViolation)
    }

    @Test func `a newer protocol than was asked for, and a second negotiation, are refused`() throws
    {
        var asked = login { _ in }
        #expect(throws: PGError.self) { try asked.negotiated(0x30002) }
        var twice = login { $0.newestProtocol = .v3_2 }
        try twice.negotiated(0x30000)
        #expect(throws: PGError.self) { try twice.negotiated(0x30000) }
        var late = login { $0.newestProtocol = .v3_2 }
        _ = try late.receive(.cleartextPassword)
        #expect(throws: PGError.self) { try late.negotiated(0x30000) }
    }

    @Test func `an older protocol than is accepted is refused`() {
        var login = login {
            $0.newestProtocol = .v3_2
            $0.oldestProtocol = .v3_2
        }
        let error = #expect(throws: PGError.self) { try login.negotiated(0x30000) }
        #expect(error?.message.contains("min_protocol_version") == true)
    }
}
