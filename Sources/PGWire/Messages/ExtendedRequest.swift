/// Messages of the extended query protocol that travel together, and what each must be answered by
/// (manual, 55.2.3).
///
/// From the Parse of an unnamed statement to its Execute nothing may come between: behind a pooler in
/// transaction mode, a Bind in a later batch can meet another server.
package struct ExtendedRequest: Sendable {
    /// What is asked, in the order of the answers.
    enum Step: Sendable {
        /// Parse and Describe of a statement.
        case prepare
        /// Bind and Execute of the unnamed portal.
        case execute(Execution)
        /// Close of a statement.
        case close
        /// Sync.
        case sync
    }

    /// What the answer to one execution holds.
    struct Execution: Sendable {
        /// A Parse comes first.
        var parses: Bool
        /// The columns, where they are known; else a Describe asks for them.
        var columns: [PGColumn]?
    }

    /// What becomes of the rows.
    package enum Delivery: Sendable, Equatable {
        /// They are collected.
        case collect
        /// They are handed out as they come; of one execution.
        case stream
        /// As `stream`, so many at a time.
        case portal(Int32)
    }

    /// The statement it is about, for those who watch.
    var text = ""
    /// The bytes of the messages.
    private(set) var buffer = PGValueBuffer()
    /// The answers that are due.
    private(set) var steps: [Step] = []
    /// What becomes of the rows.
    package var delivery = Delivery.collect
    /// Every step has an outcome of its own; else the first failure is the outcome of all.
    package var isPipeline = false

    /// Nothing yet.
    package init() {}

    /// The bytes of the messages.
    var bytes: [UInt8] { buffer.bytes }

    // MARK: Messages

    /// Parses a statement and asks for its parameters and columns.
    ///
    /// - Throws: `misuse` where the text holds a zero byte, or is too long.
    package mutating func prepare(name: String, sql: String) throws(PGError) {
        try parse(name, sql)
        try message("D") { message throws(PGError) in
            message.append(UInt8(ascii: "S"))
            try Self.append(zeroTerminated: name, to: &message)
        }
        steps.append(.prepare)
    }

    /// Binds and executes a statement.
    ///
    /// - Parameters:
    ///   - name: the name of the statement, empty for the unnamed one.
    ///   - sql: its text where it must be parsed first.
    ///   - parameters: the values.
    ///   - types: the types that the server expects; where they are not known, values that are text
    ///     in any case.
    ///   - columns: the columns of the result with the formats that are wanted; where they are not
    ///     known, text is asked for, and the columns.
    ///   - describes: the columns are asked for though they are known: they may be others by now.
    ///   - limit: how many rows, 0 for all.
    /// - Throws: `misuse` where a text holds a zero byte, or a count or a length does not fit;
    ///   `encodingFailed` where a value does not fit its type.
    package mutating func execute(
        name: String = "", sql: String? = nil, parameters: [any PGEncodable],
        types: [PGType]? = nil, columns: [PGColumn]? = nil, describes: Bool = false,
        limit: Int32 = 0
    ) throws(PGError) {
        if steps.isEmpty {
            // The commonest request is one execution and a Sync: it grows once.
            steps.reserveCapacity(2)
            buffer.bytes.reserveCapacity(128)
        }
        if let sql { try parse(name, sql, types ?? []) }
        try bind(name, parameters, types, columns)
        let known = describes ? nil : columns
        if known == nil {
            try message("D") { $0.append(bytes: [UInt8(ascii: "P"), 0]) }
        }
        appendExecute(limit)
        steps.append(.execute(Execution(parses: sql != nil, columns: known)))
    }

    /// Forgets a statement on the server.
    package mutating func close(name: String) throws(PGError) {
        try message("C") { message throws(PGError) in
            message.append(UInt8(ascii: "S"))
            try Self.append(zeroTerminated: name, to: &message)
        }
        steps.append(.close)
    }

    /// Forgets statements of ours before everything else.
    mutating func closeFirst(_ names: [String]) {
        var first = ExtendedRequest()
        // Our own names: they hold no zero byte, so they cannot fail.
        for name in names { try? first.close(name: name) }
        buffer.bytes = first.bytes + buffer.bytes
        steps = first.steps + steps
    }

    /// Ends a group: what fails in it does not touch the next one.
    package mutating func sync() {
        appendEmpty("S")
        steps.append(.sync)
    }

    /// Asks for what is there without ending the group; its Sync is sent later.
    package mutating func flushBeforeSync() {
        appendEmpty("H")
        steps.append(.sync)
    }

    /// More rows of the unnamed portal.
    static func fetch(_ limit: Int32) -> [UInt8] {
        var request = ExtendedRequest()
        request.appendExecute(limit)
        request.appendEmpty("H")
        return request.bytes
    }

    // MARK: Parts

    /// Without types the server infers those of all parameters.
    private mutating func parse(
        _ name: String, _ sql: String, _ types: [PGType] = []
    ) throws(PGError) {
        try message("P") { message throws(PGError) in
            try Self.append(zeroTerminated: name, to: &message)
            try Self.append(zeroTerminated: sql, to: &message)
            // `bind` throws where there are more.
            message.append(UInt16(truncatingIfNeeded: types.count))
            for type in types { message.append(type.rawValue) }
        }
    }

    private mutating func bind(
        _ name: String, _ parameters: [any PGEncodable], _ types: [PGType]?, _ columns: [PGColumn]?
    ) throws(PGError) {
        guard let count = UInt16(exactly: parameters.count) else {
            throw PGError(
                .misuse, "\(parameters.count) parameters; a statement takes \(Limits.parameters)")
        }
        if let types, types.count != parameters.count {
            throw PGError(
                .misuse,
                "the statement takes \(types.count) parameters and was given \(parameters.count)")
        }
        try message("B") { message throws(PGError) in
            message.append(UInt8(0))  // The unnamed portal.
            try Self.append(zeroTerminated: name, to: &message)
            message.append(count)
            for (index, parameter) in parameters.enumerated() {
                message.append(parameter.pgFormat(as: types?[index] ?? .unspecified).rawValue)
            }
            message.append(count)
            for (index, parameter) in parameters.enumerated() {
                guard !parameter.isPGNull else {
                    message.append(Int32(-1))
                    continue
                }
                do throws(PGError) {
                    try message.appendWithLength { value throws(PGError) in
                        try parameter.encode(into: &value, as: types?[index] ?? .unspecified)
                    }
                } catch {
                    throw PGError(error.code, "parameter $\(index + 1): \(error.message)")
                }
            }
            guard let columns, let format = columns.first?.format else {
                return message.append(UInt16(0))  // Every column is text.
            }
            if columns.allSatisfy({ $0.format == format }) {
                message.append(UInt16(1))
                message.append(format.rawValue)
            } else {
                message.append(UInt16(truncatingIfNeeded: columns.count))
                for column in columns { message.append(column.format.rawValue) }
            }
        }
    }

    private mutating func appendExecute(_ limit: Int32) {
        buffer.append(UInt8(ascii: "E"))
        buffer.append(Int32(9))
        buffer.append(UInt8(0))  // The unnamed portal.
        buffer.append(limit)
    }

    private mutating func appendEmpty(_ type: Unicode.Scalar) {
        buffer.append(UInt8(ascii: type))
        buffer.append(Int32(4))
    }

    private mutating func message(
        _ type: Unicode.Scalar, _ body: (inout PGValueBuffer) throws(PGError) -> Void
    ) throws(PGError) {
        buffer.append(UInt8(ascii: type))
        let start = buffer.count
        buffer.append(Int32(0))
        try body(&buffer)
        let length = buffer.count - start
        guard length <= Limits.message else {
            throw PGError(.misuse, "a message of \(length) bytes is longer than the server accepts")
        }
        buffer.bytes.put(length: UInt32(length), at: start)
    }

    private static func append(
        zeroTerminated text: String, to buffer: inout PGValueBuffer
    ) throws(PGError) {
        try buffer.bytes.append(zeroTerminated: text)
    }
}
