/// The payloads of server messages (manual, 55.7), one case a letter.
extension BackendMessage {
    /// Whether a first byte can begin a message.
    ///
    /// `d` and `D` are cut by the decoder itself.
    static func isKnown(type: UInt8) -> Bool {
        type < 128 && known[Int(type >> 6)] >> (type & 63) & 1 == 1
    }

    /// A bit for each letter: asked of every message.
    private static let known: [UInt64] = {
        var known: [UInt64] = [0, 0]
        for type in "RK23CdcGHWDIEvnNAtS1sZT".utf8 { known[Int(type >> 6)] |= 1 << (type & 63) }
        return known
    }()

    /// Decodes one payload; the caller checks that nothing is left.
    static func decode(
        type: UInt8, _ reader: inout ByteReader
    ) throws(PGError) -> BackendMessage {
        switch UnicodeScalar(type) {
        case "C": return .commandComplete(try reader.string())
        case "Z": return .readyForQuery(try transactionStatus(&reader))
        case "T": return .rowDescription(try columns(&reader))
        case "1": return .parseComplete
        case "2": return .bindComplete
        case "3": return .closeComplete
        case "n": return .noData
        case "I": return .emptyQueryResponse
        case "s": return .portalSuspended
        case "c": return .copyDone
        case "E": return .errorResponse(try fields(&reader))
        case "N": return .noticeResponse(try fields(&reader))
        case "S":
            return .parameterStatus(name: try reader.string(), value: try reader.string())
        case "A":
            return .notificationResponse(
                PGNotification(
                    processID: Int(try reader.integer(UInt32.self)),
                    channel: try reader.string(), payload: try reader.string()))
        case "R": return .authentication(try authentication(&reader))
        case "K": return .backendKeyData(try cancelKey(&reader))
        case "v": return try negotiation(&reader)
        case "t": return .parameterDescription(try parameterTypes(&reader))
        case "G":
            try copyFormats(&reader)
            return .copyInResponse
        case "H":
            try copyFormats(&reader)
            return .copyOutResponse
        case "W":
            try copyFormats(&reader)
            return .copyBothResponse
        default:
            throw PGError(.protocolViolation, "the server sent a message of unknown type \(type)")
        }
    }

    private static func transactionStatus(
        _ reader: inout ByteReader
    ) throws(PGError) -> PGTransactionStatus {
        let letter = try reader.integer(UInt8.self)
        guard let status = PGTransactionStatus(rawValue: letter) else {
            throw PGError(.protocolViolation, "an unknown transaction status \(letter)")
        }
        return status
    }

    private static func columns(_ reader: inout ByteReader) throws(PGError) -> [PGColumn] {
        let count = Int(try reader.integer(UInt16.self))
        var columns: [PGColumn] = []
        for _ in 0..<count {
            let name = try reader.string()
            let table = try reader.integer(UInt32.self)
            let number = try reader.integer(Int16.self)
            let type = try reader.integer(UInt32.self)
            let size = try reader.integer(Int16.self)
            let modifier = try reader.integer(Int32.self)
            let code = try reader.integer(Int16.self)
            guard let format = PGFormat(rawValue: code) else {
                throw PGError(.protocolViolation, "a column in an unknown format \(code)")
            }
            columns.append(
                PGColumn(
                    name: name, typeOID: type, typeModifier: modifier, tableOID: table,
                    tableColumn: number, typeSize: size, format: format))
        }
        return columns
    }

    private static func fields(_ reader: inout ByteReader) throws(PGError) -> PGServerError {
        var fields: [UInt8: String] = [:]
        while true {
            let letter = try reader.integer(UInt8.self)
            guard letter != 0 else { return PGServerError(fields: fields) }
            fields[letter] = try reader.string()
        }
    }

    private static func authentication(
        _ reader: inout ByteReader
    ) throws(PGError) -> AuthenticationRequest {
        let method = try reader.integer(UInt32.self)
        switch method {
        case 0: return .ok
        case 3: return .cleartextPassword
        case 5: return .md5Password(salt: try reader.array(4))
        case 10:
            var mechanisms: [String] = []
            while true {
                let name = try reader.string()
                guard !name.isEmpty else { return .sasl(mechanisms: mechanisms) }
                mechanisms.append(name)
            }
        case 11: return .saslContinue(reader.rest())
        case 12: return .saslFinal(reader.rest())
        default:
            _ = reader.rest()
            return .unsupported(method)
        }
    }

    private static func cancelKey(_ reader: inout ByteReader) throws(PGError) -> CancelKey {
        let process = try reader.integer(UInt32.self)
        let secret = reader.rest()
        guard Limits.cancelKey.contains(secret.count) else {
            throw PGError(.protocolViolation, "a cancel key of \(secret.count) bytes")
        }
        return CancelKey(processID: process, secret: secret)
    }

    private static func negotiation(_ reader: inout ByteReader) throws(PGError) -> BackendMessage {
        let version = try reader.integer(UInt32.self)
        let count = try reader.integer(UInt32.self)
        var unknown: [String] = []
        // Each name takes at least its zero byte, so a huge count ends at the payload's end.
        for _ in 0..<count { unknown.append(try reader.string()) }
        return .negotiateProtocolVersion(version, unknown: unknown)
    }

    private static func parameterTypes(_ reader: inout ByteReader) throws(PGError) -> [UInt32] {
        let count = try reader.integer(UInt16.self)
        var types: [UInt32] = []
        for _ in 0..<count { types.append(try reader.integer(UInt32.self)) }
        return types
    }

    /// The formats of a COPY: checked for their shape and not kept, the caller chose them in its SQL.
    private static func copyFormats(_ reader: inout ByteReader) throws(PGError) {
        _ = try reader.integer(UInt8.self)
        let count = try reader.integer(UInt16.self)
        for _ in 0..<count { _ = try reader.integer(UInt16.self) }
    }
}
