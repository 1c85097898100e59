/// Rows in columns for a terminal; whatever the cells hold, it cannot command the terminal.
public struct TextTable: Sendable {
    public struct Column: Sendable {
        public var title: String
        public var isRightAligned: Bool
        /// How narrow the column may become when the terminal is too narrow for the whole; nil: it is never cut.
        public var leastWidth: Int?

        public init(_ title: String, isRightAligned: Bool = false, leastWidth: Int? = nil) {
            (self.title, self.isRightAligned, self.leastWidth) = (title, isRightAligned, leastWidth)
        }
    }

    public var columns: [Column]
    private var rows: [[String]] = []

    public init(columns: [Column]) { self.columns = columns }

    /// Adds a row; missing cells are empty, further ones are left out.
    public mutating func append(_ cells: [String]) {
        let shown = cells.prefix(columns.count).map(DisplayText.neutralized)
        rows.append(shown + Array(repeating: "", count: columns.count - shown.count))
    }

    /// The lines, the titles first, each without spaces at its end; joined by line feeds, with one at the end.
    public func text(style: TerminalStyle) -> String {
        var widths = columns.indices.map { index in
            max(DisplayText.width(columns[index].title), rows.lazy.map { DisplayText.width($0[index]) }.max() ?? 0)
        }
        if let width = style.width { narrow(&widths, to: width) }
        let titles = line(columns.map(\.title), widths)
        return ([style.emphasized(titles, .strong)] + rows.map { line($0, widths) }).map { $0 + "\n" }.joined()
    }

    private static let gap = "  "

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = columns.indices.map { index in
            let cell = DisplayText.truncated(cells[index], to: widths[index])
            return DisplayText.padded(cell, to: widths[index], atEnd: !columns[index].isRightAligned)
        }
        var line = padded.joined(separator: Self.gap)
        while line.last == " " { line.removeLast() }
        return line
    }

    /// Takes a column at a time from the widest that may still become narrower.
    private func narrow(_ widths: inout [Int], to width: Int) {
        var excess = widths.reduce(0, +) + Self.gap.count * max(0, columns.count - 1) - width
        while excess > 0 {
            let candidates = columns.indices.filter { index in columns[index].leastWidth.map { widths[index] > $0 } ?? false }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
            widths[widest] -= 1
            excess -= 1
        }
    }
}
