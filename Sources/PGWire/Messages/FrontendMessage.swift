/// What a client says (manual, 55.7), and its bytes.
package enum FrontendMessage: Sendable, Equatable {
    /// Opens a session: the protocol's version, then names and values.
    case startup(
        version: PGConfiguration.ProtocolVersion = .v3_0,
        parameters: [(name: String, value: String)])
    /// Asks whether the server speaks TLS.
    case sslRequest
    /// Asks the server to cancel what a process is doing; the only message of its connection.
    case cancelRequest(CancelKey)
    /// A password, plain or hashed.
    case password(String)
    /// The first message of a SASL exchange.
    case saslInitial(mechanism: String, data: [UInt8])
    /// A later message of a SASL exchange.
    case saslResponse([UInt8])
    /// One or several statements.
    case query(String)
    /// Ends a batch of extended-query messages; the others are `ExtendedRequest`'s.
    case sync
    /// All of a COPY IN has been sent.
    case copyDone
    /// A COPY IN cannot be completed.
    case copyFail(String)
    /// Ends the session.
    case terminate

    /// Whether two messages have the same bytes.
    package static func == (left: FrontendMessage, right: FrontendMessage) -> Bool {
        func bytes(_ message: FrontendMessage) -> [UInt8]? {
            var bytes: [UInt8] = []
            guard (try? message.encode(into: &bytes)) != nil else { return nil }
            return bytes
        }
        return bytes(left) == bytes(right)
    }

    /// The bytes of several messages.
    ///
    /// - Throws: `misuse` where a text holds a zero byte, or a count or a length does not fit.
    package static func encode(_ messages: FrontendMessage...) throws(PGError) -> [UInt8] {
        var bytes: [UInt8] = []
        for message in messages { try message.encode(into: &bytes) }
        return bytes
    }

    /// Appends the bytes of this message.
    package func encode(into bytes: inout [UInt8]) throws(PGError) {
        if let type { bytes.append(UInt8(ascii: type)) }
        let lengthOffset = bytes.count
        bytes.append(bigEndian: UInt32(0))
        try encodePayload(into: &bytes)
        let length = bytes.count - lengthOffset
        guard length <= Limits.message else {
            throw PGError(.misuse, "a message of \(length) bytes is longer than the server accepts")
        }
        bytes.put(length: UInt32(length), at: lengthOffset)
    }

    /// Appends bytes as CopyData messages.
    package static func appendCopyData(_ payload: [UInt8], to bytes: inout [UInt8]) {
        var rest = payload[...]
        while !rest.isEmpty {
            let part = rest.prefix(Limits.copyInMessage)
            bytes.append(UInt8(ascii: "d"))
            bytes.append(bigEndian: UInt32(part.count + 4))
            bytes.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
        }
    }

    private var type: UnicodeScalar? {
        switch self {
        case .startup, .sslRequest, .cancelRequest: nil
        case .password, .saslInitial, .saslResponse: "p"
        case .query: "Q"
        case .sync: "S"
        case .copyDone: "c"
        case .copyFail: "f"
        case .terminate: "X"
        }
    }

    private func encodePayload(into bytes: inout [UInt8]) throws(PGError) {
        switch self {
        case .startup(let version, let parameters):
            bytes.append(bigEndian: version.code)
            for (name, value) in parameters {
                try bytes.append(zeroTerminated: name)
                try bytes.append(zeroTerminated: value)
            }
            bytes.append(0)
        case .sslRequest:
            bytes.append(bigEndian: UInt32(80_877_103))
        case .cancelRequest(let key):
            bytes.append(bigEndian: UInt32(80_877_102))
            bytes.append(bigEndian: key.processID)
            bytes.append(contentsOf: key.secret)
        case .password(let text), .query(let text):
            try bytes.append(zeroTerminated: text)
        case .saslInitial(let mechanism, let data):
            try bytes.append(zeroTerminated: mechanism)
            bytes.append(bigEndian: Int32(data.count))
            bytes.append(contentsOf: data)
        case .saslResponse(let data):
            bytes.append(contentsOf: data)
        case .copyFail(let text):
            let cut = text.utf8.filter { $0 != 0 }.prefix(Limits.copyFailText)
            bytes.append(contentsOf: String(decoding: cut, as: UTF8.self).utf8)
            bytes.append(0)
        case .sync, .copyDone, .terminate:
            break
        }
    }

    /// The manual's names of the messages that follow the first one.
    static let names: [UInt8: String] = [
        UInt8(ascii: "p"): "PasswordMessage", UInt8(ascii: "Q"): "Query",
        UInt8(ascii: "P"): "Parse", UInt8(ascii: "B"): "Bind", UInt8(ascii: "D"): "Describe",
        UInt8(ascii: "E"): "Execute", UInt8(ascii: "C"): "Close", UInt8(ascii: "S"): "Sync",
        UInt8(ascii: "H"): "Flush", UInt8(ascii: "d"): "CopyData", UInt8(ascii: "c"): "CopyDone",
        UInt8(ascii: "f"): "CopyFail", UInt8(ascii: "X"): "Terminate",
    ]
}
