import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOPosix
import Replicator
import Synchronization

/// One initial load from the command line, with its progress on standard error.
enum InitialLoadRun {
    /// Loads a target, or goes on with a load that was interrupted.
    ///
    /// A signal ends the process at once: what is committed stays, and another run goes on from there.
    static func run(
        _ configuration: DaemonConfiguration, target: InstanceConfiguration.Target, logger: Logger
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = HTTPClients.make(on: group)
        let reporter = ProgressReporter(isTerminal: Terminal.errorIsTerminal)
        let result: Result<LoadSummary, any Error>
        do {
            let summary = try await InitialLoader.run(
                configuration.instance, target: target,
                link: Engine.link(target, configuration, client), log: logger,
                progress: { reporter.show($0) })
            result = .success(summary)
        } catch {
            result = .failure(error)
        }
        reporter.end()
        try? await client.shutdown()
        try? await group.shutdownGracefully()
        Terminal.say(text(try result.get(), target: target.name))
    }

    /// What was done, for people.
    static func text(_ summary: LoadSummary, target: String) -> String {
        if summary.alreadyAt != nil {
            return "\(target) is loaded already; there was nothing to do"
        }
        let missing = summary.notCarried.map { "\nnot carried: \($0)" }.joined()
        return ProgressBar.render(summary) + missing + "\n\(target) is loaded"
    }
}

/// Shows progress: a bar that moves on a terminal, and a line every few seconds elsewhere.
final class ProgressReporter: Sendable {
    private let isTerminal: Bool
    private let interval: Duration
    private let shownAt = Mutex<ContinuousClock.Instant?>(nil)

    /// A reporter for standard error.
    init(isTerminal: Bool) {
        self.isTerminal = isTerminal
        interval = isTerminal ? .milliseconds(200) : .seconds(5)
    }

    /// Shows how far it is, unless it was shown a moment ago.
    func show(_ progress: LoadProgress) {
        let isTime = shownAt.withLock { last in
            if let last, last.duration(to: .now) < interval { return false }
            last = .now
            return true
        }
        guard isTime || progress.doneChunks == progress.totalChunks else { return }
        let line = ProgressBar.render(progress, width: isTerminal ? Self.width() : nil)
        // On a terminal the line is written over the one before, and its rest is cleared.
        write(isTerminal ? "\r\(line)\u{1B}[K" : line + "\n")
    }

    /// Leaves the bar's line.
    func end() {
        if isTerminal, shownAt.withLock({ $0 }) != nil { write("\n") }
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }

    /// The terminal's columns; 80 where it does not say.
    private static func width() -> Int {
        var size = winsize()
        let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }
}
