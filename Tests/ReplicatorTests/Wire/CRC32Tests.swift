import Replicator
import Testing

@Suite struct CRC32Tests {
    @Test(
        arguments: [
            ("", 0), ("a", 0xE8B7_BE43), ("123456789", 0xCBF4_3926),
            ("The quick brown fox jumps over the lazy dog", 0x414F_A339),
        ] as [(String, UInt32)])
    func `it is the checksum of zlib`(text: String, expected: UInt32) {
        var crc = CRC32()
        crc.update(Array(text.utf8))
        #expect(crc.value == expected)
    }

    @Test func `a cut at any byte does not change it`() {
        let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        var whole = CRC32()
        whole.update(bytes)
        for cut in 0...bytes.count {
            var parts = CRC32()
            parts.update(bytes[..<cut])
            parts.update(bytes[cut...])
            #expect(parts.value == whole.value)
        }
    }
}
