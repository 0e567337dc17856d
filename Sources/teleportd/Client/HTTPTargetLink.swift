import AsyncAlgorithms
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Replicator

/// The way to a target instance by HTTP.
///
/// Frames are streamed as they are produced, and the answer is awaited while they are: a refusal ends
/// the producer at once. Every failure of the network is a `LinkError`.
struct HTTPTargetLink: TargetLink {
    /// The client, shared by all targets.
    let client: HTTPClient
    /// The target's host.
    let hostname: String
    /// The target's port.
    let port: Int
    /// What is shown to the target.
    let token: String?

    /// Asks what the target has.
    func state(of source: SourceIdentity, target: String) async throws -> TargetState {
        let query = [
            ("incarnation", source.incarnation), ("name", source.name), ("target", target),
        ]
        var request = self.request("/v1/state", query: query)
        request.method = .GET
        return try await exchange(request, deadline: Limits.question)
    }

    /// Streams a batch.
    func send(
        _ produce: @escaping @Sendable (any FrameSink) async throws -> Void
    ) async throws -> TargetState {
        let body = FrameStream()
        var request = self.request("/v1/batches", query: [])
        request.method = .POST
        request.headers.replaceOrAdd(name: "content-type", value: "application/octet-stream")
        request.body = .stream(body.pieces, length: .unknown)
        let prepared = request
        return try await withThrowingTaskGroup(of: Step.self) { group in
            group.addTask { await Self.run(produce, into: body) }
            group.addTask { await Self.keepAlive(body) }
            group.addTask {
                do {
                    return .answered(
                        .success(try await exchange(prepared, deadline: Limits.answer)))
                } catch {
                    return .answered(.failure(error))
                }
            }
            defer {
                // Whoever still waits for the other side is set free.
                body.pieces.fail(CancellationError())
                group.cancelAll()
            }
            while let step = try await group.next() {
                switch step {
                case .produced(let last):
                    if let last { group.addTask { await watch(last) } }
                case .ended: continue
                case .failed(let error): throw error
                case .answered(let answer): return try answer.get()
                }
            }
            throw CancellationError()
        }
    }

    /// What one of the two halves of a request came to.
    private enum Step: Sendable {
        /// All frames are on their way; whose they were.
        case produced(BatchHeader?)
        /// No sign of life is needed any more.
        case ended
        /// The producer failed; the body was cut.
        case failed(any Error)
        /// The target answered, or the network failed.
        case answered(Result<TargetState, any Error>)
    }

    private static func run(
        _ produce: @Sendable (any FrameSink) async throws -> Void, into body: FrameStream
    ) async -> Step {
        do {
            try await produce(body)
            try await body.finish()
            return .produced(await body.header)
        } catch {
            // The chunked body stays without its end, and the frames without theirs.
            body.pieces.fail(error)
            return .failed(error)
        }
    }

    /// Shows the target now and then that the request lives, until its task is cancelled.
    private static func keepAlive(_ body: FrameStream) async -> Step {
        do {
            while await !body.isFinished {
                try await Task.sleep(for: Limits.keepAlive)
                try await body.keepAlive()
            }
        } catch {
            // Cancelled: the request has ended.
        }
        return .ended
    }

    /// Notices an answer that was lost where the kernel cannot: in a proxy or a firewall that holds
    /// the connection open and passes nothing.
    private func watch(_ header: BatchHeader) async -> Step {
        var idle = 0
        var unreachable = 0
        do {
            while idle < 2, unreachable < 3 {
                try await Task.sleep(for: Limits.answerWatch)
                do {
                    let state = try await state(of: header.source, target: header.target)
                    unreachable = 0
                    idle = state.isApplying == false ? idle + 1 : 0
                } catch is LinkError {
                    unreachable += 1
                }
            }
        } catch {
            return .ended
        }
        return .failed(
            LinkError(
                .unreachable,
                "the target at \(hostname):\(port) has ended the request, or is gone, and its answer "
                    + "did not come"))
    }

    // MARK: HTTP

    private func request(_ path: String, query: [(String, String)]) -> HTTPClientRequest {
        var request = HTTPClientRequest(
            url: APIAddress(hostname: hostname, port: port).url(path, query: query))
        request.headers.add(name: "user-agent", value: "teleportd/\(Version.text)")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        return request
    }

    private func exchange(
        _ request: HTTPClientRequest, deadline: Duration
    ) async throws -> TargetState {
        let where_ = "\(hostname):\(port)"
        let status: HTTPResponseStatus
        let bytes: ByteBuffer
        do {
            let response = try await client.execute(
                request, timeout: TimeAmount(deadline))
            status = response.status
            bytes = try await response.body.collect(upTo: Limits.answerBytes)
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as HTTPClientError where error == .cancelled {
            throw CancellationError()
        } catch {
            throw LinkError(
                .unreachable, "no answer from the target at \(where_): \(Self.reason(error))")
        }
        let data = Data(bytes.readableBytesView)
        if status == .ok {
            guard let state = try? JSONDecoder().decode(TargetState.self, from: data) else {
                throw LinkError(
                    .badRequest, "the target at \(where_) answered with something else than a state"
                )
            }
            return state
        }
        if let problem = try? JSONDecoder().decode(LinkError.self, from: data) { throw problem }
        throw LinkError(
            status == .unauthorized ? .unauthorized : .unreachable,
            "the target at \(where_) answered with HTTP \(status.code) and no reason")
    }

    /// A network error in few words.
    private static func reason(_ error: any Error) -> String {
        if let error = error as? HTTPClientError { return error.shortDescription }
        return "\(error)"
    }
}

/// Where an API listens, as the beginning of a URL.
struct APIAddress {
    /// A host name or address.
    let hostname: String
    /// A port.
    let port: Int

    /// A full URL, everything in the query percent-encoded (RFC 3986).
    func url(_ path: String, query: [(String, String)] = []) -> String {
        let host = hostname.contains(":") ? "[\(hostname)]" : hostname
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        let pairs = query.map { name, value in
            name + "="
                + (value.addingPercentEncoding(withAllowedCharacters: unreserved) ?? "")
        }
        return "http://\(host):\(port)\(path)"
            + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }
}
