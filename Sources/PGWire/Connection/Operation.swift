/// One request on its way through a connection.
final class Operation: @unchecked Sendable {  // Safety:
    // Touched on the connection's loop alone; by its caller before it is handed to the connection, and
    // again once it is settled, when nothing changes it any more.

    /// Tells this request from those before and after it; 0 until it is sent.
    var id = 0
    /// Answered when a stream or a COPY begins, or the request ends without; nil for other requests.
    let opened: Promise<Void>?
    /// Its turn ends with its answer; else its caller passes the turn.
    let endsTurn: Bool
    /// Why the caller no longer wants the answer.
    var interruption: PGError.Code?
    /// What the server answered, once it is ready for the next request.
    var outcome: Result<[StepOutcome], PGError>?
    /// Cancel requests whose sockets have not ended: a request is not over before they have, or the
    /// signal could hit the next one.
    var cancelsInFlight = 0
    /// The caller's time limit, and then the limit for the end of a cancelled statement.
    var timer: PGEventLoop.Timer?
    /// The caller, once it waits.
    var waiter: UnsafeContinuation<Void, Never>?
    /// Whether no transaction was open when it was sent.
    var beganIdle = false
    /// Whether none was when it was answered.
    var endedIdle = false
    /// Whether the server refused it before it ran.
    var ranNothing = false

    // For those who watch; nil where nobody does.
    /// When it was sent.
    var began: ContinuousClock.Instant?
    /// What it is about.
    var text = ""
    /// Rows that were handed out already.
    var streamedRows = 0

    // COPY OUT, and streams of rows
    /// Received and not yet taken; nil for other requests.
    let pipe: StreamPipe?
    /// The columns of a stream.
    var columns: [PGColumn] = []
    /// How many rows are asked for at a time; 0 for all.
    var fetchSize: Int32 = 0
    /// The rows that were asked for have come; there are more.
    var isSuspended = false

    // COPY IN
    /// Why the server gave the COPY up.
    var copyFailure: PGError?
    /// Small writes, joined; nil for other requests.
    let outgoing: CopyBuffer?
    /// The caller of `write`, while too much waits to be sent.
    var drained: Promise<Void>?

    /// An operation that nothing has answered.
    init(streams: Bool = false, endsTurn: Bool = false) {
        opened = streams ? Promise<Void>() : nil
        pipe = streams ? StreamPipe() : nil
        outgoing = streams ? CopyBuffer() : nil
        self.endsTurn = endsTurn
    }

    /// Whether the answer is complete and no cancel request is under way.
    var isSettled: Bool { outcome != nil && cancelsInFlight == 0 }

    /// The answer as the caller should see it, once there is one.
    var result: Result<[StepOutcome], PGError>? {
        guard case .failure(let error) = outcome, let interruption else { return outcome }
        guard error.sqlState == .queryCanceled else { return outcome }
        let message =
            interruption == .timedOut
            ? "the statement took longer than its time limit and was cancelled"
            : "the task was cancelled, and its statement on the server too"
        return .failure(PGError(interruption, message, server: error.server))
    }

    /// The answer of a settled operation.
    ///
    /// - Throws: why it failed.
    func answer() throws(PGError) -> [StepOutcome] {
        guard let result else { throw .lost("it ended while an answer was due") }
        return try result.get()
    }

    /// Wakes everybody who waits, as soon as the operation is settled.
    func wakeIfSettled() {
        guard isSettled else { return }
        if let timer {
            timer.cancel()
            self.timer = nil
        }
        if let opened, let result { wakeStream(opened, result) }
        guard let waiter else { return }
        // Last: what is resumed may read all of this on another thread.
        self.waiter = nil
        waiter.resume()
    }

    /// Ends an operation that was not sent.
    func end(_ error: PGError) {
        outcome = .failure(error)
        wakeIfSettled()
    }

    private func wakeStream(_ opened: Promise<Void>, _ result: Result<[StepOutcome], PGError>) {
        switch result {
        case .success:
            opened.fulfil(.success(()))
            drained?.fulfil(.success(()))
            pipe?.end(nil)
        case .failure(let error):
            opened.fulfil(.failure(error))
            drained?.fulfil(.failure(error))
            pipe?.end(error)
            outgoing?.refuse(error)
        }
    }
}
