import PGWire
import TestSupport
import Testing

/// The client against a server of each version that is here; scripts/servers fetches them.
@Suite(.timeLimit(.minutes(3)))
struct VersionTests {
    private func configuration(_ version: PostgresVersion) throws -> PGConfiguration {
        let cluster = try PostgresCluster.shared(version: version)
        var configuration = cluster.configuration(database: "postgres")
        configuration.sslMode = cluster.hasTLS ? .verifyFull : .disable
        configuration.sslRootCert = cluster.rootCertificate
        return configuration
    }

    // One test for each, so that a version that is not here counts as skipped.
    @Test(.enabled(if: PostgresVersion.v13.isHere, "not here: scripts/servers 13"))
    func `PostgreSQL 13 answers every kind of request`() async throws { try await answers(.v13) }
    @Test(.enabled(if: PostgresVersion.v14.isHere, "not here: scripts/servers 14"))
    func `PostgreSQL 14 answers every kind of request`() async throws { try await answers(.v14) }
    @Test(.enabled(if: PostgresVersion.v15.isHere, "not here: scripts/setup"))
    func `PostgreSQL 15 answers every kind of request`() async throws { try await answers(.v15) }
    @Test(.enabled(if: PostgresVersion.v16.isHere, "not here: scripts/servers 16"))
    func `PostgreSQL 16 answers every kind of request`() async throws { try await answers(.v16) }
    @Test(.enabled(if: PostgresVersion.v17.isHere, "not here: scripts/servers 17"))
    func `PostgreSQL 17 answers every kind of request`() async throws { try await answers(.v17) }
    @Test(.enabled(if: PostgresVersion.v18.isHere, "not here: scripts/servers 18"))
    func `PostgreSQL 18 answers every kind of request`() async throws { try await answers(.v18) }

    private func answers(_ version: PostgresVersion) async throws {
        let cluster = try PostgresCluster.shared(version: version)
        let all = try await EveryKind.over(configuration(version), of: cluster)
        #expect(all.connection.serverVersion / 10_000 == version.rawValue)
        #expect(await all.connection.isEncrypted == cluster.hasTLS)
        try await all.simple()
        try await all.extended()
        try await all.prepared()
        try await all.pipelined()
        try await all.streamed()
        try await all.copied()
        try await all.copyRefused()
        try await all.cancelled()
        try await all.transacted()
        try await all.notified()
        try await all.end()
    }

    /// 15 has all values, in `TypeLiveTests`.
    @Test(arguments: PostgresVersion.here.filter { $0 != .v15 })
    func `every type goes there and back on every version`(_ version: PostgresVersion)
        async throws
    {
        let lab = try await TypeLab.open(PostgresCluster.shared(version: version), ends: 25)
        let extensions = try await lab.query("SELECT name::text FROM pg_available_extensions")
            .decode(String.self)
        // A build without libxml has the type and no values.
        let hasXML = (try? await lab.query("SELECT 'x'::xml")) != nil
        var missing: Set<String> = []
        var values = 0
        for one in TypeCase.numbers + TypeCase.texts + TypeCase.times + TypeCase.networks
            + TypeCase.shapes + TypeCase.arrays + TypeCase.ranges
        {
            let isExtension = one.setup.contains { $0.hasSuffix(" \(one.name)") }
            if one.since.rawValue > version.rawValue
                || isExtension && !extensions.contains(one.name) || one.name == "xml" && !hasXML
            {
                missing.insert(one.name)
                continue
            }
            do {
                values += try await one.run(lab)
            } catch {
                Issue.record("\(version), \(one.testDescription): \(error)")
            }
        }
        // Values that came with 14 and 15, and what a build may lack.
        var mayBeMissing: Set<String> = ["citext", "hstore", "xml"]
        if version.rawValue < 15 { mayBeMissing.insert("interval") }
        if version.rawValue < 14 {
            mayBeMissing.formUnion([
                "numeric", "numrange", "int4multirange", "nummultirange", "tstzmultirange",
                "datemultirange",
            ])
        }
        #expect(missing.isSubset(of: mayBeMissing))
        #expect(values > 1000)
        await lab.connection.close()
    }

    @Test(arguments: PostgresVersion.here)
    func `protocol 3_2 is spoken with 18, and older servers bring it down`(
        _ version: PostgresVersion
    ) async throws {
        var configuration = try configuration(version)
        configuration.maxProtocolVersion = .v3_2
        let connection = try await PGConnection.connect(configuration)
        // The key of a cancel request is longer there.
        let error = await #expect(throws: PGError.self) {
            try await connection.query("SELECT pg_sleep(60)", timeout: .milliseconds(20))
        }
        #expect(error?.sqlState == .queryCanceled)
        #expect(try await connection.query("SELECT \(3)::int4")[0].decode(Int.self, 0) == 3)
        await connection.close()
        configuration.minProtocolVersion = .v3_2
        if version.rawValue >= 18 {
            let second = try await PGConnection.connect(configuration)
            #expect(try await second.query("SELECT 1").count == 1)
            await second.close()
        } else {
            let error = await #expect(throws: PGError.self) {
                _ = try await PGConnection.connect(configuration)
            }
            #expect(error?.code == .invalidConfiguration)
        }
    }

    @Test(
        arguments: PostgresVersion.here,
        [PGConfiguration.SSLMode.require, .verifyCA, .verifyFull])
    func `TLS begins at once with 17 and newer, where the build has TLS`(
        _ version: PostgresVersion, _ mode: PGConfiguration.SSLMode
    ) async throws {
        let cluster = try PostgresCluster.shared(version: version)
        var configuration = try configuration(version)
        configuration.sslMode = mode
        configuration.sslNegotiation = .direct
        guard cluster.hasTLS, version.rawValue >= 17 else {
            let error = await #expect(throws: PGError.self) {
                _ = try await PGConnection.connect(configuration)
            }
            #expect(error?.code == .tlsFailed || error?.isConnectionLost == true)
            return
        }
        let connection = try await PGConnection.connect(configuration)
        #expect(await connection.isEncrypted)
        // The cancel request comes in the same way.
        let error = await #expect(throws: PGError.self) {
            try await connection.query("SELECT pg_sleep(60)", timeout: .milliseconds(20))
        }
        #expect(error?.sqlState == .queryCanceled)
        await connection.close()
    }
}
