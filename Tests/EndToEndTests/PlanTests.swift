import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The commands `plan` and `consent` beside running daemons.
    @Suite struct Plan {
        private func plan(_ replication: Replication, _ more: [String] = []) throws -> (
            code: Int32, output: String
        ) {
            let run = try Daemon.run(
                ["plan", "-config", replication.sourceConfiguration, "--target", "my-target"]
                    + more, environment: replication.environment)
            return (run.code, run.output)
        }

        private func consent(_ replication: Replication, _ objects: [String]) throws -> (
            code: Int32, output: String
        ) {
            let run = try Daemon.run(
                ["consent", "-config", replication.sourceConfiguration, "--target", "my-target"]
                    + objects, environment: replication.environment)
            return (run.code, run.output)
        }

        @Test func `plan shows what is to come, and its exit code says whether there is anything`()
            throws
        {
            let replication = try Replication {
                $0.replacingOccurrences(
                    of: "apply_schema: \"test\"", with: "apply_schema: {public: test}")
            }
            try replication.write("CREATE TABLE a (id int PRIMARY KEY, n int, note text)")
            try replication.target.start()
            let first = try plan(replication)
            #expect(first.code == 2, "\(first.output)")
            #expect(first.output.contains("CREATE TABLE \"test\".\"a\""))
            #expect(first.output.contains("target my-target (empty)"))
            try replication.source.start()
            try replication.sync()
            let none = try plan(replication)
            #expect(none.code == 0, "\(none.output)")
            #expect(none.output.contains("nothing to do"))

            // With the source's daemon away nothing changes by itself.
            replication.source.kill()
            try replication.write("ALTER TABLE a DROP COLUMN note")
            let changes = try plan(replication)
            #expect(changes.code == 2)
            #expect(
                changes.output.contains(
                    """
                    -- drop column public.a.note [ACCESS EXCLUSIVE, LOSES DATA]
                    ALTER TABLE "test"."a" DROP COLUMN "note";
                    """), "\(changes.output)")
            let json = try plan(replication, ["--json"])
            let text = json.output[(json.output.firstIndex(of: "{") ?? json.output.startIndex)...]
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
            let steps = (object as? [String: Any])?["steps"] as? [[String: Any]]
            #expect(steps?.first?["lock"] as? String == "ACCESS EXCLUSIVE")
            #expect(steps?.first?["losesData"] as? Bool == true)
            #expect(
                try replication.read(
                    "SELECT count(*) FROM pg_attribute WHERE attrelid = 'test.a'::regclass AND attname = 'note'"
                ) == "1")

            try replication.write("CREATE TABLE keyless (v text)")
            #expect(try plan(replication).code == 3)
            replication.target.kill()
            #expect(try plan(replication).code == 1)
        }

        @Test func `a held drop is dropped when it is consented to by name`() throws {
            let replication = try Replication {
                $0.replacingOccurrences(
                    of: "apply_schema: \"test\"", with: "apply_schema: test\n    drops: hold")
            }
            try replication.write(
                "CREATE TABLE gone (id int PRIMARY KEY); CREATE TABLE a (id int PRIMARY KEY)")
            try replication.target.start()
            try replication.source.start()
            try replication.sync()
            try replication.write("INSERT INTO gone VALUES (1)")
            try replication.sync()
            try replication.write("DROP TABLE gone; INSERT INTO a VALUES (1)")
            try replication.sync()
            #expect(try replication.read("SELECT id FROM test.gone") == "1")
            let held = try plan(replication)
            #expect(held.code == 2 && held.output.contains("--   table public.gone"))
            #expect(try consent(replication, []).output.contains("held: table public.gone"))
            let unknown = try consent(replication, ["table public.other"])
            #expect(unknown.code == 1 && unknown.output.contains("not held: table public.other"))
            #expect(try consent(replication, ["table public.gone"]).code == 0)
            try replication.sync()
            #expect(try replication.read("SELECT to_regclass('test.gone') IS NULL") == "t")
            #expect(try plan(replication).code == 0)
        }
    }
}
