/// What comes of the answer to an extended request: each message is held against the step it must
/// belong to.
struct ExtendedAnswer {
    /// What whoever drives the session must do.
    enum Event {
        /// Nothing.
        case none
        /// The rows of a stream begin.
        case opened([PGColumn])
        /// Rows of a stream.
        case rows(PGRowStorage)
        /// The limit of the portal is reached.
        case suspended
        /// The statement of a portal has ended: its Sync is due.
        case portalEnded
        /// Every step is answered.
        case finished
    }

    /// The part of a step that comes next.
    private enum Part { case parsed, parameters, described, bound, columns, running }

    private var steps: [ExtendedRequest.Step] = []
    private var delivery = ExtendedRequest.Delivery.collect
    private var isPipeline = false
    private var index = 0
    private var part = Part.parsed
    private var outcomes: [StepOutcome] = []

    // Of the step under way.
    private var columns: [PGColumn] = []
    private var rows: [PGRow] = []
    private var parameterTypes: [PGType] = []
    private var stepFailure: PGError?

    /// The first thing that went wrong.
    private(set) var failure: PGError?
    /// An error was reported; everything up to the next Sync is not run.
    private var isSkipping = false
    /// Whether what failed was refused before it ran.
    private(set) var ranNothing = false

    /// Waits for nothing.
    init() {}

    /// Waits for the answers to a request.
    init(_ request: ExtendedRequest) {
        expect(request)
    }

    /// Waits for the answers to a request; what came of the one before must be taken.
    ///
    /// Not a new value each time: assigning one costs more than the answer to a short statement.
    mutating func expect(_ request: ExtendedRequest) {
        steps = request.steps
        delivery = request.delivery
        isPipeline = request.isPipeline
        index = 0
        isSkipping = false
        ranNothing = false
        begin()
    }

    /// What the caller gets; nothing of it is kept.
    mutating func takeOutcome() -> Result<[StepOutcome], PGError> {
        let taken = outcomes
        outcomes = []
        steps = []
        index = 0
        guard let failure else { return .success(taken) }
        self.failure = nil
        return isPipeline ? .success(taken) : .failure(failure)
    }

    /// Notes that the step under way fails, though the server goes on with it.
    mutating func fail(_ error: PGError) {
        if failure == nil { failure = error }
        if stepFailure == nil { stepFailure = error }
        rows = []
    }

    // MARK: Messages

    /// Takes a message.
    ///
    /// - Throws: `protocolViolation` where it does not answer the step that is due.
    mutating func receive(_ message: BackendMessage) throws(PGError) -> Event {
        switch message {
        case .errorResponse(let error): return receiveError(PGError(server: error))
        case .readyForQuery: return try receiveReady()
        default: break
        }
        guard !isSkipping, index < steps.count else { throw .unexpected(message, stepName) }
        switch steps[index] {
        case .prepare: return try receiveInPrepare(message)
        case .execute(let execution): return try receiveInExecute(message, execution)
        case .close:
            guard case .closeComplete = message else { throw .unexpected(message, stepName) }
            end(.closed)
            return .none
        case .sync: throw .unexpected(message, stepName)
        }
    }

    private mutating func receiveInPrepare(_ message: BackendMessage) throws(PGError) -> Event {
        switch (part, message) {
        case (.parsed, .parseComplete): part = .parameters
        case (.parameters, .parameterDescription(let types)):
            parameterTypes = types.map(PGType.init(oid:))
            part = .described
        case (.described, .rowDescription(let columns)):
            end(.prepared(parameters: parameterTypes, columns: columns))
        case (.described, .noData): end(.prepared(parameters: parameterTypes, columns: []))
        default: throw .unexpected(message, stepName)
        }
        return .none
    }

