internal import CShims
import Glibc
import Synchronization

/// A scripted peer: listens on loopback (or a Unix socket), and runs a script for each connection
/// on a thread of its own.
///
/// Every read is bounded in time; the script's error is kept in `failures`.
public final class FakeServer: Sendable {
    /// What a script may do with its connection; used by the script's thread alone.
    public struct Peer {
        /// The accepted descriptor.
        public let fd: Int32

        /// Reads exactly `count` bytes.
        ///
        /// - Throws: `FakeServerError` when they do not come within the server's patience.
        public func read(_ count: Int) throws -> [UInt8] {
            var bytes: [UInt8] = []
            while bytes.count < count {
                let more = try readSome(count - bytes.count)
                guard !more.isEmpty else {
                    throw FakeServerError("end of file after \(bytes.count) of \(count) bytes")
                }
                bytes += more
            }
            return bytes
        }

        /// Reads what is there, waiting for the first byte; empty at the end of file.
        public func readSome(_ limit: Int = 65536) throws -> [UInt8] {
            var buffer = [UInt8](repeating: 0, count: limit)
            while true {
                let count = recv(fd, &buffer, limit, 0)
                if count >= 0 { return Array(buffer[..<count]) }
                guard errno == EINTR else {
                    throw FakeServerError("read: \(String(cString: strerror(errno)))")
                }
            }
        }

        /// Looks at what is there without taking it; the number of bytes seen, negative for none yet.
        public func peek(_ buffer: inout [UInt8]) -> Int {
            recv(fd, &buffer, buffer.count, Int32(MSG_PEEK))
        }

        /// Writes everything.
        public func write(_ bytes: [UInt8]) throws {
            var done = 0
            while done < bytes.count {
                let count = bytes[done...].withUnsafeBytes {
                    send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else {
                    throw FakeServerError("write: \(String(cString: strerror(errno)))")
                }
                done += count
            }
        }

        /// Says that no more is written; reading goes on.
        public func endWriting() { shutdown(fd, Int32(SHUT_WR)) }

        /// Makes the close at the script's end a reset instead of an end of file.
        public func resetAtEnd() {
            var value = linger(l_onoff: 1, l_linger: 0)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
        }

        /// Reads and drops everything until the end of file.
        public func drain() throws {
            while try !readSome().isEmpty {}
        }
    }

    /// The port on 127.0.0.1; 0 for a Unix socket.
    public let port: Int
    private let listener: Int32
    private let state = Mutex((failures: [String](), accepted: 0))

    /// What scripts threw, in order.
    public var failures: [String] { state.withLock { $0.failures } }
    /// How many connections were accepted.
    public var accepted: Int { state.withLock { $0.accepted } }

    /// Starts to listen and runs `script` for each connection; the connection is closed at its end.
    ///
    /// - Parameters:
    ///   - unixPath: the path of a Unix socket instead of a port.
    ///   - patience: seconds that a read or write of the script waits.
    ///   - script: gets the connection and its number, counted from 0.
    /// - Throws: `FakeServerError` when there is no socket to be had.
    public init(
        unixPath: String? = nil, patience: Int = 60,
        _ script: @escaping @Sendable (Peer, Int) throws -> Void
    ) throws {
        (listener, port) = try Self.listen(unixPath: unixPath, backlog: 64)
        Self.thread { [self] in
            while true {
                let fd = acceptNext(listener)
                guard fd >= 0 else {
                    // Closed here alone: closed elsewhere, its number could be another server's by
                    // the time of the next accept.
                    Glibc.close(listener)
                    return
                }
                let number = state.withLock { state in
                    defer { state.accepted += 1 }
                    return state.accepted
                }
                Self.thread { [self] in
                    var time = timeval(tv_sec: patience, tv_usec: 0)
                    let size = socklen_t(MemoryLayout<timeval>.size)
                    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, size)
                    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, size)
                    do {
                        try script(Peer(fd: fd), number)
                    } catch {
                        state.withLock { $0.failures.append("\(error)") }
                    }
                    Glibc.close(fd)
                }
            }
        }
    }

    /// Stops listening; connections that run go on to their script's end.
    public func stop() {
        // Wakes the accept, also one that is yet to come.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// A listening socket and its port.
    public static func listen(unixPath: String? = nil, backlog: Int32) throws -> (Int32, Int) {
        if let unixPath {
            let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) {
                $0.copyBytes(from: Array(unixPath.utf8))
            }
            unlink(unixPath)
            try bind(fd, &address, backlog)
            return (fd, 0)
        }
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        try bind(fd, &address, backlog)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                _ = getsockname(fd, raw, &size)
            }
        }
        return (fd, Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func bind<Address>(_ fd: Int32, _ address: inout Address, _ backlog: Int32)
        throws
    {
        let code = withUnsafeBytes(of: &address) { raw -> Int32 in
            guard let base = raw.baseAddress else { return -1 }
            return Glibc.bind(
                fd, base.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
        }
        guard code == 0, Glibc.listen(fd, backlog) == 0 else {
            throw FakeServerError("listen: \(String(cString: strerror(errno)))")
        }
    }

    /// Close-on-exec from the start: servers that tests start would inherit the connection, and it
    /// would outlive its script.
    private func acceptNext(_ fd: Int32) -> Int32 {
        while true {
            let answer = teleport_accept(fd)
            if answer >= 0 || errno != EINTR { return answer }
        }
    }

    /// Runs a body on a thread of its own: scripts block.
    private static func thread(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var id = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        pthread_create(
            &id, nil,
            { raw in
                if let raw { Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        pthread_detach(id)
    }
}

/// What a script ran into.
public struct FakeServerError: Error, CustomStringConvertible {
    /// In words.
    public let description: String
    /// Wraps words.
    public init(_ description: String) { self.description = description }
}
