import Replicator

/// What the HTTP server asks the instance; tests answer in its place.
protocol InstanceAPI: Sendable {
    /// Applies one request's frames, given in pieces of any cut; returns after the commit.
    ///
    /// - Throws: `LinkError`, or what the body threw.
    func apply(_ body: BatchBody) async throws -> TargetState
    /// What this instance has of a source.
    ///
    /// - Throws: `LinkError`.
    func state(of source: SourceIdentity, target: String) async throws -> TargetState
    /// Waits until targets have what is committed on the source now; nil means every target.
    func wait(target: String?, timeout: Duration) async throws -> WaitAnswer
    /// `/status`: JSON.
    func status() async throws -> [UInt8]
    /// `/metrics`: the Prometheus text format.
    func metrics() async throws -> String
    /// Whether the databases in use can be reached, with the reason where not.
    func readiness() async -> Readiness
}

/// What came of a wait.
struct WaitAnswer: Codable, Sendable, Hashable {
    /// Whether everything had arrived in time.
    var reached: Bool
    /// Why not, and what to do.
    var reason: String?
}

/// Whether work can be done.
enum Readiness: Sendable, Hashable {
    /// It can.
    case ready
    /// It cannot, and why.
    case notReady(String)
}
