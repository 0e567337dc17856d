import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Replicator

/// The commands' way to the daemon of the same configuration file.
struct APIClient: Sendable {
    /// An answer that will be the same next time.
    struct Refusal: Error, CustomStringConvertible {
        /// The daemon's reason.
        let description: String
    }

    /// Why there was no answer; asking again may help.
    struct NoAnswer: Error, CustomStringConvertible {
        /// What happened, and where.
        let description: String
    }

    let client: HTTPClient
    let server: DaemonConfiguration.Server

    /// One long poll.
    func wait(target: String?, timeout: Duration) async throws -> WaitAnswer {
        let seconds = timeout / .seconds(1)
        var query = [("timeout", String(seconds))]
        if let target { query.append(("target", target)) }
        let body = try await exchange(
            .POST, "/v1/wait", query: query, deadline: timeout + Limits.question)
        return try JSONDecoder().decode(WaitAnswer.self, from: body)
    }

    /// `/status`.
    func status() async throws -> String {
        String(
            decoding: try await exchange(.GET, "/status", query: [], deadline: Limits.question),
            as: UTF8.self)
    }

    private func exchange(
        _ method: HTTPMethod, _ path: String, query: [(String, String)], deadline: Duration
    ) async throws -> Data {
        let address = APIAddress(hostname: server.localHostname, port: server.port)
        var request = HTTPClientRequest(url: address.url(path, query: query))
        request.method = method
        if let token = server.token {
            request.headers.add(name: "authorization", value: "Bearer \(token)")
        }
        let status: HTTPResponseStatus
        let body: Data
        do {
            let response = try await client.execute(request, timeout: TimeAmount(deadline))
            status = response.status
            body = Data(
                try await response.body.collect(upTo: Limits.answerBytes).readableBytesView)
        } catch {
            throw NoAnswer(
                description:
                    "no answer from the daemon at \(address.hostname):\(address.port): is it running? (\(error))"
            )
        }
        if status == .ok { return body }
        let problem = try? JSONDecoder().decode(LinkError.self, from: body)
        let reason = problem?.message ?? "the daemon answered with HTTP \(status.code)"
        if status == .serviceUnavailable { throw NoAnswer(description: reason) }
        throw Refusal(description: reason)
    }
}

/// Gives the body a client of the daemon with this address, and ends it afterwards.
func withAPIClient(
    _ server: DaemonConfiguration.Server, _ body: (APIClient) async throws -> Void
) async throws {
    let client = HTTPClients.make(on: MultiThreadedEventLoopGroup.singleton)
    do {
        try await body(APIClient(client: client, server: server))
    } catch {
        try? await client.shutdown()
        throw error
    }
    try? await client.shutdown()
}
