#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// What the environment of this process asks of the operating system. All of it blocks.
extension PGEnvironment {
    /// The name and home of the user that runs this.
    static func currentUser() -> (name: String?, home: String?) {
        user(geteuid())
    }

    /// A user's name and home, of the user database.
    static func user(_ id: UInt32) -> (name: String?, home: String?) {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 * 1024)
        // The strings of the entry live in the buffer, which must not move before they are copied.
        return buffer.withUnsafeMutableBufferPointer { room in
            guard let base = room.baseAddress,
                getpwuid_r(id, &entry, base, room.count, &found) == 0, found != nil
            else { return (nil, nil) }
            return (
                entry.pw_name.map { String(cString: $0) }, entry.pw_dir.map { String(cString: $0) }
            )
        }
    }

    static func isDirectory(_ path: String) -> Bool {
        guard case .success(let status) = FileStatus.of(path) else { return false }
        return status.isDirectory
    }

    /// The first bytes of a plain file.
    static func readFile(_ path: String, _ limit: Int) -> File {
        // Not blocking, so that a pipe in the file's place does not hold us up.
        let fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard fd >= 0 else {
            return errno == ENOENT || errno == ENOTDIR
                ? .missing : .unreadable(reason: SystemCall.text(errno))
        }
        defer { close(fd) }
        let status: FileStatus
        switch FileStatus.of(fd) {
        case .success(let found): status = found
        case .failure(let error): return .unreadable(reason: error.text)
        }
        guard status.isRegular else { return .special }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count < limit {
            let wanted = min(chunk.count, limit - bytes.count)
            // pread(2), since `read` is a property here.
            switch SystemCall.run({ pread(fd, &chunk, wanted, off_t(bytes.count)) }) {
            case .done(0): return .plain(bytes: bytes, permissions: status.permissions)
            case .done(let count): bytes += chunk[..<min(count, chunk.count)]
            case .wouldBlock: return .unreadable(reason: SystemCall.text(EAGAIN))
            case .failed(let code): return .unreadable(reason: SystemCall.text(code))
            }
        }
        return .plain(bytes: bytes, permissions: status.permissions)
    }
}
