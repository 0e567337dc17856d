import Foundation
import TestSupport

/// One `teleportd` process, started from the build that these tests belong to.
final class Daemon {
    /// The arguments after the program's name.
    let arguments: [String]
    private let log: String
    private let environment: [String: String]
    private(set) var process: pid_t = 0

    /// What the program printed, all incarnations together.
    var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
    /// The largest resident size any incarnation had, in KiB, as far as `sampleMemory` saw it.
    private(set) var peakMemoryKiB = 0

    init(_ arguments: [String], environment: [String: String] = [:], log: String) {
        self.arguments = arguments
        self.environment = environment
        self.log = log
    }

    deinit {
        if process > 0 { kill() }
    }

    /// The built binary: `TELEPORTD` where set, else beside the tests.
    static func binary() throws -> String {
        if let named = ProcessInfo.processInfo.environment["TELEPORTD"] { return named }
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appendingPathComponent(".build/debug/teleportd").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw ShellError(command: path, status: 127, errors: "build it first: swift build")
        }
        return path
    }

    func start() throws {
        let words = [try Self.binary()] + arguments
        var variables = ProcessInfo.processInfo.environment
        variables.merge(environment) { $1 }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var argv = words.map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, words[0], &actions, nil, &argv, &envp)
        guard status == 0 else {
            throw ShellError(
                command: words[0], status: status, errors: String(cString: strerror(status)))
        }
        process = pid
    }

    /// SIGKILL: no chance to tidy up.
    func kill() {
        sampleMemory()
        signal(SIGKILL)
        _ = waitForExit(seconds: 10)
    }

    func signal(_ number: Int32) {
        guard process > 0 else { return }
        Glibc.kill(process, number)
    }

    /// The exit code, or minus the signal; nil when it still runs after the time.
    func waitForExit(seconds: Double) -> Int32? {
        guard process > 0 else { return nil }
        let end = Date(timeIntervalSinceNow: seconds)
        repeat {
            var status: Int32 = 0
            if waitpid(process, &status, WNOHANG) == process {
                process = 0
                return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
            }
            usleep(10_000)
        } while Date() < end
        return nil
    }

    /// Reads VmHWM of the running process.
    func sampleMemory() {
        guard process > 0,
            let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kib = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
        else { return }
        peakMemoryKiB = max(peakMemoryKiB, kib)
    }

    /// Runs the program to its end; returns the exit code and what it printed.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], seconds: Double = 90
    )
        throws -> (code: Int32, output: String)
    {
        let log = "/tmp/teleport-run-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: log) }
        let daemon = Daemon(arguments, environment: environment, log: log)
        try daemon.start()
        guard let code = daemon.waitForExit(seconds: seconds) else {
            daemon.kill()
            return (-1, daemon.output + "\n[still running after \(seconds) s]")
        }
        return (code, daemon.output)
    }
}
