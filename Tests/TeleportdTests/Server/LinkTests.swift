import Foundation
import Replicator
import Synchronization
import Testing

@testable import teleportd

/// A number that several tasks look at.
private final class Counter: Sendable {
    private let number = Mutex(0)
    var value: Int { number.withLock { $0 } }
    func add(_ value: Int) { number.withLock { $0 += value } }
    func set(_ value: Int) { number.withLock { $0 = value } }
}

@Suite(.timeLimit(.minutes(2))) struct LinkTests {
    private static let header: Frame = {
        guard let snapshot = Snapshot("1:1:") else { preconditionFailure("a correct snapshot") }
        return .header(
            BatchHeader(
                kind: .batch, source: SourceIdentity(incarnation: "s", name: "n"), target: "t",
                to: snapshot))
    }()

    private static let table = Frame.tableStart(
        TableStart(
            table: TableName(schema: "s", name: "t"), columns: ["a"], keyColumns: ["a"],
            mode: .replace, truncate: false, overridesIdentity: false))

    /// Writes a whole request with so many frames of rows.
    private static func produce(
        _ sink: any FrameSink, rows: Int = 1, size: Int = 1000,
        written: @Sendable (Int) -> Void = { _ in }
    ) async throws {
        try await sink.write(header)
        try await sink.write(table)
        let bytes = [UInt8](repeating: 120, count: size)
        for number in 0..<rows {
            try await sink.write(.rows(bytes))
            written(number + 1)
        }
        try await sink.write(.tableEnd(rowCount: rows, checksum: 0))
        try await sink.write(.end(rowCount: rows))
    }

    private static func expect(
        _ code: LinkError.Code, _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            Issue.record("no error")
        } catch let error as LinkError {
            #expect(error.code == code, "\(error)")
        } catch {
            Issue.record("another error: \(error)")
        }
    }

    @Test func `frames arrive whole and the answer comes back`() async throws {
        let count = Mutex(0)
        let instance = FakeInstance { body in
            let frames = try await FakeInstance.readAll(body)
            count.withLock { $0 = frames }
            return FakeInstance.state
        }
        try await withLink(to: instance) { link in
            for _ in 0..<3 {
                let state = try await link.send { try await Self.produce($0) }
                #expect(state == FakeInstance.state)
            }
        }
        #expect(count.withLock { $0 } == 5)
    }

    @Test func `the state of a source is asked for with its names intact`() async throws {
        let asked = Mutex<[String]>([])
        var instance = FakeInstance { _ in FakeInstance.state }
        instance.answer = { source, target in
            asked.withLock { $0 = [source.incarnation, source.name, target] }
            return FakeInstance.state
        }
        let names = ["a-1", "näme & ü=1?", "ta rget/+%"]
        try await withLink(to: instance) { link in
            let source = SourceIdentity(incarnation: names[0], name: names[1])
            let state = try await link.state(of: source, target: names[2])
            #expect(state == FakeInstance.state)
        }
        #expect(asked.withLock { $0 } == names)
    }

    @Test(arguments: [
        LinkError.Code.wrongPosition, .busy, .schemaBehind, .database, .databaseUnavailable,
        .badRequest,
    ])
    func `a refusal travels with all its fields`(_ code: LinkError.Code) async throws {
        let refusal = LinkError(code, "because", sqlState: "42P01", table: "s.t")
        let instance = FakeInstance { body in
            _ = try await FakeInstance.readAll(body)
            throw refusal
        }
        try await withLink(to: instance) { link in
            await #expect(throws: refusal) { try await link.send { try await Self.produce($0) } }
        }
    }

    @Test func `an early refusal ends the producer`() async throws {
        let ended = Mutex(false)
        let instance = FakeInstance { body in
            for try await _ in body { throw LinkError(.wrongPosition, "no") }
            throw LinkError(.badRequest, "empty")
        }
        try await withLink(to: instance) { link in
            await Self.expect(.wrongPosition) {
                _ = try await link.send { sink in
                    defer { ended.withLock { $0 = true } }
                    // Without an end of its own: only the refusal ends it.
                    try await Self.produce(sink, rows: .max, size: 100_000)
                }
            }
        }
        #expect(ended.withLock { $0 })
    }

    @Test func `an answer before the end of the request is taken`() async throws {
        // A request that was applied before is answered without reading the rest.
        let instance = FakeInstance { body in
            for try await _ in body { break }
            return FakeInstance.state
        }
        try await withLink(to: instance) { link in
            for _ in 0..<2 {
                let state = try await link.send {
                    try await Self.produce($0, rows: 200, size: 100_000)
                }
                #expect(state == FakeInstance.state)
            }
        }
    }

    @Test func `many requests run side by side on one link`() async throws {
        let instance = FakeInstance { body in
            _ = try await FakeInstance.readAll(body)
            return FakeInstance.state
        }
        try await withLink(to: instance) { link in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        _ = try await link.send {
                            try await Self.produce($0, rows: 20, size: 100_000)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `too many batches at once are told to come again`() async throws {
        let (go, release) = AsyncStream.makeStream(of: Void.self)
        let inside = Counter()
        let gate = Gate(limit: 1)
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                let state = try? await gate.enter { () async throws -> Int in
                    inside.add(1)
                    for await _ in go { break }
                    return 1
                }
                return state != nil
            }
            while inside.value == 0 { await Task.yield() }
            #expect(await gate.enter { 2 } == nil)
            release.yield()
            for await entered in group { #expect(entered) }
            #expect(await gate.enter { 3 } == 3)
        }
    }

    @Test func `silence is noticed only while somebody waits`() async throws {
        let fired = Counter()
        let watch = SilenceWatch(limit: .milliseconds(80)) { fired.add(1) }
        let task = Task { await watch.run() }
        try await Task.sleep(for: .milliseconds(200))
        #expect(fired.value == 0)
        watch.begin()
        for _ in 0..<200 where fired.value == 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(fired.value == 1)
        #expect(watch.hasFired)
        task.cancel()
    }

    @Test func `a producer's error cuts the request and is thrown`() async throws {
        struct Broken: Error {}
        let outcome = Mutex<String>("none")
        let instance = FakeInstance { body in
            do {
                _ = try await FakeInstance.readAll(body)
                outcome.withLock { $0 = "whole" }
                return FakeInstance.state
            } catch {
                outcome.withLock { $0 = "cut" }
                throw error
            }
        }
        try await withLink(to: instance) { link in
            await #expect(throws: Broken.self) {
                try await link.send { sink in
                    try await sink.write(Self.header)
                    try await sink.write(Self.table)
                    try await sink.write(.rows([UInt8](repeating: 1, count: 1_000_000)))
                    throw Broken()
                }
            }
            // The instance notices the cut as soon as the connection is gone.
            for _ in 0..<100 where outcome.withLock({ $0 == "none" }) {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        #expect(outcome.withLock { $0 } == "cut")
    }

    @Test func `a wrong or missing token is unauthorized before a byte is read`() async throws {
        let instance = FakeInstance { _ in
            Issue.record("applied")
            return FakeInstance.state
        }
        for token in [nil, "wrong"] {
            try await withLink(to: instance, serverToken: "right", token: token) { link in
                await Self.expect(.unauthorized) {
                    _ = try await link.send { try await Self.produce($0, rows: 100, size: 100_000) }
                }
                await Self.expect(.unauthorized) {
                    let source = SourceIdentity(incarnation: "s", name: "n")
                    _ = try await link.state(of: source, target: "t")
                }
            }
        }
    }

    @Test func `nobody listening is unreachable`() async throws {
        let instance = FakeInstance { _ in FakeInstance.state }
        try await withLink(to: instance) { link in
            let elsewhere = HTTPTargetLink(
                client: link.client, hostname: "127.0.0.1", port: 1, token: nil)
            await Self.expect(.unreachable) {
                _ = try await elsewhere.send { try await Self.produce($0, rows: .max) }
            }
        }
    }

    @Test func `a slow target holds the producer back`() async throws {
        let written = Counter()
        let (go, release) = AsyncStream.makeStream(of: Void.self)
        let instance = FakeInstance { body in
            for await _ in go { break }
            _ = try await FakeInstance.readAll(body)
            return FakeInstance.state
        }
        try await withLink(to: instance) { link in
            async let state = link.send { sink in
                try await Self.produce(sink, rows: 600, size: 100_000) { count in
                    written.set(count)
                }
            }
            // Until nothing moves any more.
            var before = -1
            while before != written.value || before == 0 {
                before = written.value
                try await Task.sleep(for: .milliseconds(300))
            }
            // What the kernel may hold for a connection, and a few pieces.
            let kernel = try ["rmem", "wmem"].map { name in
                let text = try String(
                    contentsOfFile: "/proc/sys/net/ipv4/tcp_\(name)", encoding: .utf8)
                let largest = text.split(whereSeparator: \.isWhitespace).last
                return try #require(largest.flatMap { Int($0) })
            }.reduce(0, +)
            #expect(
                before * 100_000 < kernel + 8 * Limits.piece,
                "\(before) frames of 100 kB are on their way")
            release.yield()
            let answer = try await state
            #expect(answer == FakeInstance.state)
        }
        #expect(written.value == 600)
    }

    @Test func `a body of 300 MB leaves the memory small`() async throws {
        let instance = FakeInstance { body in
            _ = try await FakeInstance.readAll(body)
            return FakeInstance.state
        }
        let before = try Self.residentMegabytes()
        try await withLink(to: instance) { link in
            _ = try await link.send { try await Self.produce($0, rows: 3000, size: 100_000) }
        }
        let after = try Self.residentMegabytes()
        #expect(after - before < 80, "\(before) MB before, \(after) MB after")
    }

    private static func residentMegabytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        let kilobytes = try #require(line.split(separator: " ").compactMap { Int($0) }.first)
        return kilobytes / 1024
    }
}
