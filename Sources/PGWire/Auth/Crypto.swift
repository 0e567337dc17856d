internal import COpenSSL

/// The few primitives that logging in needs, from OpenSSL.
enum Crypto {
    /// SHA-256 of bytes.
    static func sha256(_ bytes: [UInt8]) throws(PGError) -> [UInt8] {
        try digest(bytes, EVP_sha256())
    }

    /// MD5 of bytes.
    ///
    /// OpenSSL in FIPS mode has none, which is an error and not a crash.
    static func md5(_ bytes: [UInt8]) throws(PGError) -> [UInt8] {
        try digest(bytes, EVP_md5())
    }

    /// HMAC-SHA-256 of bytes.
    static func hmac(key: [UInt8], _ bytes: [UInt8]) throws(PGError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        guard HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &output, &length) != nil
        else { throw failed }
        return [UInt8](output.prefix(Int(length)))
    }

    /// PBKDF2 with HMAC-SHA-256; takes as long as `iterations` says.
    static func pbkdf2(
        password: [UInt8], salt: [UInt8], iterations: Int
    ) throws(PGError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: 32)
        let done = password.withUnsafeBytes { password in
            PKCS5_PBKDF2_HMAC(
                password.bindMemory(to: CChar.self).baseAddress, Int32(password.count), salt,
                Int32(salt.count), Int32(clamping: iterations), EVP_sha256(), 32, &output)
        }
        guard done == 1 else { throw failed }
        return output
    }

    /// Bytes that nobody can guess.
    static func random(_ count: Int) throws(PGError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&output, Int32(count)) == 1 else { throw failed }
        return output
    }

    /// Whether two secrets are the same, in a time that does not tell where they differ.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    private static func digest(
        _ bytes: [UInt8], _ method: OpaquePointer?
    ) throws(PGError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        guard EVP_Digest(bytes, bytes.count, &output, &length, method, nil) == 1 else {
            throw failed
        }
        return [UInt8](output.prefix(Int(length)))
    }

    private static let failed = PGError(
        .authenticationFailed, "OpenSSL refused a digest or had no randomness")
}
