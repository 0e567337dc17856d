/// The parameters of a connection string, by libpq's names (manual, 34.1.2).
enum ConnectionOption: String, CaseIterable, Sendable {
    case service, servicefile, user, password, passfile, dbname, host, hostaddr, port, options
    case requireAuth = "require_auth"
    case channelBinding = "channel_binding"
    case connectTimeout = "connect_timeout"
    case clientEncoding = "client_encoding"
    case applicationName = "application_name"
    case fallbackApplicationName = "fallback_application_name"
    case keepalives
    case keepalivesIdle = "keepalives_idle"
    case keepalivesInterval = "keepalives_interval"
    case keepalivesCount = "keepalives_count"
    case tcpUserTimeout = "tcp_user_timeout"
    case sslmode, sslnegotiation, sslcompression, sslcert, sslkey, sslcertmode, sslpassword
    case sslrootcert, sslcrl, sslcrldir, sslsni
    case sslMinProtocolVersion = "ssl_min_protocol_version"
    case sslMaxProtocolVersion = "ssl_max_protocol_version"
    case minProtocolVersion = "min_protocol_version"
    case maxProtocolVersion = "max_protocol_version"
    case requirepeer, gssencmode, krbsrvname, gsslib, gssdelegation, replication
    case targetSessionAttrs = "target_session_attrs"
    case loadBalanceHosts = "load_balance_hosts"

    /// The variable that has its default (manual, 34.15); nil for none.
    var variable: String? {
        switch self {
        case .service: "PGSERVICE"
        case .servicefile: "PGSERVICEFILE"
        case .user: "PGUSER"
        case .password: "PGPASSWORD"
        case .passfile: "PGPASSFILE"
        case .dbname: "PGDATABASE"
        case .host: "PGHOST"
        case .hostaddr: "PGHOSTADDR"
        case .port: "PGPORT"
        case .options: "PGOPTIONS"
        case .requireAuth: "PGREQUIREAUTH"
        case .channelBinding: "PGCHANNELBINDING"
        case .connectTimeout: "PGCONNECT_TIMEOUT"
        case .clientEncoding: "PGCLIENTENCODING"
        case .applicationName: "PGAPPNAME"
        case .sslmode: "PGSSLMODE"
        case .sslnegotiation: "PGSSLNEGOTIATION"
        case .sslcompression: "PGSSLCOMPRESSION"
        case .sslcert: "PGSSLCERT"
        case .sslkey: "PGSSLKEY"
        case .sslcertmode: "PGSSLCERTMODE"
        case .sslrootcert: "PGSSLROOTCERT"
        case .sslcrl: "PGSSLCRL"
        case .sslcrldir: "PGSSLCRLDIR"
        case .sslsni: "PGSSLSNI"
        case .sslMinProtocolVersion: "PGSSLMINPROTOCOLVERSION"
        case .sslMaxProtocolVersion: "PGSSLMAXPROTOCOLVERSION"
        case .minProtocolVersion: "PGMINPROTOCOLVERSION"
        case .maxProtocolVersion: "PGMAXPROTOCOLVERSION"
        case .requirepeer: "PGREQUIREPEER"
        case .gssencmode: "PGGSSENCMODE"
        case .krbsrvname: "PGKRBSRVNAME"
        case .gsslib: "PGGSSLIB"
        case .gssdelegation: "PGGSSDELEGATION"
        case .targetSessionAttrs: "PGTARGETSESSIONATTRS"
        case .loadBalanceHosts: "PGLOADBALANCEHOSTS"
        case .fallbackApplicationName, .keepalives, .keepalivesIdle, .keepalivesInterval,
            .keepalivesCount, .tcpUserTimeout, .sslpassword, .replication:
            nil
        }
    }

    /// Variables that become settings of the session.
    static let startupVariables: [(variable: String, setting: String)] = [
        ("PGDATESTYLE", "datestyle"), ("PGTZ", "timezone"), ("PGGEQO", "geqo"),
    ]
}
