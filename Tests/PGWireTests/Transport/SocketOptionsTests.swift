import Glibc
import Testing

@testable import PGWire

struct SocketOptionsTests {
    /// What a socket's options are after they were applied.
    private func applied(_ options: SocketOptions) throws -> [String: Int32] {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(fd >= 0)
        defer { close(fd) }
        options.apply(to: fd)
        let tcp = Int32(IPPROTO_TCP)
        let names: [(String, Int32, Int32)] = [
            ("keepalive", SOL_SOCKET, SO_KEEPALIVE), ("idle", tcp, TCP_KEEPIDLE),
            ("interval", tcp, TCP_KEEPINTVL), ("count", tcp, TCP_KEEPCNT),
            ("user timeout", tcp, TCP_USER_TIMEOUT), ("no delay", tcp, TCP_NODELAY),
        ]
        var values: [String: Int32] = [:]
        for (name, level, option) in names {
            var value: Int32 = -1
            var size = socklen_t(MemoryLayout<Int32>.size)
            try #require(getsockopt(fd, level, option, &value, &size) == 0)
            values[name] = value
        }
        return values
    }

    @Test func `a configuration's numbers reach the kernel, zero leaves the kernel's`() throws {
        var configuration = PGConfiguration(
            endpoint: .tcp(host: "h", port: 1), user: "u", database: "d")
        configuration.keepAliveIdle = .seconds(41)
        configuration.keepAliveInterval = .milliseconds(200)
        configuration.keepAliveCount = 5
        configuration.tcpUserTimeout = .milliseconds(12_345)
        #expect(
            try applied(SocketOptions(configuration)) == [
                "keepalive": 1, "idle": 41, "interval": 1, "count": 5, "user timeout": 12_345,
                "no delay": 1,
            ])
        var off = SocketOptions()
        off.keepAlives = false
        off.userTimeout = .zero
        let kernel = try applied(off)
        #expect(kernel["keepalive"] == 0)
        #expect(kernel["user timeout"] == 0)
        var zero = SocketOptions()
        zero.keepAliveIdle = .zero
        zero.keepAliveInterval = .zero
        zero.keepAliveCount = -1
        let kept = try applied(zero)
        #expect(kept["keepalive"] == 1)
        for name in ["idle", "interval", "count"] { #expect(kept[name] == kernel[name]) }
    }
}
