/// Base64 with padding (RFC 4648, section 4), as SCRAM uses it.
enum Base64 {
    private static let alphabet = [UInt8](
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The number of each character; 64 for those that are none.
    private static let digits: [UInt8] = {
        var digits = [UInt8](repeating: 64, count: 256)
        for (number, character) in alphabet.enumerated() {
            digits[Int(character)] = UInt8(number)
        }
        return digits
    }()

    /// The text of bytes.
    static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var value = 0
            for byte in group { value = value << 8 | Int(byte) }
            value <<= 8 * (3 - group.count)
            for index in 0..<4 {
                output.append(
                    index <= group.count
                        ? alphabet[value >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes of a text, nil where it is not base64.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let characters = [UInt8](text.utf8)
        guard characters.count.isMultiple(of: 4) else { return nil }
        let padding = characters.suffix(2).count { $0 == UInt8(ascii: "=") }
        var output: [UInt8] = []
        var value = 0
        for (index, character) in characters.dropLast(padding).enumerated() {
            let digit = digits[Int(character)]
            guard digit < 64 else { return nil }
            value = value << 6 | Int(digit)
            if index % 4 != 0 {
                output.append(UInt8(truncatingIfNeeded: value >> (6 - 2 * (index % 4))))
            }
            value &= 0xff_ffff
        }
        return output
    }
}
