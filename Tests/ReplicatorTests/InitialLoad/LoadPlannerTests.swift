import Replicator
import Testing

@Suite struct LoadPlannerTests {
    @Test(arguments: [
        (130_000, Int64(1) << 30, [UInt32(23)], LoadPlanner.Method.keys),
        (140_000, Int64(1) << 30, [UInt32(23)], .pages),
        (140_000, Int64(1) << 20, [UInt32(23)], .whole),
        (90_600, Int64(1) << 30, [UInt32(23), 70_000], .whole),
    ])
    func `tables are cut by what the server can`(
        version: Int, bytes: Int64, keyTypes: [UInt32], expected: LoadPlanner.Method
    ) {
        let size = LoadPlanner.Size(relation: 1, pages: bytes / 8192, bytes: bytes, rows: 0)
        #expect(.choose(serverVersion: version, size: size, keyTypes: keyTypes) == expected)
    }

    @Test func `chunks of pages cover every page once, and the last is open`() {
        let size = LoadPlanner.Size(
            relation: 7, pages: 10, bytes: 3 * LoadPlanner.chunkBytes, rows: 1)
        let chunks = LoadPlanner.pageChunks(size)
        #expect(
            chunks.map(\.condition) == [
                "ctid < '(3,0)'::pg_catalog.tid",
                "ctid >= '(3,0)'::pg_catalog.tid AND ctid < '(6,0)'::pg_catalog.tid",
                "ctid >= '(6,0)'::pg_catalog.tid AND ctid < '(9,0)'::pg_catalog.tid",
                "ctid >= '(9,0)'::pg_catalog.tid",
            ])
        #expect(chunks.allSatisfy { $0.relation == 7 && $0.estimatedBytes > 0 })
    }

    @Test func `chunks of keys meet without a gap`() {
        let walk = KeyWalk(
            from: "ONLY \"s\".\"t\"",
            key: [.init(name: "a", type: "integer"), .init(name: "b", type: "text")])
        #expect(walk.condition(after: nil, upTo: nil) == nil)
        let end = "ROW('1'::integer, 'o''x'::text)"
        #expect(
            walk.condition(after: nil, upTo: ["1", "o'x"]) == "ROW(\"a\", \"b\") <= \(end)")
        #expect(
            walk.condition(after: ["1", "o'x"], upTo: nil) == "ROW(\"a\", \"b\") > \(end)")
        #expect(walk.end(after: nil, rows: 10).hasSuffix("ORDER BY \"a\", \"b\" OFFSET 9 LIMIT 1"))
    }

    @Test func `progress is a line of any width`() {
        var progress = LoadProgress()
        progress.totalChunks = 4
        progress.doneChunks = 1
        progress.totalBytes = 4_000_000
        progress.doneBytes = 1_000_000
        progress.rows = 1_234_567
        progress.sentBytes = 1_500_000
        progress.elapsed = .seconds(10)
        let plain = "25 %  1/4 chunks  1,234,567 rows  1.5 MB  150.0 kB/s  30s left"
        #expect(ProgressBar.render(progress, width: nil) == plain)
        #expect(ProgressBar.render(progress, width: 100).hasPrefix("[#####"))
        for width in 0...200 {
            #expect(ProgressBar.render(progress, width: width).count <= width)
        }
    }
}
