import TestSupport
import Testing

@Suite struct SupportTests {
    @Test func `a throw-away server answers`() throws {
        let cluster = try PostgresCluster.shared()
        let database = try cluster.createDatabase()
        #expect(try cluster.psql("SELECT 1 + 1", database: database) == "2")
    }
}
