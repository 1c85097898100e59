/// A QR code for a terminal.
public enum QRText {
    /// Two rows of modules on each line, in half blocks; a camera needs dark modules on a light ground, which a coloured terminal is told to show and
    /// any other is taken to be dark already.
    ///
    /// - Parameters:
    ///   - rows: of `0`, light, and `1`, dark, without the quiet zone.
    ///   - quietZone: light modules around it.
    public static func text(rows: [String], quietZone: Int = 4, isColored: Bool) -> String {
        let width = (rows.first?.utf8.count ?? 0) + 2 * quietZone
        let empty = [Bool](repeating: false, count: width)
        let margin = [Bool](repeating: false, count: quietZone)
        let above = [[Bool]](repeating: empty, count: quietZone)
        var modules = above + rows.map { margin + $0.utf8.map { $0 == UInt8(ascii: "1") } + margin } + above
        if !modules.count.isMultiple(of: 2) { modules.append(empty) }
        var lines = ""
        for row in stride(from: 0, to: modules.count, by: 2) {
            // Without colours ink is light.
            let line = zip(modules[row], modules[row + 1]).map { block(upper: $0 == isColored, lower: $1 == isColored) }
            lines += (isColored ? "\u{1B}[30;107m" : "") + String(line) + (isColored ? "\u{1B}[0m\n" : "\n")
        }
        return lines
    }

    private static func block(upper: Bool, lower: Bool) -> Character {
        switch (upper, lower) {
        case (true, true): "█"
        case (true, false): "▀"
        case (false, true): "▄"
        case (false, false): " "
        }
    }
}
