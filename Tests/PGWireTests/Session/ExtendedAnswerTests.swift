import Testing

@testable import PGWire

struct ExtendedAnswerTests {
    private let error = BackendMessage.errorResponse(
        PGServerError(fields: [83: "ERROR", 67: "23505", 77: "no"]))
    private let column = PGColumn(name: "a", typeOID: 23)

    private func answer(
        _ build: (inout ExtendedRequest) throws -> Void
    ) rethrows -> ExtendedAnswer {
        var request = ExtendedRequest()
        try build(&request)
        return ExtendedAnswer(request)
    }

    private func codes(_ answer: ExtendedAnswer) throws -> [String] {
        var answer = answer
        return try answer.takeOutcome().get().map {
            switch $0 {
            case .executed(let result): result.commandTag
            case .prepared: "prepared"
            case .closed: "closed"
            case .failed(let error): error.code.rawValue
            }
        }
    }

    @Test func `what is refused before it runs is told from what fails while it runs`() throws {
        for (messages, ranNothing) in [
            ([error], true), ([.bindComplete, error], false),
            ([.bindComplete, .commandComplete("CALL"), error], false),
        ] as [([BackendMessage], Bool)] {
            var answer = try answer { request in
                try request.execute(name: "s", parameters: [], columns: [])
                request.sync()
            }
            for message in messages + [.readyForQuery(.idle)] { _ = try answer.receive(message) }
            #expect(answer.ranNothing == ranNothing)
        }
    }

    @Test func `a failure skips to the next Sync and no further`() throws {
        var answer = try answer { request in
            for _ in 0..<3 { try request.execute(name: "s", parameters: [], columns: []) }
            request.sync()
            try request.execute(name: "s", parameters: [], columns: [])
            request.sync()
            request.isPipeline = true
        }
        for message: BackendMessage in [
            .bindComplete, .commandComplete("INSERT 0 1"), .bindComplete, error,
            .readyForQuery(.idle), .bindComplete, .commandComplete("INSERT 0 2"),
        ] {
            _ = try answer.receive(message)
        }
        guard case .finished = try answer.receive(.readyForQuery(.idle)) else {
            Issue.record("not finished")
            return
        }
        #expect(
            try codes(answer) == ["INSERT 0 1", "server", "pipelineAborted", "INSERT 0 2"])
    }

    @Test func `a commit that fails takes the group's last success back`() throws {
        var answer = try answer { request in
            try request.execute(name: "s", parameters: [], columns: [])
            request.sync()
            request.isPipeline = true
        }
        for message: BackendMessage in [
            .bindComplete, .commandComplete("INSERT 0 1"), error, .readyForQuery(.idle),
        ] {
            _ = try answer.receive(message)
        }
        #expect(try codes(answer) == ["server"])
    }

    @Test func `each message must answer its step`() throws {
        let messages: [BackendMessage] = [
            .parseComplete, .bindComplete, .closeComplete, .noData, .commandComplete("X"),
            .rowDescription([column]), .parameterDescription([]), .emptyQueryResponse,
            .portalSuspended, .dataRows(RowBlock(fields: [[1]])), .copyDone, .readyForQuery(.idle),
        ]
        // At each point of a right answer, only one message (or its kin) may come.
        let right: [BackendMessage] = [
            .closeComplete, .parseComplete, .parameterDescription([23]), .rowDescription([column]),
            .parseComplete, .bindComplete, .rowDescription([column]), .commandComplete("X"),
            .readyForQuery(.idle),
        ]
        let kin = [1, 1, 1, 2, 1, 1, 2, 3, 1]
        for point in right.indices {
            var taken = 0
            for message in messages {
                var answer = try answer { request in
                    try request.close(name: "x")
                    try request.prepare(name: "y", sql: "z")
                    try request.execute(sql: "z", parameters: [])
                    request.sync()
                }
                for message in right[..<point] { _ = try answer.receive(message) }
                if (try? answer.receive(message)) != nil { taken += 1 }
            }
            #expect(taken == kin[point], "at \(point)")
        }
    }

    @Test func `a portal is suspended, goes on and is left`() throws {
        var session = Session(login: Login(user: "u", password: nil, nonce: "n"))
        _ = session.receive(.authentication(.ok))
        _ = session.receive(.readyForQuery(.idle))
        var request = ExtendedRequest()
        try request.execute(name: "s", parameters: [], columns: [column], limit: 1)
        request.delivery = .portal(1)
        request.flushBeforeSync()
        _ = try session.start(.extended(request))
        #expect(session.fetch(1).isEmpty)
        _ = session.receive(.bindComplete)
        _ = session.receive(.dataRows(RowBlock(fields: [[49]])))
        #expect(session.receive(.portalSuspended).count == 1)
        #expect(session.endsByItself)
        #expect(session.fetch(1).first == UInt8(ascii: "E"))
        _ = session.receive(.dataRows(RowBlock(fields: [[49]])))
        _ = session.receive(.portalSuspended)
        #expect(session.discard() == [UInt8(ascii: "S"), 0, 0, 0, 4])
        var finished = false
        for case .finished(.success) in session.receive(.readyForQuery(.idle)) { finished = true }
        #expect(finished)
    }
}
