import Hummingbird
import HummingbirdCore
import NIOCore
import Replicator
import Synchronization

/// The body of a batch as pieces of bytes: nothing is read ahead of the applier but what the
/// connection's window holds.
///
/// A body that ends early, or is silent for too long while the applier waits for it, throws.
struct BatchBody: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    private let body: RequestBody
    private let watch: SilenceWatch

    /// Wraps a request's body.
    init(_ body: RequestBody, watch: SilenceWatch) {
        self.body = body
        self.watch = watch
    }

    /// Reads one piece after the other.
    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: RequestBody.AsyncIterator
        fileprivate let watch: SilenceWatch

        /// The next piece, never empty; nil at the end of the body.
        @concurrent mutating func next() async throws -> [UInt8]? {
            while true {
                watch.begin()
                defer { watch.end() }
                let buffer: ByteBuffer?
                do {
                    buffer = try await base.next()
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    throw LinkError(.badRequest, "the request was cut before its end")
                }
                if watch.hasFired {
                    throw LinkError(
                        .badRequest, "the request was silent for \(Limits.bodySilence)")
                }
                guard let buffer else { return nil }
                if buffer.readableBytes > 0 { return Array(buffer.readableBytesView) }
            }
        }
    }

    /// The body can be read once.
    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: body.makeAsyncIterator(), watch: watch)
    }
}

/// Notices that somebody waits for too long, and then does one thing.
final class SilenceWatch: Sendable {
    private struct State {
        var since: ContinuousClock.Instant?
        var fired = false
    }

    private let state = Mutex(State())
    private let limit: Duration
    private let action: @Sendable () -> Void

    /// A watch that runs `action` when a wait lasts longer than `limit`.
    init(limit: Duration, action: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.action = action
    }

    /// Whether the action was taken.
    var hasFired: Bool { state.withLock(\.fired) }

    /// A wait begins.
    func begin() { state.withLock { $0.since = .now } }

    /// The wait is over.
    func end() { state.withLock { $0.since = nil } }

    /// Looks at the clock until cancelled.
    func run() async {
        while (try? await Task.sleep(for: limit / 8)) != nil {
            let isTooLong = state.withLock { state in
                guard let since = state.since, since.duration(to: .now) > limit else {
                    return false
                }
                state.fired = true
                return true
            }
            if isTooLong { return action() }
        }
    }
}
