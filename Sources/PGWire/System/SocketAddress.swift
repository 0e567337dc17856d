internal import CShims

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An address that connect(2) takes.
struct SocketAddress: Sendable {
    /// AF_INET, AF_INET6 or AF_UNIX.
    let family: Int32
    /// The sockaddr of that family.
    let bytes: [UInt8]
    /// The numeric address or the path, for messages.
    let text: String

    var isUnix: Bool { family == AF_UNIX }

    /// The address of a Unix socket; nil where the path does not fit (`longestPath`).
    ///
    /// A path that begins with `@` is in Linux's abstract namespace (unix(7)): a zero byte stands for the
    /// at sign, and the length counts.
    init?(path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path8 = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path8.count < room, !path8.contains(0) else { return nil }
        let isAbstract = path8.first == UInt8(ascii: "@")
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: isAbstract ? [0] + path8.dropFirst() : path8)
        }
        family = AF_UNIX
        let whole = withUnsafeBytes(of: address) { Array($0) }
        bytes = isAbstract ? Array(whole.prefix(whole.count - room + path8.count)) : whole
        text = path
    }

    /// The bytes that the path of a Unix socket may have: 107 on Linux, 103 on macOS.
    static let longestPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// The 4 or 16 bytes of a numeric address, in the network's order; nil for anything else.
    static func numeric(_ host: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, host, &bytes) == 1 { return Array(bytes.prefix(4)) }
        if inet_pton(AF_INET6, host, &bytes) == 1 { return bytes }
        return nil
    }

    private init(_ info: addrinfo, _ address: UnsafeMutablePointer<sockaddr>) {
        family = info.ai_family
        bytes = Array(UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen)))
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = getnameinfo(
            address, info.ai_addrlen, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
        let name = host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        text = code == 0 ? String(decoding: name, as: UTF8.self) : "?"
    }

    /// getaddrinfo(3); blocks, unless `numericOnly`.
    static func resolve(host: String, port: Int, numericOnly: Bool)
        -> Result<[SocketAddress], PGError>
    {
        var hints = addrinfo()
        hints.ai_socktype = teleport_socket_stream
        hints.ai_flags = AI_NUMERICSERV | (numericOnly ? AI_NUMERICHOST : AI_ADDRCONFIG)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            let reason =
                code == EAI_SYSTEM ? SystemCall.text(errno) : String(cString: gai_strerror(code))
            return .failure(
                PGError(.connectFailed, "cannot connect to \(host):\(port): no address: \(reason)"))
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let info = next?.pointee, addresses.count < Limits.addressesPerHost {
            if let address = info.ai_addr { addresses.append(SocketAddress(info, address)) }
            next = info.ai_next
        }
        return .success(addresses)
    }

    /// Calls connect(2) on a non-blocking socket.
    func reach(from fd: Int32) -> SystemCall {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return .failed(EINVAL) }
            let address = base.assumingMemoryBound(to: sockaddr.self)
            return SystemCall.run { Int(connect(fd, address, socklen_t(raw.count))) }
        }
    }
}
