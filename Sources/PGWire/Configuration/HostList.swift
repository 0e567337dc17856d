/// The lists `host`, `hostaddr` and `port`, put together (manual, 34.1.1.3).
struct HostList {
    /// One server, before its defaults.
    struct Entry: Hashable {
        var name: String
        var address: String
        var port: String
    }

    let entries: [Entry]
    private let origin: ConnectionSettings.Origin

    /// Splits the lists at their commas.
    ///
    /// One port goes with every host; else there must be as many ports as hosts, and as many names as
    /// addresses. An empty entry means its default.
    ///
    /// - Throws: `invalidConfiguration` where the counts differ or there are too many.
    init(_ settings: ConnectionSettings) throws(PGError) {
        let names = Self.split(settings.text(.host))
        let addresses = Self.split(settings.text(.hostaddr))
        let ports = Self.split(settings.text(.port))
        let count = max(addresses.isEmpty ? names.count : addresses.count, 1)
        let place = settings[.host] ?? settings[.hostaddr] ?? settings[.port]
        origin = place?.origin ?? .string(byte: 1)
        guard count <= Limits.hosts else {
            throw ConnectionSettings.invalid(
                .host, "names \(count) servers, \(Limits.hosts) are the most", origin)
        }
        guard names.isEmpty || names.count == count else {
            throw ConnectionSettings.invalid(
                .host, "has \(names.count) entries, hostaddr has \(count); expected as many", origin
            )
        }
        guard ports.count <= 1 || ports.count == count else {
            throw ConnectionSettings.invalid(
                .port, "has \(ports.count) entries for \(count) servers; expected one, or as many",
                settings[.port]?.origin ?? origin)
        }
        entries = (0..<count).map { index in
            Entry(
                name: names.isEmpty ? "" : names[index],
                address: addresses.isEmpty ? "" : addresses[index],
                port: ports.count > 1 ? ports[index] : ports.first ?? "")
        }
    }

    private static func split(_ list: String?) -> [String] {
        guard let list else { return [] }
        return list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    /// The servers, with their defaults.
    ///
    /// - Throws: `invalidConfiguration` for a port, an address or a path that cannot be; libpq finds
    ///   that only when it comes to such a server, and goes on to the next.
    func hosts(socketDirectory: String) throws(PGError) -> [PGConfiguration.Host] {
        var hosts: [PGConfiguration.Host] = []
        for (index, entry) in entries.enumerated() {
            let port = try port(entry, index)
            if !entry.address.isEmpty {
                try check(entry.address, index)
                let name = entry.name.isEmpty ? entry.address : entry.name
                hosts.append(
                    .init(
                        .tcp(host: name, port: port),
                        address: name == entry.address ? nil : entry.address))
                continue
            }
            let name = entry.name.isEmpty ? socketDirectory : entry.name
            guard name.hasPrefix("/") || name.hasPrefix("@") else {
                hosts.append(.init(.tcp(host: name, port: port)))
                continue
            }
            let endpoint = PGConfiguration.Endpoint.unix(directory: name, port: port)
            guard SocketAddress(path: endpoint.text) != nil else {
                throw wrong(.host, index, "makes a socket path of more than 107 bytes")
            }
            hosts.append(.init(endpoint))
        }
        return hosts
    }

    private func port(_ entry: Entry, _ index: Int) throws(PGError) -> Int {
        guard !entry.port.isEmpty else { return 5432 }
        guard let port = CInteger.parse(entry.port), (1...65535).contains(port) else {
            // Not shown: in postgres://user:secret/database it is a password that stands there.
            throw wrong(.port, index, "is not a number from 1 to 65535")
        }
        return port
    }

    private func check(_ address: String, _ index: Int) throws(PGError) {
        // Numeric: does not ask anybody, so does not block.
        guard case .success = SocketAddress.resolve(host: address, port: 1, numericOnly: true)
        else {
            throw wrong(.hostaddr, index, "is not an IPv4 or IPv6 address")
        }
    }

    private func wrong(_ option: ConnectionOption, _ index: Int, _ what: String) -> PGError {
        let which = entries.count > 1 ? " of server \(index + 1)" : ""
        return PGError(.invalidConfiguration, "\(option.rawValue)\(which), \(origin.text), \(what)")
    }
}

/// Integers as libpq reads them, with strtol.
enum CInteger {
    /// The number, blanks around it allowed; nil where it is none or has more than 32 bits.
    static func parse(_ text: String) -> Int? {
        let bytes = Array(text.utf8)[...]
        var digits = bytes.drop { $0.isBlank }.trimmingEnd { $0.isBlank }
        let sign = digits.first
        if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { digits.removeFirst() }
        guard !digits.isEmpty,
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        let magnitude = String(decoding: digits, as: UTF8.self)
        guard let number = Int32((sign == UInt8(ascii: "-") ? "-" : "") + magnitude) else {
            return nil
        }
        return Int(number)
    }
}
