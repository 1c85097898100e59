internal import Foundation
internal import HTTPServer

/// The languages of the recipients' pages.
enum RecipientLanguage: String, Sendable, CaseIterable {
    case english = "en"
    case german = "de"

    /// The best of what a browser asks for; English for others.
    ///
    /// Source: RFC 9110 §12.5.4; RFC 4647 §3.4.
    init(acceptedBy request: Request) {
        let accepted = request.headers.values("Accept-Language").joined(separator: ",").split(separator: ",")
        var best: (language: Self, quality: Double)?
        for item in accepted {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            guard let tag = parts.first?.split(separator: "-").first, let language = Self(rawValue: String(tag)),
                quality > best?.quality ?? 0
            else { continue }
            best = (language, quality)
        }
        self = best?.language ?? .english
    }

    // MARK: Numbers and times

    /// `1 study`, `2,000 files`.
    func count(_ number: Int, _ one: String, _ many: String) -> String { "\(grouped(number)) \(number == 1 ? one : many)" }

    private func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        let separator: Character = self == .english ? "," : "."
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(separator) }
            text.append(digit)
        }
        return text
    }

    /// `220 MB`, `1.5 GB`: decimal multiples, as browsers show them.
    func size(_ bytes: Int64) -> String {
        var (value, unit) = (Double(bytes), "B")
        for next in ["kB", "MB", "GB", "TB"] where value >= 999.5 { (value, unit) = (value / 1_000, next) }
        let tenths = Int((value * 10).rounded())
        guard unit != "B", value < 9.95 else { return "\(Int(value.rounded())) \(unit)" }
        return "\(tenths / 10)\(self == .english ? "." : ",")\(tenths % 10) \(unit)"
    }

    /// `22 November 2026, 14:00 UTC`.
    func time(_ unixSeconds: Double) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: Date(timeIntervalSince1970: unixSeconds))
        let (day, month) = ("\(parts.day ?? 0)\(self == .english ? "" : ".")", months[(parts.month ?? 1) - 1])
        func two(_ number: Int?) -> String { (number ?? 0) < 10 ? "0\(number ?? 0)" : "\(number ?? 0)" }
        return "\(day) \(month) \(parts.year ?? 0), \(two(parts.hour)):\(two(parts.minute)) UTC"
    }

    /// `20260131` as `31 January 2026`; nil for what is no such date. Source: PS3.5 §6.2, DA.
    func day(_ date: String) -> String? {
        let digits = date.filter { $0 != "." && $0 != "-" }
        guard digits.utf8.count == 8, let number = Int(digits), (1...12).contains(number / 100 % 100) else { return nil }
        return "\(number % 100)\(self == .english ? "" : ".") \(months[number / 100 % 100 - 1]) \(number / 10_000)"
    }

    private var months: [String] {
        switch self {
        case .english:
            [
                "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
            ]
        case .german:
            ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"]
        }
    }

    /// `3 hours`
    func duration(_ seconds: Double) -> String {
        let seconds = max(0, Int(seconds.rounded()))
        let isEnglish = self == .english
        switch seconds {
        case ..<120: return count(max(1, seconds), isEnglish ? "second" : "Sekunde", isEnglish ? "seconds" : "Sekunden")
        case ..<7_200: return count((seconds + 30) / 60, isEnglish ? "minute" : "Minute", isEnglish ? "minutes" : "Minuten")
        case ..<172_800: return count((seconds + 1_800) / 3_600, isEnglish ? "hour" : "Stunde", isEnglish ? "hours" : "Stunden")
        default: return count((seconds + 43_200) / 86_400, isEnglish ? "day" : "Tag", isEnglish ? "days" : "Tage")
        }
    }
}
