#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What stat(2) says of a file.
struct FileStatus {
    let isRegular: Bool
    let isDirectory: Bool
    /// The user it belongs to.
    let owner: UInt32
    /// The mode bits (`0o600`).
    let permissions: UInt32
    /// What is different once the file was changed or replaced.
    let stamp: Stamp

    /// What tells two states of a file apart.
    struct Stamp: Equatable {
        fileprivate let device: UInt64
        fileprivate let inode: UInt64
        fileprivate let size: Int64
        /// Seconds and nanoseconds, of the bytes and of the rest.
        fileprivate let changed: [Int]
    }

    private init(_ status: stat) {
        isRegular = status.st_mode & S_IFMT == S_IFREG
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        owner = status.st_uid
        permissions = UInt32(status.st_mode & 0o7777)
        #if canImport(Darwin)
            let times = [status.st_mtimespec, status.st_ctimespec]
        #else
            let times = [status.st_mtim, status.st_ctim]
        #endif
        stamp = Stamp(
            device: UInt64(truncatingIfNeeded: status.st_dev),
            inode: UInt64(truncatingIfNeeded: status.st_ino), size: Int64(status.st_size),
            changed: times.flatMap { [$0.tv_sec, $0.tv_nsec] })
    }

    /// Looks at what is at a path.
    static func of(_ path: String) -> Result<FileStatus, SystemError> {
        var status = stat()
        guard stat(path, &status) == 0 else { return .failure(SystemError(code: errno)) }
        return .success(FileStatus(status))
    }

    /// Looks at an open file.
    static func of(_ fd: Int32) -> Result<FileStatus, SystemError> {
        var status = stat()
        guard fstat(fd, &status) == 0 else { return .failure(SystemError(code: errno)) }
        return .success(FileStatus(status))
    }

    /// Why this process may not read what is at a path; nil where it may.
    static func problem(reading path: String) -> SystemError? {
        access(path, R_OK) == 0 ? nil : SystemError(code: errno)
    }
}
