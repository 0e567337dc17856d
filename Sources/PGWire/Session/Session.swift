/// One session with a server, as a value: requests and messages go in, actions come out.
///
/// It knows no socket, clock or randomness. One request is answered at a time; whoever drives it
/// starts the next only after `finished`.
package struct Session {
    private enum State {
        /// Logging in, up to the first ReadyForQuery.
        case login
        /// Nothing asked.
        case idle
        /// A request is being answered.
        case answering
        /// CopyData comes; `discarding` where nobody wants it.
        case copyOut(discarding: Bool)
        /// CopyData is expected by the server.
        case copyIn
        /// Over.
        case closed
    }

    private enum Kind { case simple, extended, copyOut, copyIn }

    private var state = State.login
    private var login: Login
    private var answer = Answer()
    private var kind = Kind.simple
    private var extended = ExtendedAnswer()
    private var copyWasOpened = false
    /// What streams is given up: rows and chunks are dropped, also those that are yet to begin.
    private var isUnwanted = false
    /// The Sync of a portal has not been sent.
    private var syncIsDue = false
    /// The server waits for `fetch`.
    private var isSuspended = false

    /// Where the session stands between transactions.
    package private(set) var transactionStatus = PGTransactionStatus.idle
    /// The settings that the server reported, latest values.
    package private(set) var parameters: [String: String] = [:]
    /// Whether the statement that failed last, of the extended protocol, was refused before it ran.
    package var ranNothing: Bool { kind == .extended && extended.ranNothing }
    /// What a CancelRequest must carry; nil where the server gave none.
    package private(set) var cancelKey: CancelKey?

    /// A session that begins with this login.
    package init(login: Login) { self.login = login }

    /// Whether the login is complete and the session is not over.
    package var isUsable: Bool {
        switch state {
        case .login, .closed: false
        case .idle, .answering, .copyOut, .copyIn: true
        }
    }

    /// Whether the data of a COPY OUT still come.
    package var isCopyingOut: Bool {
        switch state {
        case .copyOut: true
        case .login, .idle, .answering, .copyIn, .closed: false
        }
    }

    // MARK: Requests

    /// Begins a request; returns its bytes.
    ///
    /// - Throws: `misuse` where a request is being answered or the text cannot be sent; nothing has
    ///   changed then.
    package mutating func start(_ request: Request) throws(PGError) -> [UInt8] {
        switch state {
        case .idle: break
        case .login, .answering, .copyOut, .copyIn, .closed:
            throw PGError(.misuse, "a request while the session is \(stateName)")
        }
        let bytes: [UInt8]
        syncIsDue = false
        isSuspended = false
        switch request {
        case .simple(let sql):
            bytes = try FrontendMessage.encode(.query(sql))
            kind = .simple
        case .copyOut(let sql):
            bytes = try FrontendMessage.encode(.query(sql))
            kind = .copyOut
        case .copyIn(let sql):
            bytes = try FrontendMessage.encode(.query(sql))
            kind = .copyIn
        case .extended(let request):
            bytes = request.bytes
            extended.expect(request)
            kind = .extended
            if case .portal = request.delivery { syncIsDue = true }
        }
        state = .answering
        copyWasOpened = false
        isUnwanted = false
        return bytes
    }

    /// Drops the rest of what streams as it comes; a COPY that is yet to open is dropped, or failed,
    /// when it does: a server that waits for its data does not look at cancel requests.
    ///
    /// - Returns: bytes to send; with some, the server ends the request without a CancelRequest.
    package mutating func discard() -> [UInt8] {
        isUnwanted = true
        switch state {
        case .copyOut: state = .copyOut(discarding: true)
        case .answering where isSuspended: return endPortal()
        case .answering, .login, .idle, .copyIn, .closed: break
        }
        return []
    }

    /// Whether what streams ends with the rows that were asked for, once it is discarded.
    package var endsByItself: Bool { kind == .extended && syncIsDue }

    /// More rows of a portal; returns the bytes to send, none where it is over.
    package mutating func fetch(_ limit: Int32) -> [UInt8] {
        guard isSuspended else { return [] }
        isSuspended = false
        return ExtendedRequest.fetch(limit)
    }

    private mutating func endPortal() -> [UInt8] {
        isSuspended = false
        extended.abandonPortal()
        return sync()
    }

    private mutating func sync() -> [UInt8] {
        guard syncIsDue else { return [] }
        syncIsDue = false
        return bytes(.sync)
    }

    /// Ends a COPY IN, well or with a reason; returns the bytes to send, none where it is over.
    package mutating func endCopyIn(failing reason: String?) -> [UInt8] {
        switch state {
        case .copyIn: break
        case .login, .idle, .answering, .copyOut, .closed: return []
        }
        state = .answering
        return bytes(reason.map { .copyFail($0) } ?? .copyDone)
    }

    /// Goes on with the login.
    package mutating func keyDerived(_ key: Result<[UInt8], PGError>) -> [Action] {
        switch state {
        case .login: break
        case .idle, .answering, .copyOut, .copyIn, .closed: return []
        }
        do throws(PGError) {
            return actions(try login.keyDerived(key.get()))
        } catch {
            return close(error)
        }
    }

    // MARK: Messages

    /// Takes a message of the server.
    package mutating func receive(_ message: BackendMessage) -> [Action] {
        switch message {
        case .noticeResponse(let notice): return [.event(.notice(notice))]
        case .notificationResponse(let notification): return [.event(.notification(notification))]
        case .parameterStatus(let name, let value):
            guard parameters[name] != nil || parameters.count < Limits.reportedSettings else {
                return close(
                    PGError(
                        .protocolViolation,
                        "the server reports more than \(Limits.reportedSettings) settings"))
            }
            parameters[name] = value
            return [.event(.parameterStatus(name: name, value: value))]
        default: break
        }
        switch state {
        case .login: return receiveInLogin(message)
        case .idle: return receiveWhileIdle(message)
        case .answering:
            return kind == .extended ? receiveExtended(message) : receiveAnswer(message)
        case .copyOut(let discarding): return receiveInCopyOut(message, discarding: discarding)
        case .copyIn: return receiveInCopyIn(message)
        case .closed: return []
        }
    }

    private mutating func receiveInLogin(_ message: BackendMessage) -> [Action] {
        switch message {
        case .authentication(let request):
            do throws(PGError) {
                return actions(try login.receive(request))
            } catch {
                return close(error)
            }
        case .errorResponse(let error):
            let refused = error.sqlState.errorClass == "28"
            return close(PGError(refused ? .authenticationFailed : .server, server: error))
        case .negotiateProtocolVersion(let version, _):
            do throws(PGError) {
                try login.negotiated(version)
                return []
            } catch {
                return close(error)
            }
        case .backendKeyData(let key) where login.isDone:
            cancelKey = key
            return []
        case .readyForQuery(let status) where login.isDone:
            transactionStatus = status
            state = .idle
            return [.loggedIn]
        default: return close(.unexpected(message, stateName))
        }
    }

    private mutating func receiveWhileIdle(_ message: BackendMessage) -> [Action] {
        switch message {
        case .errorResponse(let error):
            // Without a request only the end of the session can be reported.
            return close(.lost(error.message, server: error))
        default: return close(.unexpected(message, stateName))
        }
    }

    private mutating func receiveAnswer(_ message: BackendMessage) -> [Action] {
        switch message {
        case .rowDescription(let columns): answer.describe(columns)
        case .dataRows(let block):
            do throws(PGError) {
                try answer.append(block)
            } catch {
                return close(error)
            }
        case .commandComplete(let tag): answer.complete(tag)
        case .emptyQueryResponse: answer.complete("")
        case .errorResponse(let error): return receiveError(error)
        case .readyForQuery(let status): return finish(status)
        case .copyOutResponse: return openCopyOut()
        case .copyInResponse: return openCopyIn()
        default: return close(.unexpected(message, stateName))
        }
        return []
    }

    private mutating func receiveExtended(_ message: BackendMessage) -> [Action] {
        switch message {
        case .errorResponse(let error) where error.endsSession:
            return close(extended.failure ?? PGError(server: error))
        case .readyForQuery(let status): transactionStatus = status
        case .copyOutResponse: return openCopyOut()
        case .copyInResponse: return openCopyIn()
        default: break
        }
        do throws(PGError) {
            switch try extended.receive(message) {
            case .none: return []
            case .opened(let columns): return isUnwanted ? [] : [.streamOpened(columns)]
            case .rows(let storage): return isUnwanted ? [] : [.rows(storage)]
            case .suspended:
                isSuspended = true
                return isUnwanted ? [.send(endPortal())] : [.suspended]
            case .portalEnded:
                isSuspended = false
                let bytes = sync()
                return bytes.isEmpty ? [] : [.send(bytes)]
            case .finished:
                state = .idle
                return [.finished(extended.takeOutcome())]
            }
        } catch {
            return close(error)
        }
    }

    private mutating func receiveInCopyOut(
        _ message: BackendMessage, discarding: Bool
    ) -> [Action] {
        switch message {
        case .copyData(let bytes, let count):
            return discarding ? [] : [.copyChunk(PGCopyChunk(bytes: bytes, rowCount: count))]
        case .copyDone:
            state = .answering
            return []
        case .errorResponse(let error):
            state = .answering
            return kind == .extended ? receiveExtended(message) : receiveError(error)
        default: return close(.unexpected(message, stateName))
        }
    }

    private mutating func receiveInCopyIn(_ message: BackendMessage) -> [Action] {
        switch message {
        case .errorResponse(let error):
            state = .answering
            return receiveError(error) + [.copyInFailed(PGError(server: error))]
        default: return close(.unexpected(message, stateName))
        }
    }

    private mutating func receiveError(_ error: PGServerError) -> [Action] {
        let failure = PGError(server: error)
        answer.fail(failure)
        // The server closes the connection right after; nothing more can be asked of it.
        return error.endsSession ? close(answer.failure ?? failure) : []
    }

    private mutating func openCopyOut() -> [Action] {
        guard kind == .copyOut else {
            let error = PGError(.misuse, "COPY … TO STDOUT goes through copyOut")
            if kind == .extended { extended.fail(error) } else { answer.fail(error) }
            state = .copyOut(discarding: true)
            return []
        }
        state = .copyOut(discarding: isUnwanted)
        copyWasOpened = true
        return [.copyOpened]
    }

    private mutating func openCopyIn() -> [Action] {
        switch kind {
        case .copyIn where !copyWasOpened:
            copyWasOpened = true
            if isUnwanted { return [.send(bytes(.copyFail("the task was cancelled")))] }
            state = .copyIn
            return [.copyOpened]
        case .simple, .copyOut, .copyIn:
            let error = PGError(.misuse, "COPY … FROM STDIN goes through copyIn, one at a time")
            answer.fail(error)
            return [.send(bytes(.copyFail(error.message)))]
        case .extended:
            // The Sync of the batch may or may not have been swallowed by the COPY, so it is not
            // known how many ReadyForQuery will come: the session cannot be brought back safely.
            return close(PGError(.misuse, "COPY … FROM STDIN goes through copyIn"))
        }
    }

    private mutating func finish(_ status: PGTransactionStatus) -> [Action] {
        transactionStatus = status
        state = .idle
        switch kind {
        case .copyOut, .copyIn:
            if !copyWasOpened {
                answer.fail(PGError(.misuse, "the statement is not a COPY in this direction"))
            }
        case .simple, .extended: break
        }
        defer { answer = Answer() }
        return [.finished(answer.outcome)]
    }

    // MARK: Parts

    private mutating func close(_ error: PGError) -> [Action] {
        state = .closed
        answer = Answer()
        return [.close(error)]
    }

    private func actions(_ step: Login.Step) -> [Action] {
        switch step {
        case .send(let bytes): [.send(bytes)]
        case .derive(let derivation): [.derive(derivation)]
        case .wait, .authenticated: []
        }
    }

    /// The bytes of a message that cannot fail to encode: it holds no caller's text but CopyFail's,
    /// which is cleaned.
    private func bytes(_ message: FrontendMessage) -> [UInt8] {
        (try? FrontendMessage.encode(message)) ?? []
    }

    private var stateName: String {
        switch state {
        case .login: "logging in"
        case .idle: "idle"
        case .answering: "answering a request"
        case .copyOut: "sending a COPY"
        case .copyIn: "taking a COPY"
        case .closed: "closed"
        }
    }
}
