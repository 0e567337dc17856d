package import Logging
package import PGWire

/// Applies what sources send, to one database: each request in one transaction.
///
/// Connections are kept between requests, with their staging tables; a new one is opened where all
/// are in use (the chunks of a load arrive side by side) or the database was away.
public actor Applier {
    /// At most so many requests at once; each holds a connection.
    public static let maximumConnections = 32
    /// At most so many connections are kept while nobody uses them.
    private static let maximumIdle = 8

    private let configuration: PGConfiguration
    private let later: LaterRunner
    private let install: @Sendable (PGConnection) async throws -> Void
    private var idle: [Pairing: [ApplySession]] = [:]
    private var isInstalled = false
    private var inUse = 0
    private var applying: [Pairing: Int] = [:]

    private struct Pairing: Hashable {
        var incarnation: String
        var target: String
    }

    /// An applier that connects at its first request.
    ///
    /// - Parameters:
    ///   - configuration: the database.
    ///   - log: where failures of what no request waits for go.
    ///   - install: makes the objects in schema `teleport`; runs before the first request.
    package init(
        _ configuration: PGConfiguration, log: Logger,
        install: @escaping @Sendable (PGConnection) async throws -> Void
    ) {
        self.configuration = configuration
        later = LaterRunner(configuration, log: log)
        self.install = install
    }

    /// What the target has of one source.
    ///
    /// - Throws: `LinkError`, `CancellationError`.
    public func state(of source: SourceIdentity, target: String) async throws -> TargetState {
        let pairing = Pairing(incarnation: source.incarnation, target: target)
        // Before the position is read: a request that ends meanwhile shows in the position.
        let isApplying = applying[pairing] != nil
        var state = try await withSession(pairing) { session in
            try await session.state(of: source, target: target)
        }
        state.isApplying = isApplying
        if state.later?.contains(where: \.isOpen) == true { await later.wake() }
        return state
    }

    /// Applies one request from the bytes of its body, in any cut.
    ///
    /// Memory stays bounded: bytes are asked for as the database takes them. A request that is
    /// refused or was applied before is answered without reading the rest.
    ///
    /// - Returns: what the target has, after the commit.
    /// - Throws: `LinkError`, and nothing was applied (except `databaseUnavailable`, where the
    ///   commit may have happened: ask for the state); `CancellationError`, and it is rolled back.
    public func apply<Bytes: AsyncSequence & Sendable>(_ bytes: Bytes) async throws -> TargetState
    where Bytes.Element == [UInt8] {
        try await apply(frames: FrameReader(bytes))
    }

    /// Applies one request from its frames.
    package func apply(frames: any FrameSource) async throws -> TargetState {
        let header = try await Self.header(of: frames)
        try ApplyDecision.check(header)
        let pairing = Pairing(incarnation: header.source.incarnation, target: header.target)
        applying[pairing, default: 0] += 1
        defer {
            let left = (applying[pairing] ?? 1) - 1
            applying[pairing] = left > 0 ? left : nil
        }
        do {
            let state = try await withSession(pairing) { session in
                try await session.apply(header, frames)
            }
            if state.later?.contains(where: \.isOpen) == true { await later.wake() }
            return state
        } catch let error as LinkError where error.sqlState == "55P03" {
            // Perhaps an index that is being built is in the way of a schema change.
            await later.giveWay()
            throw error
        }
    }

    /// Closes the connections that nobody uses, and ends what is built behind batches.
    public func close() async {
        await later.close()
        let sessions = idle.values.flatMap(\.self)
        idle = [:]
        for session in sessions { await session.connection.close() }
    }

    private static func header(of frames: any FrameSource) async throws -> BatchHeader {
        do {
            guard case .header(let header) = try await frames.next() else {
                throw WireError.truncated
            }
            return header
        } catch let error as WireError {
            throw LinkError(.badRequest, error.description)
        }
    }

    private func withSession(
        _ pairing: Pairing, _ body: @Sendable (ApplySession) async throws -> TargetState
    ) async throws -> TargetState {
        guard inUse < Self.maximumConnections else {
            throw LinkError(.busy, "\(inUse) requests are being applied, which is the limit")
        }
        inUse += 1
        defer { inUse -= 1 }
        let session = try await session(for: pairing)
        do {
            let answer = try await body(session)
            await put(back: session, pairing)
            return answer
        } catch {
            await put(back: session, pairing)
            throw error
        }
    }

    private func session(for pairing: Pairing) async throws -> ApplySession {
        // The latest first: it has the staging tables.
        while let session = idle[pairing]?.popLast() {
            if session.isUsable { return session }
            await session.connection.close()
        }
        do {
            let connection = try await EngineConnection.open(configuration, purpose: "applier")
            do {
                if !isInstalled {
                    try await install(connection)
                    isInstalled = true
                }
                return ApplySession(connection: connection, configuration: configuration)
            } catch {
                await connection.close()
                throw error
            }
        } catch let error as PGError {
            if error.code == .cancelled { throw CancellationError() }
            var translated = ApplyFailure.error(error, change: "connect and install")
            if error.server == nil { translated.code = .databaseUnavailable }
            throw translated
        }
    }

    private func put(back session: ApplySession, _ pairing: Pairing) async {
        let count = idle.values.reduce(0) { $0 + $1.count }
        guard session.isUsable, count < Self.maximumIdle else {
            return await session.connection.close()
        }
        idle[pairing, default: []].append(session)
    }
}
