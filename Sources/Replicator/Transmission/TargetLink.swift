/// The way to one target instance; `teleportd` makes it of HTTP, tests make it of a function call.
public protocol TargetLink: Sendable {
    /// What the target has of this source.
    ///
    /// - Throws: `LinkError`.
    func state(of source: SourceIdentity, target: String) async throws -> TargetState

    /// Sends one request: `produce` writes its frames, in order, to the sink.
    ///
    /// The answer comes after the target's commit. Where the target answers before all frames are
    /// written (a refusal), `produce` is cancelled. An error of `produce` ends the request without
    /// its end frame, so that nothing is applied, and is thrown from here.
    ///
    /// - Throws: `LinkError`, or what `produce` threw.
    func send(
        _ produce: @escaping @Sendable (any FrameSink) async throws -> Void
    ) async throws -> TargetState
}

/// Where frames are written to.
public protocol FrameSink: Sendable {
    /// Sends a frame; suspends while the network or the target is slower than the caller.
    func write(_ frame: Frame) async throws
}

/// What a target has of one source.
public struct TargetState: Codable, Sendable, Hashable {
    /// How far it is.
    public enum Phase: String, Codable, Sendable, Hashable {
        /// Nothing of this source was ever applied.
        case empty
        /// An initial load is under way.
        case loading
        /// It equals the source at `position`.
        case replicating
    }

    /// How far it is.
    public var phase: Phase
    /// The source's snapshot it equals; while loading, the start position.
    public var position: Snapshot?
    /// The catalog it carries, as `SchemaSnapshot.encoded()`; nil in the answer to a batch.
    public var applied: String?
    /// A digest of `applied`, so that a source knows whether its own copy is the same.
    public var appliedDigest: String?
    /// The plan of the load under way.
    public var loadPlan: LoadPlan?
    /// The chunks of the load that are committed.
    public var doneChunks: [Int]?
    /// Whether a request of this source and target is being applied now; nil in the answer to one.
    public var isApplying: Bool?
    /// What follows batches by itself, and how far it is; nil in the answer to rows.
    public var later: [LaterStep.Progress]?
    /// The target's `server_version_num`.
    public var serverVersion: Int
    /// What its role may do and whom it knows; nil in the answer to rows.
    public var abilities: TargetAbilities?
    /// The incarnation of the target's own database, so that its events are not sent back to it.
    public var incarnation: String

    /// Makes a state.
    public init(phase: Phase, serverVersion: Int, incarnation: String) {
        self.phase = phase
        self.serverVersion = serverVersion
        self.incarnation = incarnation
    }
}

/// Why a target did not do what it was asked.
public struct LinkError: Error, Codable, Sendable, Hashable, CustomStringConvertible {
    /// A stable code.
    public enum Code: String, Codable, Sendable, Hashable {
        /// Refused, unreachable, cut or timed out: whether it was applied is not known.
        case unreachable
        /// The token is missing or wrong, or the target has none.
        case unauthorized
        /// The frames break the protocol, or are of another version.
        case badRequest
        /// The target's position is not `from`; ask for its state.
        case wrongPosition
        /// Another request of the same source and target is being applied; try again.
        case busy
        /// The target's schema is behind the rows; look at the schema at once and rebuild.
        case schemaBehind
        /// A row of a load's chunk is there already; send the chunk again as `merge`.
        case duplicate
        /// The target's database refused; see `sqlState`.
        case database
        /// The target's database cannot be reached or ended the connection; try again.
        case databaseUnavailable
    }

    /// The code.
    public var code: Code
    /// What happened, where and what to do; no row values.
    public var message: String
    /// The SQLSTATE, where a database said so.
    public var sqlState: String?
    /// The table concerned, where known.
    public var table: String?

    /// Makes an error.
    public init(_ code: Code, _ message: String, sqlState: String? = nil, table: String? = nil) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.table = table
    }

    /// Code and message in a line.
    public var description: String {
        "\(message) (\(code.rawValue)\(sqlState.map { ", SQLSTATE " + $0 } ?? ""))"
    }
}
