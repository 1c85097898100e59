import Glibc

/// What a stream can show.
public struct TerminalStyle: Hashable, Sendable {
    /// Whether a person sees the stream at once and lines can be written over.
    public var isTerminal: Bool
    public var usesColour: Bool
    /// Whether the locale's character set is UTF-8; else only ASCII is used for decoration.
    public var usesUnicode: Bool
    /// Columns; nil where there is no terminal, and nothing need be cut.
    public var width: Int?

    public init(isTerminal: Bool, usesColour: Bool, usesUnicode: Bool, width: Int?) {
        (self.isTerminal, self.usesColour, self.usesUnicode, self.width) = (isTerminal, usesColour, usesUnicode, width)
    }

    /// For files and pipes.
    public static let plain = TerminalStyle(isTerminal: false, usesColour: false, usesUnicode: true, width: nil)

    /// Decides from what the system says of a stream.
    ///
    /// Colour needs a terminal that is not `TERM=dumb`, and `NO_COLOR` absent or empty (no-color.org).
    public init(isTerminal: Bool, columns: Int?, environment: [String: String]) {
        let isDumb = environment["TERM"] == "dumb"
        self.isTerminal = isTerminal && !isDumb
        usesColour = isTerminal && !isDumb && (environment["NO_COLOR"] ?? "").isEmpty
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        usesUnicode = !isTerminal || locale.lowercased().contains("utf-8") || locale.lowercased().contains("utf8")
        width = isTerminal ? max(20, columns ?? environment["COLUMNS"].flatMap { Int($0) } ?? 80) : nil
    }

    /// Asks the system about an open stream, such as 1 for standard output and 2 for standard error.
    ///
    /// Source: `isatty(3)`, `ioctl_tty(2)` `TIOCGWINSZ`.
    public init(descriptor: Int32, environment: [String: String]) {
        var size = winsize()
        let hasSize = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        self.init(isTerminal: isatty(descriptor) == 1, columns: hasSize ? Int(size.ws_col) : nil, environment: environment)
    }

    /// Colours that carry a meaning; the text always carries it too.
    public enum Emphasis: String, Sendable {
        case strong = "1"
        case faint = "2"
        case bad = "31"
        case good = "32"
        case careful = "33"
    }

    /// The text in a colour, where colours are shown.
    public func emphasized(_ text: String, _ emphasis: Emphasis) -> String {
        usesColour && !text.isEmpty ? "\u{1B}[\(emphasis.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// What to write so that `line` stands where the line before stood; an empty one erases it.
    public static func rewritingLine(_ line: String) -> String { "\r\(line)\u{1B}[K" }
}
