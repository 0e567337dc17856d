/// The answer to AuthenticationMD5Password (manual, 55.2.1).
enum MD5Password {
    /// `md5`, then the hex digest of the hex digest of password and user, and of the salt.
    static func answer(
        user: String, password: String, salt: [UInt8]
    ) throws(PGError) -> String {
        let inner = hex(try Crypto.md5([UInt8](password.utf8) + [UInt8](user.utf8)))
        return "md5" + hex(try Crypto.md5([UInt8](inner.utf8) + salt))
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = [UInt8]("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
