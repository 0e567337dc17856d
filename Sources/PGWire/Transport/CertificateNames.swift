internal import COpenSSL

/// The names in a server's certificate, and libpq's rules for what they are good for (manual, 34.19.1).
///
/// A name matches in full, whatever its case, or by a `*` that stands for the whole first label. The
/// common name is asked only where the certificate has no alternative name of the host's kind.
struct CertificateNames: Equatable {
    /// A subject alternative name.
    enum Alternative: Equatable {
        /// A DNS name, as it stands in the certificate.
        case name([UInt8])
        /// An address of 4 or 16 bytes.
        case address([UInt8])
    }

    /// In the certificate's order.
    let alternatives: [Alternative]
    /// The subject's (first) common name.
    let commonName: [UInt8]?

    init(alternatives: [Alternative], commonName: String?) {
        self.alternatives = alternatives
        self.commonName = commonName.map { Array($0.utf8) }
    }

    /// Why the certificate is not the host's; nil where it is.
    func problem(for host: String) -> String? {
        guard !host.isEmpty else { return "there is no host name to check the certificate against" }
        let wanted = Array(host.utf8).map(Self.lowercase)
        let address = Self.address(host)
        var asksCommonName = true
        for alternative in alternatives {
            switch alternative {
            case .name(let name):
                if address == nil { asksCommonName = false }
                if name.contains(0) {
                    return "a name in the server's certificate holds a zero byte"
                }
                if Self.matches(name, wanted, wildcards: address == nil) { return nil }
            case .address(let bytes):
                if address != nil { asksCommonName = false }
                if bytes == address { return nil }
            }
        }
        if asksCommonName, let commonName {
            if commonName.contains(0) {
                return "the common name in the server's certificate holds a zero byte"
            }
            if Self.matches(commonName, wanted, wildcards: address == nil) { return nil }
        }
        return "the server's certificate is not for \"\(host)\" but for \(text)"
    }

    /// The bytes of a numeric address; nil for a name.
    static func address(_ host: String) -> [UInt8]? {
        guard !host.utf8.contains(0) else { return nil }
        return SocketAddress.numeric(host)
    }

    private static func matches(_ name: [UInt8], _ host: [UInt8], wildcards: Bool) -> Bool {
        let name = name.map(lowercase)
        if name == host { return !name.isEmpty }
        // `*.example.org`: one label, at least one character of it, nothing else of the name.
        guard wildcards, name.count >= 3, name.starts(with: Array("*.".utf8)),
            let dot = host.firstIndex(of: UInt8(ascii: ".")), dot > 0
        else { return false }
        return host[dot...].elementsEqual(name.dropFirst())
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private var text: String {
        var words = alternatives.prefix(3).map { alternative in
            switch alternative {
            case .name(let name): Self.printable(name)
            case .address(let bytes):
                bytes.count == 4 ? bytes.map(String.init).joined(separator: ".") : "an address"
            }
        }
        if let commonName { words.append(Self.printable(commonName)) }
        if words.isEmpty { return "nobody" }
        return words.map { "\"\($0)\"" }.joined(separator: ", ")
            + (alternatives.count > 3 ? " and others" : "")
    }

    /// What a stranger wrote, short and on one line.
    private static func printable(_ bytes: [UInt8]) -> String {
        let plain = bytes.prefix(64).map { (0x20..<0x7f).contains($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: plain, as: UTF8.self) + (bytes.count > 64 ? "…" : "")
    }
}

extension CertificateNames {
    /// The names in a certificate (X509).
    init(_ certificate: OpaquePointer) {
        var alternatives: [Alternative] = []
        if let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) {
            let names = OpaquePointer(raw)
            defer { GENERAL_NAMES_free(names) }
            for index in 0..<teleport_names_count(names) {
                var kind: Int32 = 0
                var start: UnsafePointer<UInt8>?
                let count = teleport_name_at(names, index, &kind, &start)
                guard count >= 0 else { continue }
                let bytes = Array(UnsafeBufferPointer(start: start, count: Int(count)))
                alternatives.append(kind == GEN_DNS ? .name(bytes) : .address(bytes))
            }
        }
        self.alternatives = alternatives
        let subject = X509_get_subject_name(certificate)
        let index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        let entry = index < 0 ? nil : X509_NAME_get_entry(subject, index)
        if let entry, let value = X509_NAME_ENTRY_get_data(entry) {
            let count = Int(ASN1_STRING_length(value))
            commonName = Array(
                UnsafeBufferPointer(start: ASN1_STRING_get0_data(value), count: count))
        } else {
            commonName = nil
        }
    }
}
