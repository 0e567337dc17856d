import Testing

@testable import PGWire

/// What psql cannot show: the other options, errors, limits, and strings that nobody wrote.
struct ConnectionStringTests {
    static let environment = PGEnvironment(
        userName: "me", home: "/me", socketDirectory: "/run/pg")

    private func read(
        _ string: String, _ variables: [String: String] = [:]
    ) throws -> PGConfiguration {
        var environment = Self.environment
        environment.variables = variables
        return try PGConfiguration(string, environment: environment)
    }

    private func refusal(_ string: String, _ variables: [String: String] = [:]) -> String {
        do throws(PGError) {
            var environment = Self.environment
            environment.variables = variables
            _ = try PGConfiguration(string, environment: environment)
            return "accepted"
        } catch {
            return error.code == .invalidConfiguration ? error.message : "\(error.code)"
        }
    }

    @Test func `an empty string is the local server, as the user, with safe defaults`() throws {
        let configuration = try read("")
        #expect(configuration.endpoint == .unix(directory: "/run/pg", port: 5432))
        #expect(configuration.user == "me")
        #expect(configuration.database == "me")
        #expect(configuration.password == nil)
        #expect(configuration.sslMode == .prefer)
        #expect(configuration.connectTimeout == .seconds(10))
        #expect(configuration.keepAlives)
        #expect(configuration.channelBinding == .prefer)
        #expect(configuration.minProtocolVersion == .v3_0)
        #expect(configuration.maxProtocolVersion == .v3_0)
        #expect(configuration.sslMinProtocolVersion == .tls1_2)
        #expect(configuration.startup.map(\.name) == ["user", "database", "client_encoding"])
        #expect(configuration.warnings == [])
    }

