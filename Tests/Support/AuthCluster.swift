internal import Foundation
internal import Synchronization

/// A server with a role for each way of logging in, an authority that signs client certificates, and
/// lists of revoked ones.
///
/// Roles: `a_scram`, `a_md5`, `a_clear` and `a_trust` over TCP and the Unix socket; `a_cert` by a client
/// certificate; `a_plain_only` and `a_tls_only` where the server's rules forbid the other.
public enum AuthCluster {
    /// The server, made by the first use.
    public static func shared() throws -> PostgresCluster { try result.get() }

    /// A file in the server's directory.
    public static func file(_ name: String) throws -> String {
        try shared().directory.appendingPathComponent(name).path
    }

    /// The server of a version, with the same roles; those of another version than 15 have no client
    /// certificates, and are the ones that `PostgresCluster.shared(version:)` has.
    public static func shared(version: PostgresVersion) throws -> PostgresCluster {
        guard version != .v15 else { return try shared() }
        let cluster = try PostgresCluster.shared(version: version)
        try prepared.withLock { prepared in
            if prepared.insert(version).inserted { try prepare(cluster) }
        }
        return cluster
    }

    private static let prepared = Mutex<Set<PostgresVersion>>([])

    private static let result = Result {
        let cluster = try PostgresCluster()
        try makeCertificates(cluster.directory.path)
        try prepare(cluster)
        return cluster
    }

    private static func prepare(_ cluster: PostgresCluster) throws {
        let password = PostgresCluster.password
        try cluster.psql(
            """
            CREATE ROLE a_scram LOGIN PASSWORD '\(password)';
            CREATE ROLE a_clear LOGIN PASSWORD '\(password)';
            CREATE ROLE a_plain_only LOGIN PASSWORD '\(password)';
            CREATE ROLE a_tls_only LOGIN PASSWORD '\(password)';
            CREATE ROLE a_trust LOGIN;
            CREATE ROLE a_cert LOGIN;
            SET password_encryption = 'md5';
            CREATE ROLE a_md5 LOGIN PASSWORD '\(password)';
            """)
        try cluster.psql("ALTER SYSTEM SET ssl_ca_file = '\(cluster.rootCertificate)'")
        var rules = """
            local all a_clear password
            local all a_md5 md5
            local all a_scram scram-sha-256
            host all a_clear 127.0.0.1/32 password
            host all a_md5 127.0.0.1/32 md5
            host all a_trust 127.0.0.1/32 trust
            hostssl all a_cert 127.0.0.1/32 cert
            hostssl all a_plain_only 127.0.0.1/32 reject
            hostnossl all a_tls_only 127.0.0.1/32 reject
            """
        if !cluster.hasTLS {
            // A build without TLS refuses a file that speaks of certificates.
            rules = rules.split(separator: "\n").filter { !$0.hasPrefix("hostssl") }
                .joined(separator: "\n")
        }
        let file = try cluster.psql("SHOW hba_file")
        try PostgresCluster.shell(
            "cat - \(file) > \(file).new && cat \(file).new > \(file)", input: rules + "\n")
        try cluster.psql("SELECT pg_reload_conf()")
    }

    /// `client.crt` for `a_cert` with `client.key`, `client-secret.key` (passphrase "open sesame") and
    /// `client.der`; `stranger.key`; `none.crl` and `server.crl`, which revokes the server's certificate;
    /// directories `crl-none` and `crl-server` of the same.
    private static func makeCertificates(_ directory: String) throws {
        try PostgresCluster.shell(
            """
            set -e; cd \(directory)
            openssl req -newkey rsa:2048 -nodes -subj /CN=a_cert -keyout client.key -out client.csr 2>/dev/null
            openssl x509 -req -in client.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out client.crt 2>/dev/null
            openssl rsa -in client.key -aes256 -passout 'pass:open sesame' -out client-secret.key 2>/dev/null
            openssl rsa -in client.key -outform DER -out client.der 2>/dev/null
            openssl genrsa -out stranger.key 2048 2>/dev/null
            chmod 600 client.key client-secret.key client.der stranger.key
            mkdir -p crl-none crl-server; : > index.txt; echo 01 > crlnumber
            printf '[ca]\\ndefault_ca=a\\n[a]\\ndatabase=index.txt\\ncrlnumber=crlnumber\\ndefault_md=sha256\\n' > ca.cnf
            openssl ca -config ca.cnf -gencrl -crldays 30 -keyfile ca.key -cert ca.crt -out none.crl 2>/dev/null
            openssl ca -config ca.cnf -revoke server.crt -keyfile ca.key -cert ca.crt 2>/dev/null
            openssl ca -config ca.cnf -gencrl -crldays 30 -keyfile ca.key -cert ca.crt -out server.crl 2>/dev/null
            hash=$(openssl crl -in none.crl -noout -hash)
            cp none.crl crl-none/$hash.r0; cp server.crl crl-server/$hash.r0
            """)
    }
}
