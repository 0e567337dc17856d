import Synchronization

/// What comes from a channel that is listened to.
public enum PGListenEvent: Sendable, Hashable {
    /// A message.
    case notification(PGNotification)
    /// So many messages were dropped, because they were not taken soon enough.
    case dropped(Int)
}

/// The messages of a channel, in the order they came.
///
/// Up to a bound they wait to be taken; then new ones are dropped, and counted.
public struct PGNotifications: AsyncSequence, Sendable {
    let queue: NotificationQueue

    /// Begins to take messages; there is one such iteration.
    public func makeAsyncIterator() -> Iterator { Iterator(queue: queue) }

    /// Takes one message after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let queue: NotificationQueue

        /// The next message; nil never.
        ///
        /// - Throws: `connectionLost`, `connectionClosed`, `cancelled`; `misuse` after the body.
        public mutating func next() async throws(PGError) -> PGListenEvent? {
            try await queue.next()
        }

        /// As `next()`; the actor does not matter.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(PGError) -> PGListenEvent? {
            try await queue.next()
        }
    }
}

/// Messages between the loop and whoever takes them.
final class NotificationQueue: Sendable {
    private struct State {
        var events: [PGNotification] = []
        var head = 0
        var dropped = 0
        var waiter: Promise<PGListenEvent>?
        var end: PGError?
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Keeps a message, or drops and counts it.
    func add(_ notification: PGNotification) {
        state.withLock { state in
            if let waiter = state.waiter {
                state.waiter = nil
                if waiter.fulfil(.success(.notification(notification))) { return }
            }
            if state.events.count - state.head < capacity, state.dropped == 0 {
                state.events.append(notification)
            } else {
                state.dropped += 1
            }
        }
    }

    /// Ends the sequence, after what was kept.
    func end(_ error: PGError) {
        state.withLock { state in
            if state.end == nil { state.end = error }
            state.waiter?.fulfil(.failure(error))
            state.waiter = nil
        }
    }

    /// The next one.
    func next() async throws(PGError) -> PGListenEvent {
        let (event, promise) = try take().get()
        if let event { return event }
        guard let promise else { throw PGError(.misuse, "two tasks read one channel") }
        do throws(PGError) {
            return try await promise.wait()
        } catch {
            state.withLock { if $0.waiter === promise { $0.waiter = nil } }
            throw error
        }
    }

    private func take() -> Result<(PGListenEvent?, Promise<PGListenEvent>?), PGError> {
        state.withLock { state in
            if state.head < state.events.count {
                let event = state.events[state.head]
                state.head += 1
                if state.head == state.events.count {
                    state.events.removeAll(keepingCapacity: true)
                    state.head = 0
                }
                return .success((.notification(event), nil))
            }
            if state.dropped > 0 {
                defer { state.dropped = 0 }
                return .success((.dropped(state.dropped), nil))
            }
            if let end = state.end { return .failure(end) }
            guard state.waiter == nil else { return .success((nil, nil)) }
            let promise = Promise<PGListenEvent>()
            state.waiter = promise
            return .success((nil, promise))
        }
    }
}

extension PGConnection {
    /// Listens to a channel while the body runs; the connection can be used meanwhile.
    ///
    /// ```swift
    /// try await connection.listen(to: "jobs") { events in
    ///     for try await event in events { … }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - channel: the name, taken exactly as it is.
    ///   - capacity: how many messages may wait to be taken; those after them are dropped, and
    ///     counted.
    ///   - body: takes the messages.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws; else as `execute`.
    public nonisolated func listen<R: Sendable>(
        to channel: String, capacity: Int = 1024, _ body: (PGNotifications) async throws -> R
    ) async throws -> R {
        let queue = NotificationQueue(capacity: capacity)
        try await addListener(queue, channel)
        do {
            let value = try await body(onCallersExecutor(PGNotifications(queue: queue)))
            await removeListener(queue, channel)
            return value
        } catch {
            await removeListener(queue, channel)
            throw error
        }
    }

    private func addListener(_ queue: NotificationQueue, _ channel: String) async throws(PGError) {
        // Before LISTEN: its answer and the first message may come together.
        listeners[channel, default: []].append(queue)
        do throws(PGError) {
            try await execute("LISTEN \(PGStatement.quoted(identifier: channel))")
        } catch {
            forget(queue, channel)
            throw error
        }
    }

    private func removeListener(_ queue: NotificationQueue, _ channel: String) async {
        forget(queue, channel)
        queue.end(PGError(.misuse, "the channel is not listened to any more"))
        guard listeners[channel] == nil, isOpen else { return }
        // Also for a task that was cancelled. Where it fails, messages come that nobody takes.
        await Task {
            _ = try? await execute(
                "UNLISTEN \(PGStatement.quoted(identifier: channel))", timeout: Limits.rollback)
        }.value
    }

    private func forget(_ queue: NotificationQueue, _ channel: String) {
        listeners[channel]?.removeAll { $0 === queue }
        if listeners[channel]?.isEmpty == true { listeners[channel] = nil }
    }

    func endListeners(_ error: PGError) {
        for queue in listeners.values.joined() { queue.end(error) }
        listeners = [:]
    }
}
