/// Which servers to try, in which order, and when to give up (manual, 34.1.1.3).
///
/// A value without I/O: it gives out attempts and is told how they ended.
struct ConnectPlan {
    /// One server to try.
    struct Attempt: Sendable {
        /// What to do there: the configuration with this server alone, and its password.
        let configuration: PGConfiguration
        /// What the server must be.
        let wanted: PGConfiguration.TargetSessionAttributes

        /// Whether the password is one of the password file.
        fileprivate let usesPasswordFile: Bool
        fileprivate var server: String { configuration.endpoint.text }
    }

    private var waiting: ArraySlice<Attempt>
    private let isSingle: Bool
    private var failures: [(server: String, error: PGError)] = []

    /// A plan for a configuration, in its order or in one drawn from `random`.
    ///
    /// - Throws: `invalidConfiguration` where there is no server, or too many.
    init(
        _ configuration: PGConfiguration, using random: inout some RandomNumberGenerator
    ) throws(PGError) {
        var hosts = configuration.hosts
        guard (1...Limits.hosts).contains(hosts.count) else {
            throw PGError(
                .invalidConfiguration,
                "the configuration has \(hosts.count) servers; expected 1 to \(Limits.hosts)")
        }
        if configuration.loadBalanceHosts == .random { hosts.shuffle(using: &random) }
        let attempts = { (wanted: PGConfiguration.TargetSessionAttributes) in
            hosts.map { Attempt($0, configuration, wanted) }
        }
        switch configuration.targetSessionAttributes {
        // Everybody is asked once more where nobody is a standby.
        case .preferStandby: waiting = (attempts(.standby) + attempts(.any))[...]
        case let wanted: waiting = attempts(wanted)[...]
        }
        isSingle = waiting.count == 1
    }

    /// A plan that draws from the system's randomness, or from the configuration's seed.
    init(_ configuration: PGConfiguration) throws(PGError) {
        if let seed = configuration.loadBalanceSeed {
            var random = SplitMix(state: seed)
            try self.init(configuration, using: &random)
        } else {
            var random = SystemRandomNumberGenerator()
            try self.init(configuration, using: &random)
        }
    }

    /// The next server; nil where none is left.
    mutating func next() -> Attempt? { waiting.popFirst() }

    /// Notes why an attempt failed.
    ///
    /// - Returns: whether the next server may be tried. As in libpq: where it could not be reached, did
    ///   not answer in time, is starting or stopping (57P03), or is not what is wanted. Here also where
    ///   it broke off before the login was over, as a proxy does whose server is gone. Refused
    ///   credentials, and TLS that fails, end the plan.
    mutating func failed(_ attempt: Attempt, _ error: PGError) -> Bool {
        failures.append((attempt.server, attempt.explain(error)))
        switch error.code {
        case .connectFailed, .timedOut, .connectionLost: return true
        case .server: return error.sqlState == .cannotConnectNow
        default: return false
        }
    }

    /// Every server's reason in one error, with the code and the server's fields of the last.
    var error: PGError {
        guard let last = failures.last?.error else {
            return PGError(.connectFailed, "no server was tried")
        }
        if isSingle || last.code == .cancelled { return last }
        var reasons: [String] = []
        for (server, error) in failures {
            let reason =
                error.message.contains(server) ? error.message : "\(server): \(error.message)"
            if !reasons.contains(reason) { reasons.append(reason) }
        }
        return PGError(last.code, reasons.joined(separator: "; "), server: last.server)
    }
}

extension ConnectPlan.Attempt {
    fileprivate init(
        _ host: PGConfiguration.Host, _ configuration: PGConfiguration,
        _ wanted: PGConfiguration.TargetSessionAttributes
    ) {
        var alone = configuration
        alone.hosts = [host]
        usesPasswordFile =
            configuration.password == nil && configuration.passwordProvider == nil
            && host.password != nil
        if usesPasswordFile { alone.password = host.password }
        self.configuration = alone
        self.wanted = wanted
    }

    /// Says where a refused password came from.
    fileprivate func explain(_ error: PGError) -> PGError {
        guard usesPasswordFile, error.sqlState == .invalidPassword else { return error }
        return PGError(
            error.code, error.message + " (the password came from the password file)",
            server: error.server)
    }
}

/// Steele, Lea and Flood's SplitMix64: an order that a test can foretell.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
