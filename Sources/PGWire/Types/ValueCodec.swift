/// The common way of types that have one text and one binary form.
enum ValueCodec {
    /// Decodes a field of one of a value's own types, of a type that is not known, or of none.
    static func decode<T>(
        _ wanted: T.Type, _ bytes: RawSpan, _ type: PGType, _ format: PGFormat, own: [PGType],
        text: (inout TextScanner) -> T?, binary: (RawSpan) -> T?
    ) throws(PGError) -> T {
        guard own.contains(type) || type == .unspecified || !type.isBuiltIn,
            let value = format == .text ? bytes.scan(text) : binary(bytes)
        else { throw PGError.notA(wanted, type, format) }
        return value
    }

    /// Encodes as one of a value's own types, as a type that is not known, or as text.
    static func encode<T: CustomStringConvertible>(
        _ value: T, into buffer: inout PGValueBuffer, as type: PGType, _ format: PGFormat,
        own: [PGType], binary: (inout PGValueBuffer) -> Void
    ) throws(PGError) {
        if format == .text {
            try value.description.encodeText(of: T.self, own, into: &buffer, as: type)
        } else if own.contains(type) || type == .unspecified || !type.isBuiltIn {
            binary(&buffer)
        } else {
            throw PGError.cannotEncode(T.self, type, format)
        }
    }
}
