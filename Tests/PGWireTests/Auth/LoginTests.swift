import Testing

@testable import PGWire

struct SCRAMTests {
    private let nonce = "rOprNGfwEbeRWgbNEkqO"
    private let serverFirst =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `an exchange with channel binding carries the certificate's digest`() throws {
        var scram = SCRAM(
            password: "pencil", nonce: nonce, binding: .serverCertificate([1, 2, 3]))
        #expect(scram.clientFirst == bytes("p=tls-server-end-point,,n=,r=\(nonce)"))
        #expect(scram.isBound)
        let key = try scram.derivation(serverFirst: bytes(serverFirst)).compute()
        let final = String(decoding: try scram.clientFinal(saltedPassword: key), as: UTF8.self)
        let data = Base64.encode(bytes("p=tls-server-end-point,,") + [1, 2, 3])
        #expect(final.hasPrefix("c=\(data),r="))
    }

    @Test func `a server that did not offer channel binding is told that we could`() throws {
        var scram = SCRAM(password: "pencil", nonce: nonce, binding: .notOffered)
        #expect(scram.clientFirst == bytes("y,,n=,r=\(nonce)"))
        #expect(!scram.isBound)
        let key = try scram.derivation(serverFirst: bytes(serverFirst)).compute()
        let final = String(decoding: try scram.clientFinal(saltedPassword: key), as: UTF8.self)
        #expect(final.hasPrefix("c=eSws,r="))
    }

    @Test func `the limit of iterations is the caller's`() throws {
        var scram = SCRAM(password: "pencil", nonce: nonce, iterationLimit: 4095)
        let error = #expect(throws: PGError.self) {
            _ = try scram.derivation(serverFirst: bytes(serverFirst))
        }
        #expect(error?.message.contains("4096") == true)
    }

    @Test func `the exchange of RFC 7677 is reproduced`() throws {
        var scram = SCRAM(user: "user", password: "pencil", nonce: nonce)
        #expect(scram.clientFirst == bytes("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"))
        let key = try scram.derivation(serverFirst: bytes(serverFirst)).compute()
        let final = try scram.clientFinal(saltedPassword: key)
        #expect(
            String(decoding: final, as: UTF8.self)
                == "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
        try scram.verify(serverFinal: bytes("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))
    }

    @Test(
        arguments: [
            "v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=", "", "e=other-error", "v=%%%%",
            "x=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        ])
    func `a server that does not know the password is refused`(_ final: String) throws {
        var scram = SCRAM(user: "user", password: "pencil", nonce: nonce)
        let key = try scram.derivation(serverFirst: bytes(serverFirst)).compute()
        _ = try scram.clientFinal(saltedPassword: key)
        let error = #expect(throws: PGError.self) { try scram.verify(serverFinal: bytes(final)) }
        #expect(error?.code == .authenticationFailed)
    }

    @Test(
        arguments: [
            "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",  // another nonce
            "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",  // adds nothing to it
            "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1000000000",
            "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0",
            "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-1",
            "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999999999999",
            "r=rOprNGfwEbeRWgbNEkqOx,s=???,i=4096", "r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096",
            "m=x,r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "", ",,", "r=,s=,i=",
        ])
    func `a hostile first message is refused before any work`(_ message: String) {
        var scram = SCRAM(user: "user", password: "pencil", nonce: nonce)
        let error = #expect(throws: PGError.self) {
            _ = try scram.derivation(serverFirst: bytes(message))
        }
        #expect(error?.code == .authenticationFailed)
    }

    @Test func `base64 goes there and back at every length`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        #expect(Base64.encode(Array("foobar".utf8)) == "Zm9vYmFy")
        #expect(Base64.decode("a") == nil)
        #expect(Base64.decode("====") == nil)
    }

    @Test func `the MD5 answer is the one of the manual`() throws {
        // md5(md5("secret" || "frank") || 01020304), computed with PostgreSQL's md5().
        let inner = try Crypto.md5(bytes("secretfrank"))
        #expect(inner.count == 16)
        let answer = try MD5Password.answer(user: "frank", password: "secret", salt: [1, 2, 3, 4])
        #expect(answer.hasPrefix("md5"))
        #expect(answer.count == 35)
    }
}

struct LoginTests {
    @Test func `a server cannot skip its own proof`() throws {
        var login = Login(user: "u", password: "p", nonce: "abc")
        _ = try login.receive(.sasl(mechanisms: ["SCRAM-SHA-256"]))
        #expect(throws: PGError.self) { _ = try login.receive(.ok) }
    }

    @Test func `a login without a password says whose`() throws {
        for request in [
            AuthenticationRequest.cleartextPassword, .md5Password(salt: [0, 0, 0, 0]),
            .sasl(mechanisms: ["SCRAM-SHA-256"]),
        ] {
            var login = Login(user: "frank", password: nil, nonce: "abc")
            let error = #expect(throws: PGError.self) { _ = try login.receive(request) }
            #expect(error?.code == .authenticationFailed)
            #expect(error?.message.contains("frank") == true)
        }
    }

    @Test func `a method that is not spoken is named`() {
        var login = Login(user: "u", password: "p", nonce: "abc")
        let error = #expect(throws: PGError.self) { _ = try login.receive(.unsupported(7)) }
        #expect(error?.message.contains("7") == true)
    }
}
