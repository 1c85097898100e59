internal import Foundation

/// Times as the API writes and reads them: `2026-03-01T08:15:00.000Z`.
///
/// Source: RFC 3339 §5.6.
enum Timestamp {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// In UTC with milliseconds.
    ///
    /// - Parameter unixSeconds: since 1970 UTC.
    static func text(_ unixSeconds: Double) -> String {
        // Rounded first: the style cuts off, and 0.001 s is not a sum of powers of two.
        Date(timeIntervalSince1970: ((unixSeconds * 1_000).rounded() + 0.1) / 1_000).formatted(style)
    }

    /// Seconds since 1970 UTC; with or without fractions of a second, in any zone. Nil for what is no such time, such as the 30th of February.
    static func unixSeconds(_ text: String) -> Double? {
        let form = /(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,12})?(?:[Zz]|([+-])(\d\d):(\d\d))/.asciiOnlyDigits()
        guard let match = text.wholeMatch(of: form)?.output else { return nil }
        let numbers = [match.1, match.2, match.3, match.4, match.5, match.6].compactMap { Int($0) }
        guard numbers.count == 6, let days = days(numbers[0], numbers[1], numbers[2]),
            // A leap second is the second after it.
            numbers[3] < 24, numbers[4] < 60, numbers[5] <= 60, let fraction = Double("0\(match.7 ?? ".0")"),
            let zoneHours = Int(match.9 ?? "0"), let zoneMinutes = Int(match.10 ?? "0"), zoneHours < 24, zoneMinutes < 60
        else { return nil }
        let zone = (zoneHours * 60 + zoneMinutes) * (match.8 == "-" ? -1 : 1)
        return Double(((days * 24 + numbers[3]) * 60 + numbers[4] - zone) * 60 + numbers[5]) + fraction
    }

    /// Days since the 1st of January 1970 in the Gregorian calendar; nil when there is no such day.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int? {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard year >= 1, lengths.indices.contains(month - 1), (1...lengths[month - 1]).contains(day) else { return nil }
        let before = year - 1
        return before * 365 + before / 4 - before / 100 + before / 400 + lengths[..<(month - 1)].reduce(0, +) + day - 1 - 719_162
    }
}
