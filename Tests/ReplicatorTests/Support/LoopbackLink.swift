package import Replicator
import Synchronization

/// A link that is a function call: the applier of another database in the same process.
///
/// Frames go through the bytes of the wire format, so that codec and limits take part.
package final class LoopbackLink: TargetLink {
    /// What goes wrong with the next request.
    package enum Fault: Sendable {
        /// Nothing.
        case none
        /// It is applied, and the answer does not arrive.
        case answerLost
        /// The connection is cut before the frame with this number, counted from 0.
        case cut(beforeFrame: Int)
        /// It is refused before anything is read.
        case refused(LinkError)
    }

    private let applier: Applier
    private struct State {
        var faults: [Fault] = []
        var requests: [BatchHeader] = []
        var frames = 0
        var rowBytes = 0
    }
    private let state = Mutex(State())

    /// A link to an applier.
    package init(_ applier: Applier) {
        self.applier = applier
    }

    /// Adds a fault; each request takes one, in this order.
    package func inject(_ faults: Fault...) {
        state.withLock { $0.faults += faults }
    }

    /// The headers of all requests so far, those of failed ones too.
    package var requests: [BatchHeader] { state.withLock { $0.requests } }
    /// How many bytes of rows were written to it.
    package var rowBytes: Int { state.withLock { $0.rowBytes } }

    package func state(of source: SourceIdentity, target: String) async throws -> TargetState {
        try await applier.state(of: source, target: target)
    }

    @discardableResult
    package func send(
        _ produce: @escaping @Sendable (any FrameSink) async throws -> Void
    ) async throws -> TargetState {
        let fault = state.withLock { $0.faults.isEmpty ? nil : $0.faults.removeFirst() }
        if case .refused(let error) = fault { throw error }
        let answer = try await deliver(produce, fault)
        if case .answerLost = fault {
            throw LinkError(.unreachable, "the answer was lost (injected)")
        }
        return answer
    }

    private func deliver(
        _ produce: @escaping @Sendable (any FrameSink) async throws -> Void, _ fault: Fault?
    ) async throws -> TargetState {
        enum Event: Sendable {
            case answer(Result<TargetState, any Error>)
            case produced((any Error)?)
        }
        let channel = ByteChannel()
        let sink = Sink(channel: channel, fault: fault) { self.note($0) }
        let applier = applier
        return try await withThrowingTaskGroup(of: Event.self) { group in
            group.addTask {
                do { return .answer(.success(try await applier.apply(channel))) } catch {
                    return .answer(.failure(error))
                }
            }
            group.addTask {
                do {
                    try await produce(sink)
                    channel.finish()
                    return .produced(nil)
                } catch {
                    channel.finish(error)
                    return .produced(error)
                }
            }
            var failure: (any Error)?
            while let event = try await group.next() {
                switch event {
                case .produced(let error): failure = error
                case .answer(let result):
                    channel.close()
                    group.cancelAll()
                    if let failure { throw failure }
                    return try result.get()
                }
            }
            throw LinkError(.unreachable, "no answer")
        }
    }

    private func note(_ frame: Frame) {
        state.withLock { state in
            state.frames += 1
            if case .header(let header) = frame { state.requests.append(header) }
            if case .rows(let bytes) = frame { state.rowBytes += bytes.count }
        }
    }

    private final class Sink: FrameSink {
        private let channel: ByteChannel
        private let fault: Fault?
        private let note: @Sendable (Frame) -> Void
        private let written = Mutex(0)

        init(channel: ByteChannel, fault: Fault?, note: @escaping @Sendable (Frame) -> Void) {
            self.channel = channel
            self.fault = fault
            self.note = note
        }

        func write(_ frame: Frame) async throws {
            let number = written.withLock { count in
                count += 1
                return count - 1
            }
            if case .cut(let before) = fault, number >= before {
                throw LinkError(.unreachable, "the connection was cut (injected)")
            }
            note(frame)
            try await channel.write(try FrameEncoder().encode(frame))
        }
    }
}
