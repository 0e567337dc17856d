import Glibc
import PGWire

/// The command line: a measure, then `--name value` pairs.
struct Options {
    /// What is measured.
    let measure: String
    private var values: [String: String] = [:]

    /// Reads the command line; nil where it cannot be meant.
    init?(_ arguments: [String]) {
        guard let measure = arguments.first else { return nil }
        self.measure = measure
        var rest = arguments.dropFirst()
        while let name = rest.popFirst() {
            guard name.hasPrefix("--"), let value = rest.popFirst() else { return nil }
            values[String(name.dropFirst(2))] = value
        }
    }

    /// A number.
    func number(_ name: String, _ usual: Int) -> Int { values[name].flatMap { Int($0) } ?? usual }

    /// A text.
    func text(_ name: String, _ usual: String = "") -> String { values[name] ?? usual }

    /// How long a measure by time runs.
    var duration: Duration { .milliseconds(number("milliseconds", 1000)) }

    /// How to connect: `--port`, `--database` and `--sslmode`; the password is in PGPASSWORD.
    func configuration(_ suffix: String = "") -> PGConfiguration {
        var configuration = PGConfiguration(
            endpoint: .tcp(host: "127.0.0.1", port: number("port" + suffix, 5432)),
            user: text("user", "postgres"), database: text("database" + suffix, "postgres"),
            password: getenv("PGPASSWORD").map { String(cString: $0) })
        configuration.sslMode = PGConfiguration.SSLMode(rawValue: text("sslmode")) ?? .disable
        return configuration
    }
}
