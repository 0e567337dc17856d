import Testing

@testable import PGWire

/// What waits between the loop and who takes it, without either.
struct StreamPipeTests {
    private func piece(_ size: Int) -> StreamPiece {
        .chunk(PGCopyChunk(bytes: [UInt8](repeating: 0, count: size), rowCount: 1))
    }

    @Test func `reading is paused once, and wanted again when half was taken`() throws {
        let pipe = StreamPipe()
        let quarter = Limits.copyOutHighWater / 4
        #expect((0..<4).map { _ in pipe.add(piece(quarter)) } == [false, false, false, false])
        #expect(pipe.add(piece(1)))
        #expect(!pipe.add(piece(1)))
        #expect(pipe.isPaused)
        var resumed: [Bool] = []
        for _ in 0..<6 {
            guard case .piece(_, let resumes) = try pipe.take().get() else {
                Issue.record("a piece is missing")
                return
            }
            resumed.append(resumes)
        }
        #expect(resumed == [false, false, true, false, false, false])
        #expect(!pipe.isPaused)
    }

    @Test func `pieces come before the end, and the end stays`() throws {
        for error in [nil, PGError(.connectionLost, "lost")] {
            let pipe = StreamPipe()
            _ = pipe.add(piece(1))
            pipe.end(error)
            pipe.end(PGError(.misuse, "a second end"))
            guard case .piece = try pipe.take().get() else {
                Issue.record("the piece is missing")
                return
            }
            for _ in 0..<2 {
                guard case .end(let told) = try pipe.take().get() else {
                    Issue.record("the end is missing")
                    return
                }
                #expect(told?.code == error?.code)
            }
        }
    }

    @Test func `one waits at a time, and is handed what comes`() async throws {
        let pipe = StreamPipe()
        guard case .wait(let promise) = try pipe.take().get() else {
            Issue.record("nothing to wait for")
            return
        }
        #expect(pipe.isAwaited)
        #expect(throws: PGError.self) { try pipe.take().get() }
        #expect(!pipe.add(piece(7)))
        #expect(!pipe.isAwaited)
        #expect(try await promise.wait()?.byteCount == 7)
    }

    @Test func `after the body nothing is kept, and taking is misuse`() throws {
        let pipe = StreamPipe()
        _ = pipe.add(piece(Limits.copyOutHighWater + 1))
        pipe.close()
        #expect(!pipe.isPaused)
        #expect(!pipe.add(piece(Limits.copyOutHighWater + 1)))
        let error = #expect(throws: PGError.self) { try pipe.take().get() }
        #expect(error?.code == .misuse)
    }
}
