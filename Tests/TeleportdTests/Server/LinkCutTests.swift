import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import Replicator
import Synchronization
import TestSupport
import Testing

@testable import teleportd

/// A network that is cut at any moment of a request: whoever sends is told, soon, always.
@Suite(.timeLimit(.minutes(5))) struct LinkCutTests {
    private static let rounds =
        ProcessInfo.processInfo.environment["TELEPORT_CUTS"].flatMap { Int($0) } ?? 200

    @Test func `a request that is cut at any moment ends`() async throws {
        let state = try JSONEncoder().encode(FakeInstance.state)
        let answer =
            Array(
                "HTTP/1.1 200 OK\r\ncontent-length: \(state.count)\r\n\r\n".utf8) + state
        let server = try FakeServer { peer, _ in
            var time = timeval(tv_sec: 0, tv_usec: 50_000)
            setsockopt(
                peer.fd, SOL_SOCKET, SO_RCVTIMEO, &time,
                socklen_t(MemoryLayout<timeval>.size))
            // Some requests are answered first, so that a kept connection is cut, too.
            for _ in 0..<Int.random(in: 0...2) {
                var tail: [UInt8] = []
                while !tail.elementsEqual("0\r\n\r\n".utf8) {
                    guard let bytes = try? peer.readSome(), !bytes.isEmpty else { return }
                    tail = (tail + bytes).suffix(5)
                }
                try peer.write(answer)
            }
            // How far it reads, and how it ends.
            var left = Int.random(in: 0...600_000)
            while left > 0 {
                // What does not come soon ends it, too.
                guard let bytes = try? peer.readSome(min(left, 65_536)), !bytes.isEmpty else {
                    break
                }
                left -= bytes.count
            }
            if Bool.random() { usleep(UInt32.random(in: 0...3000)) }
            if Bool.random() { peer.resetAtEnd() } else { peer.endWriting() }
            if Bool.random() { usleep(UInt32.random(in: 0...3000)) }
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = HTTPClients.make(on: group)
        let link = HTTPTargetLink(
            client: client, hostname: "127.0.0.1", port: server.port, token: nil)
        let snapshot = try #require(Snapshot("1:1:"))
        for round in 0..<Self.rounds {
            let stage = Mutex("begun")
            let ended = Mutex(false)
            let task = Task {
                defer { ended.withLock { $0 = true } }
                return try await link.send { sink in
                    try await sink.write(
                        .header(
                            BatchHeader(
                                kind: .batch,
                                source: SourceIdentity(incarnation: "s", name: "n"), target: "t",
                                to: snapshot)))
                    let bytes = [UInt8](repeating: 120, count: Int.random(in: 100...20_000))
                    for number in 0..<Int.random(in: 0...100) {
                        stage.withLock { $0 = "writing \(number)" }
                        try await sink.write(.rows(bytes))
                        if Int.random(in: 0..<20) == 0 {
                            try await Task.sleep(for: .milliseconds(1))
                        }
                    }
                    stage.withLock { $0 = "written" }
                    try await sink.write(.end(rowCount: 0))
                }
            }
            // The longest that may pass: three questions that are not answered.
            let deadline = ContinuousClock.now + .seconds(60)
            while !ended.withLock({ $0 }), ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(1))
            }
            guard ended.withLock({ $0 }) else {
                Issue.record("round \(round) hangs, the body is \(stage.withLock { $0 })")
                task.cancel()
                break
            }
            switch await task.result {
            case .success(let answer): #expect(answer == FakeInstance.state)
            case .failure(let error): #expect(error is LinkError, "\(error)")
            }
        }
        try await client.shutdown()
        try await group.shutdownGracefully()
    }
}
