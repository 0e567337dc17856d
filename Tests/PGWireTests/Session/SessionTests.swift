import Testing

@testable import PGWire

struct SessionTests {
    private func loggedIn() -> Session {
        var session = Session(login: Login(user: "u", password: nil, nonce: "n"))
        _ = session.receive(.authentication(.ok))
        _ = session.receive(.parameterStatus(name: "server_version", value: "15.1"))
        _ = session.receive(.backendKeyData(CancelKey(processID: 1, secret: [1, 2, 3, 4])))
        _ = session.receive(.readyForQuery(.idle))
        return session
    }

    static func request() -> ExtendedRequest {
        var request = ExtendedRequest()
        try? request.execute(sql: "x", parameters: [])
        request.sync()
        return request
    }

    private func outcome(_ actions: [Session.Action]) -> Result<[StepOutcome], PGError>? {
        for case .finished(let outcome) in actions { return outcome }
        return nil
    }

    private func closing(_ actions: [Session.Action]) -> PGError? {
        for case .close(let error) in actions { return error }
        return nil
    }

    private let error = BackendMessage.errorResponse(
        PGServerError(fields: [83: "ERROR", 67: "42P01", 77: "no"]))
    private let fatal = BackendMessage.errorResponse(
        PGServerError(fields: [86: "FATAL", 67: "57P01", 77: "terminating"]))
    private let column = BackendMessage.rowDescription([
        PGColumn(name: "a", typeOID: 23, typeModifier: -1)
    ])

    @Test func `a login ends with the first ReadyForQuery`() {
        let session = loggedIn()
        #expect(session.isUsable)
        #expect(session.parameters["server_version"] == "15.1")
        #expect(session.cancelKey?.processID == 1)
    }

    @Test func `ReadyForQuery before AuthenticationOk is a violation`() {
        var session = Session(login: Login(user: "u", password: nil, nonce: "n"))
        #expect(closing(session.receive(.readyForQuery(.idle)))?.code == .protocolViolation)
        #expect(!session.isUsable)
    }

    @Test func `the first error decides and the rest is read`() throws {
        var session = loggedIn()
        _ = try session.start(.simple("x"))
        _ = session.receive(column)
        _ = session.receive(.dataRows(RowBlock(fields: [[49]])))
        _ = session.receive(.commandComplete("SELECT 1"))
        _ = session.receive(error)
        let failed = try #require(outcome(session.receive(.readyForQuery(.failed))))
        #expect(throws: PGError.self) { try failed.get() }
        #expect(session.transactionStatus == .failed)
        _ = try session.start(.simple("y"))
        _ = session.receive(.emptyQueryResponse)
        #expect(try outcome(session.receive(.readyForQuery(.idle)))?.get().count == 1)
    }

    @Test func `a second request waits for the answer to the first`() throws {
        var session = loggedIn()
        _ = try session.start(.simple("x"))
        let error = #expect(throws: PGError.self) { _ = try session.start(.simple("y")) }
        #expect(error?.code == .misuse)
    }

    @Test func `a fatal error ends the session with the server's reason`() throws {
        var session = loggedIn()
        #expect(closing(session.receive(fatal))?.code == .connectionLost)
        session = loggedIn()
        _ = try session.start(.simple("x"))
        let error = closing(session.receive(fatal))
        #expect(error?.sqlState == .adminShutdown)
        #expect(error?.isConnectionLost == true)
    }

    @Test func `a row that was not described is a violation`() throws {
        var session = loggedIn()
        _ = try session.start(.simple("x"))
        #expect(
            closing(session.receive(.dataRows(RowBlock(fields: [nil]))))?.code == .protocolViolation
        )
        session = loggedIn()
        _ = try session.start(.simple("x"))
        _ = session.receive(column)
        #expect(
            closing(session.receive(.dataRows(RowBlock(fields: [nil, nil]))))?.code
                == .protocolViolation)
    }

    @Test func `notices, notifications and settings come between copy data`() throws {
        var session = loggedIn()
        _ = try session.start(.copyOut("COPY t TO STDOUT"))
        _ = session.receive(.copyOutResponse)
        var chunks = 0
        for message in [
            BackendMessage.copyData([1], count: 1), .noticeResponse(PGServerError(fields: [:])),
            .notificationResponse(PGNotification(processID: 1, channel: "c", payload: "")),
            .parameterStatus(name: "a", value: "b"), .copyData([2], count: 1),
        ] {
            for case .copyChunk in session.receive(message) { chunks += 1 }
        }
        #expect(chunks == 2)
        #expect(session.parameters["a"] == "b")
        _ = session.receive(.copyDone)
        _ = session.receive(.commandComplete("COPY 2"))
        #expect(
            try outcome(session.receive(.readyForQuery(.idle)))?.get().first?.result?.affectedRows
                == 2)
    }

    @Test func `a COPY in a plain query is refused and the session stays`() throws {
        var session = loggedIn()
        _ = try session.start(.simple("COPY t FROM STDIN"))
        let actions = session.receive(.copyInResponse)
        guard case .send(let bytes)? = actions.first else {
            Issue.record("no CopyFail")
            return
        }
        #expect(bytes.first == UInt8(ascii: "f"))
        _ = session.receive(error)
        let result = try #require(outcome(session.receive(.readyForQuery(.idle))))
        #expect(throws: PGError.self) { try result.get() }
        #expect(session.isUsable)
        _ = try session.start(.simple("COPY t TO STDOUT"))
        _ = session.receive(.copyOutResponse)
        #expect(session.receive(.copyData([1], count: 1)).isEmpty)
        _ = session.receive(.copyDone)
        _ = session.receive(.commandComplete("COPY 1"))
        let second = try #require(outcome(session.receive(.readyForQuery(.idle))))
        #expect(throws: PGError.self) { try second.get() }
    }

    @Test func `a statement that is no COPY is refused by copyOut`() throws {
        var session = loggedIn()
        _ = try session.start(.copyOut("SELECT 1"))
        _ = session.receive(column)
        _ = session.receive(.commandComplete("SELECT 0"))
        let result = try #require(outcome(session.receive(.readyForQuery(.idle))))
        let error = #expect(throws: PGError.self) { try result.get() }
        #expect(error?.code == .misuse)
    }

    @Test func `a server error in a COPY IN is told at once`() throws {
        var session = loggedIn()
        _ = try session.start(.copyIn("COPY t FROM STDIN"))
        _ = session.receive(.copyInResponse)
        var told = false
        for case .copyInFailed in session.receive(error) { told = true }
        #expect(told)
        #expect(session.endCopyIn(failing: nil).isEmpty)
        #expect(outcome(session.receive(.readyForQuery(.idle))) != nil)
    }

    @Test func `every message in every state is taken or refused`() {
        let messages = Golden.messages.map(\.message) + [.copyData([1], count: 1)]
        for prepare in 0..<5 {
            for message in messages {
                var session = loggedIn()
                switch prepare {
                case 0: session = Session(login: Login(user: "u", password: "p", nonce: "n"))
                case 1: break
                case 2: _ = try? session.start(.extended(Self.request()))
                case 3:
                    _ = try? session.start(.copyOut("x"))
                    _ = session.receive(.copyOutResponse)
                default:
                    _ = try? session.start(.copyIn("x"))
                    _ = session.receive(.copyInResponse)
                }
                for next in messages.shuffled().prefix(5) + [message] { _ = session.receive(next) }
            }
        }
    }
}
