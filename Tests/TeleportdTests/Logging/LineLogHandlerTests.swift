import Foundation
import Logging
import Testing

@testable import teleportd

@Suite struct LineLogHandlerTests {
    private let time = Date(timeIntervalSince1970: 1_700_000_000.25)

    @Test func `an event is one line with its time in UTC and its metadata by name`() {
        let line = LineLogHandler.line(
            at: time, .info, "listening", ["port": "3000", "address": "a b", "empty": ""])
        #expect(
            line == "2023-11-14T22:13:20.250Z info listening address=\"a b\" empty=\"\" port=3000\n"
        )
    }

    @Test func `what a peer says cannot begin a line of its own`() {
        let line = LineLogHandler.line(
            at: time, .error, "failed\nagain", ["reason": "x\n2023 info fine\r\u{1B}[2J\"q\""])
        #expect(line.filter { $0 == "\n" }.count == 1)
        #expect(!line.contains("\u{1B}"))
        #expect(line.contains("failed\\nagain"))
        #expect(line.contains("\\\"q\\\""))
    }
}
