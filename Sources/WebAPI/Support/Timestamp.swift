internal import Foundation

/// Times as the API writes and reads them: ISO 8601 in UTC with milliseconds, `2026-03-01T08:15:00.000Z`.
enum Timestamp {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    private static let wholeSeconds = Date.ISO8601FormatStyle()

    /// - Parameter unixSeconds: since 1970 UTC.
    static func text(_ unixSeconds: Double) -> String {
        // Rounded first: the style cuts off, and 0.001 s is not a sum of powers of two.
        Date(timeIntervalSince1970: ((unixSeconds * 1_000).rounded() + 0.1) / 1_000).formatted(style)
    }

    /// Seconds since 1970 UTC; with or without fractions of a second, in any zone. Nil for what is no such time.
    static func unixSeconds(_ text: String) -> Double? {
        // Either style takes what the other one refuses.
        let date = (try? style.parse(text)) ?? (try? wholeSeconds.parse(text))
        return date?.timeIntervalSince1970
    }
}
