extension [UInt8] {
    /// Appends a number's bytes, the lowest first, as every number of the format is written (APPNOTE §4.4.1.1).
    mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
