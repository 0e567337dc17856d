import ArgumentParser
import Foundation
import Replicator
import Testing

@testable import teleportd

@Suite struct PlanTextTests {
    private func preview(_ json: String) throws -> SchemaPreview {
        try JSONDecoder().decode(SchemaPreview.self, from: Data(json.utf8))
    }

    private static let empty =
        #"{"target": "eu", "phase": "replicating", "steps": [], "copied": [], "held": [], "notCarried": []}"#

    @Test func `nothing to do is said, and is exit code 0`() throws {
        let preview = try preview(Self.empty)
        #expect(PlanText.make(preview) == "-- target eu: nothing to do")
        #expect(PlanText.exitCode(preview) == .success)
    }

    @Test func `changes and held drops are 2, and what is not carried is 3`() throws {
        let copied = Self.empty.replacingOccurrences(
            of: #""copied": []"#, with: #""copied": ["public.t"]"#)
        #expect(PlanText.exitCode(try preview(copied)) == ExitCode(2))
        let held = Self.empty.replacingOccurrences(
            of: #""held": []"#, with: #""held": [{"kind": "table", "name": "public.t"}]"#)
        #expect(PlanText.exitCode(try preview(held)) == ExitCode(2))
        #expect(PlanText.make(try preview(held)).contains("1 held drop"))
        let missing = held.replacingOccurrences(
            of: #""notCarried": []"#,
            with: #""notCarried": [{"kind": "cast", "name": "a AS b", "reason": "no"}]"#)
        #expect(PlanText.exitCode(try preview(missing)) == ExitCode(3))
    }

    @Test func `a name with a line break stays within its comment`() throws {
        let json = Self.empty.replacingOccurrences(
            of: #""steps": []"#,
            with: """
                "steps": [{"stage": "batch", "summary": "drop table a\\nDROP TABLE b;", \
                "sql": "DROP TABLE c", "lock": "ACCESS EXCLUSIVE", "rewrites": false, \
                "losesData": true, "isAssumed": true}]
                """)
        let text = PlanText.make(try preview(json))
        let commands = text.split(separator: "\n").filter { !$0.hasPrefix("--") }
        #expect(commands == ["DROP TABLE c;"])
        #expect(text.contains("[ACCESS EXCLUSIVE (assumed), LOSES DATA]"))
    }
}