    private mutating func receiveInExecute(
        _ message: BackendMessage, _ execution: ExtendedRequest.Execution
    ) throws(PGError) -> Event {
        switch (part, message) {
        case (.parsed, .parseComplete): part = .bound
        case (.bound, .bindComplete):
            guard let known = execution.columns else {
                part = .columns
                return .none
            }
            return open(known)
        case (.columns, .rowDescription(let columns)): return open(columns)
        case (.columns, .noData): return open([])
        case (.running, .dataRows(let block)): return try receiveRows(block)
        case (.running, .commandComplete(let tag)): return complete(tag)
        case (.running, .emptyQueryResponse): return complete("")
        case (.running, .portalSuspended):
            guard case .portal = delivery else { throw .unexpected(message, stepName) }
            return .suspended
        default: throw .unexpected(message, stepName)
        }
        return .none
    }

    private mutating func open(_ columns: [PGColumn]) -> Event {
        self.columns = columns
        part = .running
        return delivery == .collect ? .none : .opened(columns)
    }

    private mutating func receiveRows(_ block: RowBlock) throws(PGError) -> Event {
        guard block.columnCount == columns.count else {
            throw PGError(
                .protocolViolation,
                "a row of \(block.columnCount) values, \(columns.count) columns were described")
        }
        guard stepFailure == nil else { return .none }
        let storage = PGRowStorage(columns: columns, block: block)
        guard delivery == .collect else { return .rows(storage) }
        storage.appendRows(to: &rows)
        return .none
    }

    private mutating func complete(_ tag: String) -> Event {
        end(
            stepFailure.map { .failed($0) }
                ?? .executed(PGResult(columns: columns, rows: rows, commandTag: tag)))
        if case .portal = delivery { return .portalEnded }
        return .none
    }

    /// Ends a portal that was left before its end.
    mutating func abandonPortal() {
        if index < steps.count, case .execute = steps[index] {
            end(.executed(PGResult(columns: columns, rows: [], commandTag: "")))
        }
    }

    private mutating func receiveError(_ error: PGError) -> Event {
        if failure == nil {
            failure = error
            ranNothing = isBeforeExecution
        }
        // A second error before the Sync is answered (one may come with the Sync's own commit) is
        // told by the first.
        guard !isSkipping else { return .none }
        isSkipping = true
        var isFirst = true
        while index < steps.count {
            if case .sync = steps[index] { break }
            end(
                .failed(
                    isFirst
                        ? error
                        : PGError(
                            .pipelineAborted,
                            "not run: an earlier statement of the pipeline failed")))
            isFirst = false
        }
        if isFirst, isPipeline, let last = outcomes.indices.last {
            // What fails at the Sync is the commit of the group: none of it is there, the last
            // statement says so.
            outcomes[last] = .failed(error)
        }
        if case .portal = delivery { return .portalEnded }
        return .none
    }

    private mutating func receiveReady() throws(PGError) -> Event {
        guard index < steps.count, case .sync = steps[index] else {
            throw PGError(
                .protocolViolation, "ReadyForQuery came while \(stepName) was to be answered")
        }
        isSkipping = false
        index += 1
        begin()
        return index == steps.count ? .finished : .none
    }

    // MARK: Steps

    private mutating func end(_ outcome: StepOutcome) {
        outcomes.append(outcome)
        index += 1
        begin()
    }

    private mutating func begin() {
        if stepFailure != nil { stepFailure = nil }
        if !rows.isEmpty { rows = [] }
        if !columns.isEmpty { columns = [] }
        guard index < steps.count, case .execute(let execution) = steps[index] else {
            part = .parsed
            return
        }
        part = execution.parses ? .parsed : .bound
    }

    private var isBeforeExecution: Bool {
        guard index < steps.count, case .execute = steps[index] else { return false }
        switch part {
        case .parsed, .bound: return true
        case .parameters, .described, .columns, .running: return false
        }
    }

    private var stepName: String {
        guard index < steps.count else { return "nothing" }
        switch steps[index] {
        case .prepare: return "a Parse"
        case .execute: return "an Execute"
        case .close: return "a Close"
        case .sync: return "a Sync"
        }
    }
}
