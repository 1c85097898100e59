/// Numbers in words for people; for programs there is JSON.
public enum Quantity {
    /// `1,234,567`
    public static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return (number < 0 ? "-" : "") + result
    }

    /// `1 file`, `2,000 files`
    public static func count(_ number: Int, _ singular: String, _ plural: String) -> String {
        "\(count(number)) \(number == 1 ? singular : plural)"
    }

    /// `512 B`, `1.5 kB`, `23 MB`: decimal multiples, two digits that matter.
    public static func bytes(_ number: Int) -> String {
        if number < 1000 { return "\(number) B" }
        var value = Double(number)
        for unit in ["kB", "MB", "GB", "TB", "PB", "EB"] {
            value /= 1000
            // 999.5 and above would be shown as 1000.
            if value < 999.5 || unit == "EB" { return "\(rounded(value)) \(unit)" }
        }
        return "\(number) B"
    }

    /// `0.4/s`, `12/s`, `4,321/s`
    public static func rate(_ perSecond: Double) -> String {
        guard perSecond.isFinite, perSecond >= 0, perSecond < 1e15 else { return "–/s" }
        return (perSecond < 9.95 ? rounded(perSecond) : count(Int(perSecond.rounded()))) + "/s"
    }

    private static func rounded(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return value < 9.95 ? "\(tenths / 10).\(tenths % 10)" : String(Int(value.rounded()))
    }

    /// `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`
    public static func duration(_ duration: Duration) -> String {
        let seconds = max(0, Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18)
        if seconds < 9.95 { return "\(rounded(seconds)) s" }
        let whole = Int(min(seconds, 1e15).rounded())
        switch whole {
        case ..<60: return "\(whole) s"
        case ..<3600: return "\(whole / 60) min \(twoDigits(whole % 60)) s"
        case ..<86400: return "\(whole / 3600) h \(twoDigits(whole / 60 % 60)) min"
        default: return "\(count(whole / 86400)) d \(whole / 3600 % 24) h"
        }
    }

    /// `50 %`; never 100 before everything is done.
    public static func percent(_ part: Int, of whole: Int) -> String {
        if whole <= 0 { return "–" }
        return "\(part >= whole ? 100 : min(99, Int(Double(max(0, part)) / Double(whole) * 100))) %"
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
