internal import COpenSSL
import Synchronization

/// Contexts kept for the next connection with the same options: reading certificates takes longer
/// than a handshake.
///
/// A context is used again only while the files that it was made of are the same.
enum TLSContexts {
    private struct Entry {
        let context: TLSContext
        let stamps: [FileStatus.Stamp?]
    }

    /// The least recently used first.
    private static let entries = Mutex<[Entry]>([])

    /// The context for options, made or kept.
    ///
    /// Files are looked at and read on a thread made for that; where there are none, there is no wait.
    ///
    /// - Throws: as `TLSContext.make`, `timedOut`, `cancelled`.
    static func context(
        _ options: TLSOptions, _ endpoint: PGConfiguration.Endpoint,
        deadline: ContinuousClock.Instant, loop: PGEventLoop
    ) async throws(PGError) -> TLSContext {
        if options.files.isEmpty, let kept = kept(options, []) { return kept }
        return try await BlockingWork.run(
            "reading the certificates for \(endpoint.text)", deadline: deadline, loop: loop
        ) {
            do throws(PGError) {
                return .success(try load(options))
            } catch {
                return .failure(error)
            }
        }
    }

    private static func load(_ options: TLSOptions) throws(PGError) -> TLSContext {
        // Before the files are read: what changes after this is seen the next time.
        let stamps = options.files.map { try? FileStatus.of($0).get().stamp }
        if let kept = kept(options, stamps) { return kept }
        let context = try TLSContext.make(options)
        // The lists in a directory are read when one is needed, and kept by OpenSSL: no stamp tells.
        guard options.revokedDirectory == nil else { return context }
        entries.withLock { entries in
            entries.removeAll { $0.context.options == options }
            if entries.count >= Limits.tlsContexts { entries.removeFirst() }
            entries.append(Entry(context: context, stamps: stamps))
        }
        return context
    }

    private static func kept(_ options: TLSOptions, _ stamps: [FileStatus.Stamp?]) -> TLSContext? {
        entries.withLock { entries in
            guard let index = entries.firstIndex(where: { $0.context.options == options }),
                entries[index].stamps == stamps
            else { return nil }
            let entry = entries.remove(at: index)
            entries.append(entry)
            return entry.context
        }
    }
}

extension TLSOptions {
    /// The files that a context is made of.
    fileprivate var files: [String] {
        var files = [certificate, key, revokedFile].compactMap { $0 }
        switch check {
        case .nothing: break
        case .file(let file): files.append(file)
        case .system:
            files += [
                Self.fromEnvironment("SSL_CERT_FILE", X509_get_default_cert_file()),
                Self.fromEnvironment("SSL_CERT_DIR", X509_get_default_cert_dir()),
            ]
        }
        return files
    }

    private static func fromEnvironment(_ name: String, _ other: UnsafePointer<CChar>?) -> String {
        SystemCall.variable(name) ?? other.map { String(cString: $0) } ?? ""
    }
}
