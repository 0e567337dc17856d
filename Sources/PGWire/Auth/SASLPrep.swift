/// SASLprep of a password (RFC 4013), as far as it goes without Unicode's normalisation tables.
///
/// ASCII is exact. In other text, the characters of table B.1 vanish and the spaces of table C.1.2
/// become a space. Compatibility normalisation (NFKC) is not done: text that is not normalised
/// already passes as its raw bytes, as libpq passes a password for which SASLprep fails.
enum SASLPrep {
    /// The prepared bytes of a password.
    static func prepare(_ password: String) -> [UInt8] {
        if password.utf8.allSatisfy({ $0 < 0x80 }) { return [UInt8](password.utf8) }
        var prepared = String.UnicodeScalarView()
        for scalar in password.unicodeScalars {
            switch scalar.value {
            case 0xad, 0x34f, 0x1806, 0x180b...0x180d, 0x200b...0x200d, 0x2060, 0xfe00...0xfe0f,
                0xfeff:
                continue
            case 0xa0, 0x1680, 0x2000...0x200a, 0x202f, 0x205f, 0x3000:
                prepared.append(" ")
            default: prepared.append(scalar)
            }
        }
        // A password of nothing but vanishing characters is not a password: raw, as libpq does.
        return prepared.isEmpty ? [UInt8](password.utf8) : [UInt8](String(prepared).utf8)
    }
}
