import PGWire
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct TLSTests {
    /// SSLRequest (manual, 55.7), and the server's answer.
    private func requested(_ port: Int) async throws -> TestClient {
        let client = try await TestClient.open(.tcp(host: "127.0.0.1", port: port))
        await client.send([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
        #expect(await client.receive(1) == [UInt8(ascii: "S")])
        return client
    }

    private func handshake(
        _ mode: PGConfiguration.SSLMode, host: String = "localhost", rootCert: String?,
        port: Int? = nil
    ) async throws -> PGError? {
        let port = try port ?? PostgresCluster.shared().port
        let client = try await requested(port)
        do throws(PGError) {
            try await client.channel.startTLS(
                mode: mode, host: host, rootCert: rootCert, deadline: .now + .seconds(10))
        } catch {
            return error
        }
        #expect(await client.isTLS)
        // A start-up message without a user: the server answers with an error, in TLS.
        await client.send([0, 0, 0, 9, 0, 3, 0, 0, 0])
        #expect(await client.receive(1) == [UInt8(ascii: "E")])
        await client.close()
        return nil
    }

    /// An authority that did not sign the server's certificate.
    private func strangeAuthority() throws -> String {
        let cluster = try PostgresCluster.shared()
        let file = "\(cluster.socketDirectory)/strange-\(Int.random(in: 0..<1_000_000)).crt"
        try PostgresCluster.shell(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=strange -keyout \(file).key"
                + " -out \(file) 2>/dev/null")
        return file
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func `every mode accepts the right authority and host`(host: String) async throws {
        let root = try PostgresCluster.shared().rootCertificate
        for mode in [PGConfiguration.SSLMode.prefer, .require, .verifyCA, .verifyFull] {
            #expect(try await handshake(mode, host: host, rootCert: root) == nil)
        }
    }

    @Test func `without a root certificate prefer and require check nothing`() async throws {
        #expect(try await handshake(.prefer, host: "elsewhere", rootCert: nil) == nil)
        #expect(try await handshake(.require, host: "elsewhere", rootCert: nil) == nil)
    }

    @Test(arguments: [PGConfiguration.SSLMode.require, .verifyCA, .verifyFull])
    func `a certificate of another authority is refused with the reason`(
        mode: PGConfiguration.SSLMode
    ) async throws {
        let error = try await handshake(mode, rootCert: strangeAuthority())
        #expect(error?.code == .tlsFailed)
        #expect(error?.message.contains("certificate is not accepted") == true)
        #expect(error?.message.contains("strange") == true)
    }

    @Test(arguments: ["elsewhere.example", "127.0.0.2", "ocalhost"])
    func `only verify-full minds the host name`(host: String) async throws {
        let root = try PostgresCluster.shared().rootCertificate
        #expect(try await handshake(.verifyCA, host: host, rootCert: root) == nil)
        let error = try await handshake(.verifyFull, host: host, rootCert: root)
        #expect(error?.code == .tlsFailed)
        #expect(error?.message.contains("is not for") == true)
    }

    @Test func `the system's authorities do not vouch for a private certificate`() async throws {
        let error = try await handshake(.verifyFull, rootCert: "system")
        #expect(error?.code == .tlsFailed)
    }

    @Test func `modes and root certificates that do not fit are refused with advice`() async throws
    {
        let cases: [(PGConfiguration.SSLMode, String?, String)] = [
            (.verifyCA, nil, "needs sslrootcert"),
            (.verifyFull, nil, "needs sslrootcert"),
            (.verifyCA, "system", "needs sslmode=verify-full"),
            (.verifyFull, "/no/such/file", "/no/such/file cannot be read"),
            (.verifyFull, "/etc/hostname", "not a PEM file"),
        ]
        for (mode, root, words) in cases {
            let error = try await handshake(mode, rootCert: root)
            #expect(error?.code == .invalidConfiguration)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "none")")
        }
    }

    @Test func `the channel binding data are the certificate's digest`() async throws {
        let cluster = try PostgresCluster.shared()
        let client = try await requested(cluster.port)
        #expect(await client.certificateHash == nil)
        try await client.channel.startTLS(
            mode: .verifyFull, host: "localhost", rootCert: cluster.rootCertificate,
            deadline: .now + .seconds(10))
        let expected = try PostgresCluster.shell(
            "openssl x509 -in \(cluster.socketDirectory)/server.crt -noout -fingerprint -sha256"
                + " | cut -d= -f2 | tr -d :")
        let hash = await client.certificateHash ?? []
        let digits = Array("0123456789ABCDEF")
        let text = String(hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        #expect(text == expected)
        await client.close()
    }

    @Test func `bytes slipped in before the handshake are refused`() async throws {
        let server = try FakeServer { peer, _ in
            _ = try peer.read(8)
            try peer.write(Array("SR".utf8))
            try peer.drain()
        }
        defer { server.stop() }
        let client = try await requested(server.port)
        _ = await client.receive(1)
        let error = await #expect(throws: PGError.self) {
            try await client.channel.startTLS(
                mode: .require, host: "localhost", rootCert: nil, deadline: .now + .seconds(5))
        }
        #expect(error?.code == .tlsFailed)
        #expect(error?.message.contains("unencrypted bytes") == true)
    }

    @Test(arguments: ["garbage instead of TLS", ""])
    func `a peer that does not speak TLS is refused`(answer: String) async throws {
        let server = try FakeServer { peer, _ in
            _ = try peer.read(8)
            try peer.write([UInt8(ascii: "S")])
            _ = try peer.readSome()
            try peer.write(Array(answer.utf8))
        }
        defer { server.stop() }
        let error = try await handshake(.require, rootCert: nil, port: server.port)
        #expect(error?.code == .tlsFailed)
    }

    @Test func `a handshake that never ends is given up at the deadline`() async throws {
        let server = try FakeServer { peer, _ in
            _ = try peer.read(8)
            try peer.write([UInt8(ascii: "S")])
            try peer.drain()
        }
        defer { server.stop() }
        let client = try await requested(server.port)
        let error = await #expect(throws: PGError.self) {
            try await client.channel.startTLS(
                mode: .require, host: "localhost", rootCert: nil,
                deadline: .now + .milliseconds(200))
        }
        #expect(error?.code == .timedOut)
        #expect(await client.isClosed)
    }
}
