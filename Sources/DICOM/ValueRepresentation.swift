/// How a value is encoded; the raw value is the two letters of its code, first letter in the upper byte.
///
/// Source: PS3.5 §6.2.
public enum ValueRepresentation: UInt16, Sendable, CaseIterable {
    case ae = 0x4145
    case `as` = 0x4153
    case at = 0x4154
    case cs = 0x4353
    case da = 0x4441
    case ds = 0x4453
    case dt = 0x4454
    case fd = 0x4644
    case fl = 0x464C
    case `is` = 0x4953
    case lo = 0x4C4F
    case lt = 0x4C54
    case ob = 0x4F42
    case od = 0x4F44
    case of = 0x4F46
    case ol = 0x4F4C
    case ov = 0x4F56
    case ow = 0x4F57
    case pn = 0x504E
    case sh = 0x5348
    case sl = 0x534C
    case sq = 0x5351
    case ss = 0x5353
    case st = 0x5354
    case sv = 0x5356
    case tm = 0x544D
    case uc = 0x5543
    case ui = 0x5549
    case ul = 0x554C
    case un = 0x554E
    case ur = 0x5552
    case us = 0x5553
    case ut = 0x5554
    case uv = 0x5556

    /// The code as the standard writes it, such as `PN`.
    public var code: String {
        String(decoding: [UInt8(rawValue >> 8), UInt8(rawValue & 0xFF)], as: UTF8.self)
    }

    /// Whether Specific Character Set applies to its values.
    ///
    /// Source: PS3.5 §6.1.2.3.
    public var dependsOnCharacterSet: Bool {
        switch self {
        case .lo, .lt, .pn, .sh, .st, .uc, .ut: true
        default: false
        }
    }

    /// Whether an explicit element of this kind has a 32-bit length after two reserved bytes.
    ///
    /// Source: PS3.5 §7.1.2.
    var hasLongLength: Bool {
        switch self {
        case .ob, .od, .of, .ol, .ov, .ow, .sq, .sv, .uc, .un, .ur, .ut, .uv: true
        default: false
        }
    }

    /// How one value's number is stored; nil when the values are not whole numbers.
    var integerStorage: (byteCount: Int, isSigned: Bool)? {
        switch self {
        case .us: (2, false)
        case .ss: (2, true)
        case .ul: (4, false)
        case .sl: (4, true)
        case .uv: (8, false)
        case .sv: (8, true)
        default: nil
        }
    }

    /// Whether the value's bytes are text.
    var isText: Bool {
        switch self {
        case .ae, .as, .cs, .da, .ds, .dt, .is, .lo, .lt, .pn, .sh, .st, .tm, .uc, .ui, .ur, .ut: true
        default: false
        }
    }
}

/// What the two bytes after an explicit element's tag turned out to be.
enum ExplicitForm {
    /// A known value representation with a 16-bit, or a 32-bit, length.
    case short, long
    /// Two capital letters that no edition of the standard defines.
    case unknown
    /// Not two capital letters: the element cannot be explicit.
    case none

    init(code: UInt16) {
        if let known = ValueRepresentation(rawValue: code) {
            self = known.hasLongLength ? .long : .short
        } else {
            self = ExplicitForm.isLetters(code) ? .unknown : .none
        }
    }

    static func isLetters(_ code: UInt16) -> Bool {
        let first = code >> 8
        let second = code & 0xFF
        return first >= 0x41 && first <= 0x5A && second >= 0x41 && second <= 0x5A
    }

    /// By the lower five bits of a code's first letter: bit n is set if a known code goes on with the letter whose lower bits are n, and
    /// bit n + 32 if that code has a 32-bit length. One look-up without a branch, since nothing predicts what comes next in a file.
    static let masks: [UInt64] = {
        var masks = [UInt64](repeating: 0, count: 32)
        for representation in ValueRepresentation.allCases {
            let second = UInt64(representation.rawValue & 0x1F)
            masks[Int(representation.rawValue >> 8 & 0x1F)] |= 1 << second | (representation.hasLongLength ? 1 << (second + 32) : 0)
        }
        return masks
    }()
}
