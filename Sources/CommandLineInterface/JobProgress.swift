/// How far a job is, as shown to a person.
public struct JobProgress: Hashable, Sendable {
    /// The source's name.
    public var name: String
    /// Files whose turn has come, opened or not.
    public var filesProcessed: Int
    /// Files known so far.
    public var filesFound: Int
    /// Whether folders are still being listed, so that ``filesFound`` grows.
    public var isListing: Bool
    public var filesPerSecond: Double
    public var series: Int
    public var errors: Int
    /// Nil while unknown.
    public var remaining: Duration?
    /// A word in place of the rate, such as `paused`; nil while running.
    public var state: String?

    public init(
        name: String, filesProcessed: Int = 0, filesFound: Int = 0, isListing: Bool = true, filesPerSecond: Double = 0, series: Int = 0,
        errors: Int = 0, remaining: Duration? = nil, state: String? = nil
    ) {
        (self.name, self.filesProcessed, self.filesFound, self.isListing) = (name, filesProcessed, filesFound, isListing)
        (self.filesPerSecond, self.series, self.errors, self.remaining, self.state) = (filesPerSecond, series, errors, remaining, state)
    }

    /// One line for a log or a pipe: `archive: 52,000 of 100,000 files (52 %), 4,321/s, 812 series, no errors, 11 s left`.
    public var line: String {
        let found = isListing ? "\(Quantity.count(filesFound)) found so far" : "\(Quantity.count(filesFound)) files"
        let part = isListing ? "" : " (\(Quantity.percent(filesProcessed, of: filesFound)))"
        let parts = [
            "\(DisplayText.neutralized(name)): \(Quantity.count(filesProcessed)) of \(found)\(part)",
            state ?? Quantity.rate(filesPerSecond),
            "\(Quantity.count(series)) series", errors == 0 ? "no errors" : Quantity.count(errors, "error", "errors"),
            remaining.map { "\(Quantity.duration($0)) left" },
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    /// One line that never takes more columns than the terminal has; what matters least is left out first.
    public func bar(style: TerminalStyle) -> String {
        let columns = (style.width ?? 80) - 1  // a full last column makes some terminals wrap
        let name = DisplayText.truncated(DisplayText.neutralized(self.name), to: max(6, columns / 4))
        let percent = isListing ? "listing" : DisplayText.padded(Quantity.percent(filesProcessed, of: filesFound), to: 5, atEnd: false)
        var used = DisplayText.width(name) + 1 + Self.leastBar + 1 + DisplayText.width(percent)
        // In the order of importance; shown in the order of `position`.
        let candidates: [(position: Int, text: String, emphasis: TerminalStyle.Emphasis?)?] = [
            errors > 0 ? (4, Quantity.count(errors, "error", "errors"), .bad) : nil,
            (1, "\(Quantity.count(filesProcessed))/\(Quantity.count(filesFound))\(isListing ? "+" : "")", nil),
            remaining.map { (5, "\(Quantity.duration($0)) left", nil) },
            (2, state ?? Quantity.rate(filesPerSecond), state == nil ? nil : .careful),
            (3, "\(Quantity.count(series)) series", nil),
        ]
        var fields: [(position: Int, text: String, emphasis: TerminalStyle.Emphasis?)] = []
        for case let field? in candidates where used + 2 + DisplayText.width(field.text) <= columns {
            used += 2 + DisplayText.width(field.text)
            fields.append(field)
        }
        let bar = Self.drawn(Self.leastBar + min(columns - used, Self.mostBar - Self.leastBar), fraction: fraction, style: style)
        let shown = fields.sorted { $0.position < $1.position }.map { field in
            "  " + (field.emphasis.map { style.emphasized(field.text, $0) } ?? field.text)
        }
        return "\(style.emphasized(name, .strong)) \(bar) \(percent)\(shown.joined())"
    }

    private static let leastBar = 6
    private static let mostBar = 32

    /// While folders are being listed the end is unknown, so the bar shows no more than what is known.
    private var fraction: Double { filesFound > 0 ? min(1, max(0, Double(filesProcessed) / Double(filesFound))) : 0 }

    private static func drawn(_ width: Int, fraction: Double, style: TerminalStyle) -> String {
        let width = max(1, width)
        // Eighths of a column, so that the bar moves evenly; the last one only when everything is done.
        let eighths = fraction >= 1 ? width * 8 : min(width * 8 - 1, Int(fraction * Double(width * 8)))
        guard style.usesUnicode else {
            let done = eighths / 8
            return style.emphasized(String(repeating: "#", count: done), .good) + String(repeating: ".", count: width - done)
        }
        let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
        let done = String(repeating: "█", count: eighths / 8) + partial
        let rest = String(repeating: "░", count: width - eighths / 8 - (partial.isEmpty ? 0 : 1))
        return style.emphasized(done, .good) + style.emphasized(rest, .faint)
    }
}
