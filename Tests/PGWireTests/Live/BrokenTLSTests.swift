import Glibc
import PGWire
import Synchronization
import TestSupport
import Testing

/// A real server behind a wire that breaks off, or changes a byte, somewhere in the TLS stream.
@Suite(.timeLimit(.minutes(2)))
struct BrokenTLSTests {
    private final class Wire: Sendable {
        /// After how many bytes of the server something happens, and what.
        let plan = Mutex((after: 0, flips: false))
        /// Bytes of the server that went through.
        let passed = Mutex(0)
    }

    let cluster: PostgresCluster
    private let wire = Wire()
    private let proxy: FakeServer

    init() throws {
        let cluster = try PostgresCluster.shared()
        self.cluster = cluster
        let wire = wire
        let port = cluster.port
        proxy = try FakeServer(patience: 10) { peer, _ in
            let server = try Self.dial(port)
            defer { close(server) }
            let (limit, flips) = wire.plan.withLock { ($0.after, $0.flips) }
            var passed = 0
            while true {
                var ends = [
                    pollfd(fd: peer.fd, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: server, events: Int16(POLLIN), revents: 0),
                ]
                guard poll(&ends, 2, 10_000) > 0 else { return }
                if ends[0].revents != 0 {
                    let bytes = try peer.readSome()
                    guard !bytes.isEmpty else { return }
                    _ = send(server, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                }
                guard ends[1].revents != 0 else { continue }
                var buffer = [UInt8](repeating: 0, count: 65536)
                let count = recv(server, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                var bytes = Array(buffer[..<count])
                if passed + count > limit {
                    guard flips else {
                        try peer.write(Array(bytes[..<(limit - passed)]))
                        return
                    }
                    if passed <= limit { bytes[limit - passed] ^= 0x10 }
                }
                passed += count
                let sum = passed
                wire.passed.withLock { $0 = sum }
                try? peer.write(bytes)
            }
        }
    }

    private static func dial(_ port: Int) throws -> Int32 {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeBytes(of: &address) { raw -> Int32 in
            guard let base = raw.baseAddress else { return -1 }
            return connect(fd, base.assumingMemoryBound(to: sockaddr.self), size)
        }
        guard code == 0 else { throw FakeServerError("connect: \(errno)") }
        return fd
    }

    /// Logs in and asks one thing.
    private func use() async -> PGError? {
        var configuration = cluster.configuration(database: "postgres")
        configuration.endpoint = .tcp(host: "localhost", port: proxy.port)
        configuration.sslMode = .verifyFull
        configuration.sslRootCert = cluster.rootCertificate
        configuration.connectTimeout = .seconds(3)
        do throws(PGError) {
            let connection = try await PGConnection.connect(configuration)
            let result = try await connection.query("SELECT 5", timeout: .seconds(3))
            let isRight = try result.rows[0].decode(Int.self, 0) == 5
            await connection.close()
            return isRight ? nil : PGError(.misuse, "a wrong answer")
        } catch {
            return error
        }
    }

    @Test(arguments: [false, true])
    func `a TLS stream that breaks off or is changed anywhere ends in time and never lies`(
        _ flips: Bool
    )
        async
    {
        wire.plan.withLock { $0 = (.max, false) }
        let whole = await use()
        #expect(whole == nil, "\(String(describing: whole))")
        let total = wire.passed.withLock { $0 }
        #expect(total > 1000)
        // Each byte of the first records, then here and there; the last bytes answer our question.
        let places = Array(0..<20) + Array(stride(from: 20, to: total - 200, by: 41))
        for place in places {
            wire.plan.withLock { $0 = (place, flips) }
            let start = ContinuousClock.now
            let error = await use()
            let time = ContinuousClock.now - start
            // TLS itself passes over the version in a record's head: a changed one does no harm.
            let isFine =
                (error != nil || flips) && time < .seconds(7) && error?.code != .misuse
            if !isFine {
                Issue.record("at \(place) of \(total): \(String(describing: error)), \(time)")
            }
        }
    }
}
