import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Replicator

/// An error as `application/problem+json` (RFC 9457), with the fields of `LinkError` in it.
struct Problem: Codable, Sendable {
    /// The status code, repeated for people.
    var status: Int
    /// A short name of the kind of problem: the code.
    var title: String
    /// The same text as `message`.
    var detail: String
    /// A stable code.
    var code: LinkError.Code
    /// What happened and what to do.
    var message: String
    /// The SQLSTATE, where a database said so.
    var sqlState: String?
    /// The table concerned, where known.
    var table: String?

    /// The status of a code.
    static func status(of code: LinkError.Code) -> HTTPResponse.Status {
        switch code {
        case .unauthorized: .unauthorized
        case .badRequest: .badRequest
        case .wrongPosition, .duplicate: .conflict
        case .busy: .init(code: 423, reasonPhrase: "Locked")
        case .schemaBehind: .init(code: 424, reasonPhrase: "Failed Dependency")
        case .database: .unprocessableContent
        case .databaseUnavailable, .unreachable: .serviceUnavailable
        }
    }

    /// The answer for an error; whatever is not a `LinkError` is our own fault and says so.
    static func response(_ error: any Error) -> Response {
        guard let error = error as? LinkError else {
            let reason = error is CancellationError ? "the instance is stopping" : "\(error)"
            return response(LinkError(.databaseUnavailable, reason), .serviceUnavailable)
        }
        return response(error, status(of: error.code))
    }

    /// The answer for an error with a status.
    static func response(_ error: LinkError, _ status: HTTPResponse.Status) -> Response {
        let problem = Problem(
            status: status.code, title: error.code.rawValue, detail: error.message,
            code: error.code, message: error.message, sqlState: error.sqlState, table: error.table)
        var response = Response.json(problem, status: status)
        response.headers[.contentType] = "application/problem+json"
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        return response
    }
}

extension Response {
    /// An answer of JSON.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Encoding our own plain values fails only for infinite numbers; there are none.
        let data = (try? encoder.encode(value)) ?? Data("{}".utf8)
        return .bytes(data, type: "application/json", status: status)
    }

    /// An answer of bytes.
    static func bytes(
        _ bytes: some Sequence<UInt8>, type: String, status: HTTPResponse.Status = .ok
    ) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
