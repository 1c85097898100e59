/// A data element's tag.
///
/// Source: PS3.5 §7.1.1.
public struct Tag: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let group: UInt16
    public let element: UInt16

    public init(_ group: UInt16, _ element: UInt16) {
        self.group = group
        self.element = element
    }

    /// The tag whose group is the upper half of `packed` and whose element is the lower.
    init(_ packed: UInt32) {
        group = UInt16(truncatingIfNeeded: packed >> 16)
        element = UInt16(truncatingIfNeeded: packed)
    }

    /// Group and element in one number that sorts as tags do.
    var packed: UInt32 { UInt32(group) << 16 | UInt32(element) }

    /// As the standard writes it: `(0010,0010)`.
    public var description: String {
        func hexadecimal(_ value: UInt16) -> String {
            let digits = String(value, radix: 16, uppercase: true)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        return "(\(hexadecimal(group)),\(hexadecimal(element)))"
    }

    public static func < (left: Tag, right: Tag) -> Bool { left.packed < right.packed }
}
