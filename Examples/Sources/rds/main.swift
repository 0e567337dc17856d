// Connects to Amazon RDS or Aurora with IAM: TLS that checks the server, and a token as password.
//
//   swift run rds "host=db.example.eu-west-1.rds.amazonaws.com user=app dbname=app" \
//       global-bundle.pem "aws rds generate-db-auth-token --hostname … --port 5432 --username app"
//
// The bundle of authorities is a file that AWS publishes. A token is good for a login during fifteen
// minutes; a connection that is open stays open, and a pool asks anew for each one that it makes.
import Foundation
import PGWire

/// Keeps a token while it is surely good.
actor Tokens {
    private let command: String
    private var token = ""
    private var expiry = ContinuousClock.now

    init(command: String) { self.command = command }

    func current() async throws -> String {
        guard token.isEmpty || ContinuousClock.now >= expiry else { return token }
        token = try await output(of: command)
        expiry = .now + .seconds(10 * 60)
        print("a new token")
        return token
    }
}

/// A command did not give a token.
struct NoToken: Error {}

/// What a command prints.
///
/// Waiting for it blocks, so it happens on a thread that Swift's tasks do not need.
func output(of command: String) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
            continuation.resume(with: Result { try waitForOutput(of: command) })
        }
    }
}

func waitForOutput(of command: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw NoToken() }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
}

do {
    guard CommandLine.arguments.count == 4 else {
        throw PGError(.misuse, "a connection string, a file of authorities, a command for tokens")
    }
    let tokens = Tokens(command: CommandLine.arguments[3])
    var configuration = try await PGConfiguration.load(CommandLine.arguments[1])
    configuration.sslMode = .verifyFull
    configuration.sslRootCert = CommandLine.arguments[2]
    configuration.password = nil
    configuration.passwordProvider = { _ in try await tokens.current() }

    let pool = try PGPool(configuration, settings: PGPoolConfiguration(minimum: 1, maximum: 4))
    try await pool.withConnection { connection in
        let row = try await connection.query(
            "SELECT current_user::text, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")[0]
        let (user, tls) = try row.decode(String.self, String.self)
        print("\(user) over \(tls), encrypted: \(await connection.isEncrypted)")
    }
    await pool.close()
} catch {
    print("rds: \(error)")
    exit(1)
}
