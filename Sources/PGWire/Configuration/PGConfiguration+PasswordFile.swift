extension PGConfiguration {
    /// Looks up each host's password in `passwordFile`, unless `password` is set.
    ///
    /// A file that others may read or change is passed over with a warning, as libpq does. Blocks while
    /// it reads; a configuration made of a connection string has done so already.
    ///
    /// - Parameter environment: reads the file, and has the name of the default one.
    public mutating func readPasswordFile(_ environment: PGEnvironment = .process()) {
        readPasswordFile(environment, ports: nil)
    }

    /// `ports` are as written: the file's are compared as texts.
    mutating func readPasswordFile(_ environment: PGEnvironment, ports: [String]?) {
        guard password ?? "" == "" else { return }
        guard let path = passwordFile ?? environment.atHome(".pgpass") else { return }
        let (file, warning) = PasswordFile.read(path, environment)
        if let warning { warnings.append(warning) }
        guard let file else { return }
        for index in hosts.indices {
            let (host, port) = hosts[index].fileKey(environment.socketDirectory)
            let written = ports.flatMap { $0.indices.contains(index) ? $0[index] : nil } ?? ""
            hosts[index].password = file.password(
                host: host, port: written.isEmpty ? port : written, database: database, user: user)
        }
    }
}

extension PGConfiguration.Host {
    /// How a password file names the server: the default directory of sockets is `localhost`.
    fileprivate func fileKey(_ socketDirectory: String) -> (host: String, port: String) {
        switch endpoint {
        case .tcp(let host, let port): (host.isEmpty ? "localhost" : host, String(port))
        case .unix(let directory, let port):
            (directory == socketDirectory ? "localhost" : directory, String(port))
        }
    }
}
