/// Bounds of values, with their units and reasons.
extension Limits {
    /// Decimal digits before the point of a numeric (manual, 8.1.2).
    package static let numericWholeDigits = 131_072
    /// Decimal digits after the point of a numeric (manual, 8.1.2).
    package static let numericScale = 16_383
    /// Bytes of a number in text: all digits, a sign, a point and an exponent.
    package static let numericText = numericWholeDigits + numericScale + 32
    /// Dimensions of an array (`MAXDIM` of the server).
    package static let arrayDimensions = 6
    /// Bytes of one row of a binary COPY: the server makes no message above 1 GiB.
    package static let copyRow = 1 << 30
}