    @Test func `every option has its field`() throws {
        let configuration = try read(
            """
            host=db hostaddr=127.0.0.5 port=6000 user=u dbname=d password=p passfile=/p
            sslmode=verify-full sslnegotiation=direct sslrootcert=/ca sslcert=/c sslkey=/k
            sslpassword=sp sslcrl=/crl sslcrldir=/crls sslsni=0 sslcertmode=allow
            ssl_min_protocol_version=TLSv1.1 ssl_max_protocol_version=TLSv1.3
            channel_binding=require require_auth=scram-sha-256,none connect_timeout=7
            keepalives=0 keepalives_idle=11 keepalives_interval=12 keepalives_count=13
            tcp_user_timeout=1400 application_name=a fallback_application_name=f
            client_encoding=SQL_ASCII options='-c geqo=off' replication=database
            target_session_attrs=prefer-standby load_balance_hosts=random requirepeer=postgres
            min_protocol_version=3.0 max_protocol_version=latest gssencmode=prefer gssdelegation=1
            """)
        #expect(configuration.hosts == [.init(.tcp(host: "db", port: 6000), address: "127.0.0.5")])
        #expect(configuration.dialled == .tcp(host: "127.0.0.5", port: 6000))
        #expect((configuration.user, configuration.database) == ("u", "d"))
        #expect(configuration.password == "p")
        #expect(configuration.passwordFile == "/p")
        #expect(configuration.sslMode == .verifyFull)
        #expect(configuration.sslNegotiation == .direct)
        #expect(configuration.sslRootCert == "/ca")
        #expect(configuration.sslCert == "/c")
        #expect(configuration.sslKey == "/k")
        #expect(configuration.sslPassword == "sp")
        #expect(configuration.sslCRL == "/crl")
        #expect(configuration.sslCRLDirectory == "/crls")
        #expect(!configuration.sslSNI)
        #expect(configuration.sslMinProtocolVersion == .tls1_1)
        #expect(configuration.sslMaxProtocolVersion == .tls1_3)
        #expect(configuration.channelBinding == .require)
        #expect(configuration.requireAuth == .oneOf([.scramSHA256, .none]))
        #expect(configuration.connectTimeout == .seconds(7))
        #expect(!configuration.keepAlives)
        #expect(configuration.keepAliveIdle == .seconds(11))
        #expect(configuration.keepAliveInterval == .seconds(12))
        #expect(configuration.keepAliveCount == 13)
        #expect(configuration.tcpUserTimeout == .milliseconds(1400))
        #expect(configuration.fallbackApplicationName == "f")
        #expect(
            configuration.runtimeParameters == [
                "application_name": "a", "client_encoding": "SQL_ASCII",
                "options": "-c geqo=off", "replication": "database",
            ])
        #expect(configuration.targetSessionAttributes == .preferStandby)
        #expect(configuration.loadBalanceHosts == .random)
        #expect(configuration.requirePeer == "postgres")
        #expect(configuration.maxProtocolVersion == .v3_2)
    }

    @Test func `every variable of libpq counts, behind the string`() throws {
        let variables = [
            "PGHOST": "h", "PGHOSTADDR": "127.0.0.1", "PGPORT": "1", "PGUSER": "u",
            "PGDATABASE": "d",
            "PGPASSWORD": "p", "PGPASSFILE": "/f", "PGREQUIREAUTH": "!password",
            "PGCHANNELBINDING": "disable", "PGCONNECT_TIMEOUT": "3", "PGCLIENTENCODING": "auto",
            "PGOPTIONS": "o", "PGAPPNAME": "a", "PGSSLMODE": "require",
            "PGSSLNEGOTIATION": "direct",
            "PGSSLCERT": "/c", "PGSSLKEY": "/k", "PGSSLROOTCERT": "/r", "PGSSLCRL": "/l",
            "PGSSLCRLDIR": "/ld", "PGSSLSNI": "0", "PGSSLMINPROTOCOLVERSION": "TLSv1.3",
            "PGSSLMAXPROTOCOLVERSION": "TLSv1.3", "PGMINPROTOCOLVERSION": "3.2",
            "PGMAXPROTOCOLVERSION": "3.2", "PGREQUIREPEER": "pp",
            "PGTARGETSESSIONATTRS": "standby", "PGLOADBALANCEHOSTS": "random", "PGTZ": "UTC",
        ]
        let configuration = try read("", variables)
        #expect(configuration.hosts == [.init(.tcp(host: "h", port: 1), address: "127.0.0.1")])
        #expect((configuration.user, configuration.database) == ("u", "d"))
        #expect(configuration.password == "p")
        #expect(configuration.requireAuth == .noneOf([.password]))
        #expect(configuration.channelBinding == .disable)
        #expect(configuration.connectTimeout == .seconds(3))
        #expect(configuration.sslMode == .require)
        #expect(configuration.sslNegotiation == .direct)
        #expect(configuration.sslRootCert == "/r")
        #expect(configuration.sslMinProtocolVersion == .tls1_3)
        #expect(configuration.minProtocolVersion == .v3_2)
        #expect(configuration.requirePeer == "pp")
        #expect(configuration.targetSessionAttributes == .standby)
        #expect(configuration.loadBalanceHosts == .random)
        #expect(
            configuration.runtimeParameters
                == ["application_name": "a", "options": "o", "timezone": "UTC"])
        let over = try read("host=/s user=x sslmode=require channel_binding=prefer", variables)
        #expect(over.user == "x")
        #expect(over.channelBinding == .prefer)
        #expect(try PGEnvironment.variableNames.allSatisfy { !$0.isEmpty } && read("").user == "me")
    }

    @Test func `the root certificate "system" means verify-full, and nothing weaker goes with it`()
        throws
    {
        #expect(try read("sslrootcert=system").sslMode == .verifyFull)
        #expect(
            refusal("sslrootcert=system sslmode=require")
                == "sslmode, at byte 20 of the connection string, is require; sslrootcert=system needs verify-full"
        )
        #expect(
            refusal("sslnegotiation=direct").contains("sslmode require, verify-ca or verify-full"))
    }

    @Test func `files of ~/.postgresql are used where they exist`() throws {
        var environment = Self.environment
        environment.read = { path, _ in
            path.hasPrefix("/me/.postgresql/")
                ? .plain(bytes: [], permissions: 0o600) : .missing
        }
        let configuration = try PGConfiguration("", environment: environment)
        #expect(configuration.sslRootCert == "/me/.postgresql/root.crt")
        #expect(configuration.sslCert == "/me/.postgresql/postgresql.crt")
        #expect(configuration.sslKey == "/me/.postgresql/postgresql.key")
        #expect(configuration.sslCRL == "/me/.postgresql/root.crl")
        let without = try PGConfiguration("sslcertmode=disable", environment: environment)
        #expect(without.sslCert == nil)
        #expect(without.sslKey == nil)
    }

    @Test(arguments: [
        ("require_auth=password,!md5", "mixes"), ("require_auth=!md5,password", "mixes"),
        ("require_auth=md5,md5", "twice"), ("require_auth=kerberos", "is none of password, md5"),
        ("require_auth=md5,", "is none of"), ("load_balance_hosts=round-robin", "disable, random"),
        ("sslnegotiation=tls", "postgres, direct"),
        ("min_protocol_version=3.1", "3.0, 3.2, latest"),
        ("min_protocol_version=3.2 max_protocol_version=3.0", "newer than max_protocol_version"),
        ("gssencmode=require", "GSSAPI is not spoken"), ("sslcertmode=require", "cannot check"),
        ("host", "byte 1"), ("host=a db", "byte 8"), ("host=a port=x", "port, at byte 1 "),
        ("port=x", "port, at byte 1 of the connection string, is not a number from 1 to 65535"),
        ("host=a,b port=1,x", "port of server 2"), ("host=a hostt=b", "\"hostt\" at byte 8"),
        ("postgres://h/?host=a%zz", "byte 15"), ("postgres://[::1", "byte 12"),
        ("postgres://[::1]x", "byte 17"), ("host=a%FF", "accepted"), ("postgres://a%FF", "UTF-8"),
        ("host=\0", "byte 6"), ("connect_timeout=1s", "connect_timeout, at byte 1"),
    ])
    func `an error names the option, the place and what was expected`(
        _ string: String, _ expected: String
    ) {
        let refusal = refusal(string)
        #expect(refusal.contains(expected), "\(refusal)")
    }

    @Test func `an error names the variable or the line of the service file that is at fault`() {
        #expect(refusal("", ["PGPORT": "x"]).contains("port"))
        #expect(refusal("", ["PGSSLMODE": "x"]).contains("in the variable PGSSLMODE"))
        var environment = Self.environment
        environment.read = { path, _ in
            path == "/me/.pg_service.conf"
                ? .plain(bytes: Array("[s]\n\nsslmode=x\n".utf8), permissions: 0o644) : .missing
        }
        let error = #expect(throws: PGError.self) {
            _ = try PGConfiguration("service=s", environment: environment)
        }
        #expect(
            error?.message.contains("in line 3 of the service file /me/.pg_service.conf")
                == true)
    }

    @Test(arguments: [
        "password=hush hush2", "password=hush hush2=x", "password='hush", "password=a hush = b",
        "host=x password=hush\\", "postgres://u:hush@h:hush/d", "postgres://u:hush/d",
        "postgres://u:hush@h/d?hush=1", "postgres://u:hush%@h/d", "postgres://u:hush@[h/d",
        "postgres://u:hush@h/d?sslmode=hush", "sslpassword=hush hush=1",
        "password=hush require_auth=hush", "password=hush hostaddr=hush",
        "password=hush sslmode=hush",
    ])
    func `an error never shows what may be a secret`(_ string: String) {
        let refusal = refusal(string)
        #expect(refusal != "accepted" || string.hasSuffix("\\"))
        #expect(!refusal.contains("hush"), "\(refusal)")
    }

    @Test func `sizes and counts are limited`() throws {
        #expect(try read("host=" + String(repeating: "h,", count: 63) + "h").hosts.count == 64)
        #expect(refusal("host=" + String(repeating: "h,", count: 64)).contains("64 are the most"))
        #expect(refusal("user=" + String(repeating: "u", count: 70_000)).contains("longer than"))
        #expect(try read("connect_timeout=0").connectTimeout == Limits.longestConnect)
        #expect(try read("connect_timeout=2147483647").connectTimeout == Limits.longestConnect)
        #expect(refusal("keepalives_idle=2147483648 host=h").contains("keepalives_idle"))
    }

    @Test func `a configuration that is printed shows no secret`() throws {
        var configuration = try read(
            "host=h,/s password=hush sslpassword=hush port=1,2 user=u dbname=d")
        configuration.hosts[0].password = "hush"
        #expect("\(configuration)" == "u@h:1,/s/.s.PGSQL.2/d")
        var dumped = ""
        dump(configuration, to: &dumped)
        dump(configuration.hosts[0], to: &dumped)
        dumped += "\(configuration.hosts) \(String(reflecting: configuration)) \([configuration])"
        #expect(dumped.contains("h:1"))
        #expect(!dumped.contains("hush"))
    }

    @Test func `a user without a name needs one in the string`() {
        let error = #expect(throws: PGError.self) {
            _ = try PGConfiguration("host=h", environment: PGEnvironment())
        }
        #expect(error?.message.hasPrefix("user is not given") == true)
    }

    @Test func `random bytes, and mutations of good strings, are read or refused and never trap`() {
        var random = SplitMix(state: 0x5eed)
        let alphabet = Array("postgres://@:/?&=%,[]'\\ \n\tabc019.\u{00e9}host=port=user=".utf8)
        let seeds = (ConnectionCases.valid + ConnectionCases.invalid).map { Array($0.string.utf8) }
        var accepted = 0
        for round in 0..<20_000 {
            var bytes: [UInt8]
            if round % 2 == 0 {
                bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? 0
                }
                if round % 4 == 0 { bytes = Array("postgres://".utf8) + bytes }
            } else {
                bytes = seeds.randomElement(using: &random) ?? []
                for _ in 0...2 where !bytes.isEmpty {
                    let index = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0...2, using: &random) {
                    case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes.remove(at: index)
                    default: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: index)
                    }
                }
            }
            let string = String(decoding: bytes, as: UTF8.self)
            do throws(PGError) {
                let configuration = try PGConfiguration(string, environment: Self.environment)
                accepted += 1
                #expect(!configuration.hosts.isEmpty)
            } catch {
                #expect(error.code == .invalidConfiguration)
            }
        }
        #expect((1000..<19_000).contains(accepted), "accepted \(accepted)")
    }

    @Test func `files are read off the caller's thread`() async throws {
        var environment = Self.environment
        environment.variables = ["PGSERVICE": "s"]
        environment.read = { path, _ in
            path == "/me/.pg_service.conf"
                ? .plain(bytes: Array("[s]\nhost=h\n".utf8), permissions: 0o644) : .missing
        }
        let configuration = try await PGConfiguration.load("user=u", environment: environment)
        #expect(configuration.endpoint == .tcp(host: "h", port: 5432))
        let error = await #expect(throws: PGError.self) {
            _ = try await PGConfiguration.load("nonsense", environment: environment)
        }
        #expect(error?.code == .invalidConfiguration)
    }
}
