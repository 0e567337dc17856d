import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Replicator
import ServiceLifecycle

/// A request's context with the connection it came on.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        self.coreContext = .init(source: source)
        self.channel = source.channel
    }

    /// Whether the client runs on this machine.
    var isLocalPeer: Bool {
        guard let address = channel.remoteAddress?.ipAddress else { return false }
        return address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }
}

/// The paths of the API and what each of them answers.
struct Routes: Sendable {
    /// What answers.
    let api: any InstanceAPI
    /// Who may ask.
    let authorization: Authorization
    private let batches = Gate(limit: Limits.concurrentBatches)
    private let waits = Gate(limit: Limits.concurrentWaits)

    /// Routes to an instance.
    init(api: any InstanceAPI, authorization: Authorization) {
        self.api = api
        self.authorization = authorization
    }

    /// The router with every path.
    func router() -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.post("/v1/batches", use: applyBatch)
        router.get("/v1/state", use: state)
        router.post("/v1/wait", use: wait)
        router.get("/status") { _, _ in
            try await answer { .bytes(try await api.status(), type: "application/json") }
        }
        router.get("/metrics") { _, _ in
            try await answer {
                .bytes(
                    try await api.metrics().utf8, type: "text/plain; version=0.0.4; charset=utf-8")
            }
        }
        router.get("/healthz") { _, _ in Response.bytes("ok\n".utf8, type: "text/plain") }
        router.get("/readyz") { _, _ in
            switch await api.readiness() {
            case .ready: Response.bytes("ready\n".utf8, type: "text/plain")
            case .notReady(let reason):
                Response.bytes(
                    "not ready: \(reason)\n".utf8, type: "text/plain", status: .serviceUnavailable)
            }
        }
        router.get("/") { _, _ in
            Response.bytes(StatusPage.html.utf8, type: "text/html; charset=utf-8")
        }
        return router
    }

    // MARK: Paths

    @Sendable private func applyBatch(_ request: Request, _ context: APIContext) async throws
        -> Response
    {
        if let refusal = refusal(.replication, request, context) { return refusal }
        let channel = context.channel
        let watch = SilenceWatch(limit: Limits.bodySilence) { channel.close(promise: nil) }
        let body = BatchBody(request.body, watch: watch)
        return try await answer {
            let state = try await batches.enter {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await watch.run() }
                    defer { group.cancelAll() }
                    return try await api.apply(body)
                }
            }
            guard let state else {
                throw LinkError(.databaseUnavailable, "too many batches at once; try again")
            }
            return .json(state)
        }
    }

    @Sendable private func state(_ request: Request, _ context: APIContext) async throws -> Response
    {
        if let refusal = refusal(.replication, request, context) { return refusal }
        let query = request.uri.queryParameters
        guard let incarnation = query["incarnation"], let name = query["name"],
            let target = query["target"]
        else {
            return Problem.response(
                LinkError(.badRequest, "expected the parameters incarnation, name and target"))
        }
        let source = SourceIdentity(incarnation: String(incarnation), name: String(name))
        return try await answer { .json(try await api.state(of: source, target: String(target))) }
    }

    @Sendable private func wait(_ request: Request, _ context: APIContext) async throws -> Response
    {
        if let refusal = refusal(.waiting, request, context) { return refusal }
        let query = request.uri.queryParameters
        let target = query["target"].map { String($0) }
        guard let seconds = Double(query["timeout"] ?? "60"), seconds >= 0, seconds < 1e9 else {
            return Problem.response(
                LinkError(.badRequest, "expected the parameter timeout in seconds"))
        }
        let timeout = min(.seconds(seconds), Limits.longPoll)
        return try await answer {
            let result = try await waits.enter {
                try await cancelWhenGracefulShutdown {
                    try await api.wait(target: target, timeout: timeout)
                }
            }
            guard let result else {
                throw LinkError(.databaseUnavailable, "too many waits at once; try again")
            }
            return .json(result)
        }
    }

    // MARK: Answers

    private func refusal(
        _ scope: Authorization.Scope, _ request: Request, _ context: APIContext
    ) -> Response? {
        authorization.refusal(
            scope, header: request.headers[.authorization], isLocalPeer: context.isLocalPeer
        ).map { Problem.response(LinkError(.unauthorized, $0)) }
    }

    private func answer(_ body: () async throws -> Response) async throws -> Response {
        do {
            return try await body()
        } catch {
            return Problem.response(error)
        }
    }
}
