import Testing

@testable import CommandLineInterface

@Suite struct `Text on a terminal` {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("Müller", 6), ("Mu\u{308}ller", 6), ("山田", 4), ("ﾔﾏﾀﾞ", 4), ("Yamada^Tarou=山田^太郎=やまだ^たろう", 36),
        ("김희중", 6), ("\u{1112}\u{1161}\u{11AB}", 2), ("😀", 2), ("👨‍👩‍👧", 2), ("🇩🇪", 2), ("❤\u{FE0F}", 2), ("…", 1), ("█▏", 2), ("ж", 1),
        ("\u{200B}", 0), ("Ａ", 2),
    ])
    func `has the width that a terminal gives it`(text: String, width: Int) { #expect(DisplayText.width(text) == width) }

    @Test func `cannot command the terminal`() {
        let hostile = "a\u{1B}[2J\u{7}\u{9B}31m\r\n\t\u{7F}\u{202E}b\u{2066}\u{200F}\u{2028}"
        let shown = DisplayText.neutralized(hostile)
        #expect(shown == "a␛[2J␇\u{FFFD}31m␍␊␉␡\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}")
        #expect(DisplayText.neutralized("Müller 山田 😀") == "Müller 山田 😀")
        for value in UInt32(0)...0xFFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let category = DisplayText.neutralized(String(scalar)).unicodeScalars.first?.properties.generalCategory
            #expect(category != .control)
        }
    }

    @Test func `is cut between characters and never too wide`() {
        let text = "Yamada=山田^太郎 e\u{301}😀"
        for columns in 0...40 {
            let cut = DisplayText.truncated(text, to: columns)
            #expect(DisplayText.width(cut) <= columns)
            #expect(cut == text || columns == 0 || cut.hasSuffix("…"))
        }
        #expect(DisplayText.truncated("山田", to: 3) == "山…")
        #expect(DisplayText.truncated("山田", to: 2) == "…")
        #expect(DisplayText.padded("山", to: 4) == "山  ")
        #expect(DisplayText.padded("山", to: 4, atEnd: false) == "  山")
    }
}

@Suite struct `A quantity` {
    @Test func `is written for people`() {
        #expect([0, 7, 999, 1000, 1_234_567, -12345].map { Quantity.count($0) } == ["0", "7", "999", "1,000", "1,234,567", "-12,345"])
        #expect(Quantity.count(Int.min) == "-9,223,372,036,854,775,808")
        #expect(Quantity.count(1, "file", "files") == "1 file" && Quantity.count(0, "file", "files") == "0 files")
        let bytes = [0, 999, 1000, 1540, 9_949, 9_950, 999_499, 999_500, 23_400_000, 5_000_000_000, Int.max]
        #expect(
            bytes.map(Quantity.bytes) == [
                "0 B", "999 B", "1.0 kB", "1.5 kB", "9.9 kB", "10 kB", "999 kB", "1.0 MB", "23 MB", "5.0 GB", "9.2 EB",
            ])
        #expect(
            [0, 0.44, 9.94, 12.3, 4321, .infinity, .nan].map(Quantity.rate) == ["0.0/s", "0.4/s", "9.9/s", "12/s", "4,321/s", "–/s", "–/s"])
        let durations: [Duration] = [
            .zero, .milliseconds(440), .seconds(12), .seconds(59.7), .seconds(185), .seconds(7800), .seconds(273_600), .seconds(-5),
        ]
        #expect(
            durations.map(Quantity.duration) == ["0.0 s", "0.4 s", "12 s", "1 min 00 s", "3 min 05 s", "2 h 10 min", "3 d 4 h", "0.0 s"])
        #expect(
            Quantity.percent(999_999, of: 1_000_000) == "99 %" && Quantity.percent(3, of: 3) == "100 %" && Quantity.percent(0, of: 0) == "–"
        )
    }
}

@Suite struct `A terminal's style` {
    @Test func `has colour only on a terminal, and not under NO_COLOR or on a dumb one`() {
        #expect(TerminalStyle(isTerminal: true, columns: 100, environment: [:]).usesColour)
        #expect(TerminalStyle(isTerminal: true, columns: 100, environment: ["NO_COLOR": ""]).usesColour)
        #expect(!TerminalStyle(isTerminal: true, columns: 100, environment: ["NO_COLOR": "1"]).usesColour)
        #expect(!TerminalStyle(isTerminal: true, columns: 100, environment: ["TERM": "dumb"]).usesColour)
        #expect(!TerminalStyle(isTerminal: true, columns: 100, environment: ["TERM": "dumb"]).isTerminal)
        #expect(!TerminalStyle(isTerminal: false, columns: nil, environment: [:]).usesColour)
    }

    @Test func `takes its width from the terminal, else from COLUMNS, else 80, and none elsewhere`() {
        #expect(TerminalStyle(isTerminal: true, columns: 132, environment: ["COLUMNS": "90"]).width == 132)
        #expect(TerminalStyle(isTerminal: true, columns: nil, environment: ["COLUMNS": "90"]).width == 90)
        #expect(TerminalStyle(isTerminal: true, columns: nil, environment: [:]).width == 80)
        #expect(TerminalStyle(isTerminal: false, columns: nil, environment: ["COLUMNS": "90"]).width == nil)
    }

    @Test func `decorates with ASCII where the locale is not UTF-8`() {
        #expect(TerminalStyle(isTerminal: true, columns: 80, environment: ["LANG": "de_DE.UTF-8"]).usesUnicode)
        #expect(!TerminalStyle(isTerminal: true, columns: 80, environment: ["LANG": "de_DE.UTF-8", "LC_ALL": "C"]).usesUnicode)
    }
}

@Suite struct `Progress` {
    private let half = JobProgress(
        name: "archive", filesProcessed: 52_000, filesFound: 100_000, isListing: false, filesPerSecond: 4321, series: 812, errors: 3,
        remaining: .seconds(11))

    private func style(_ width: Int, colour: Bool = false, unicode: Bool = true) -> TerminalStyle {
        TerminalStyle(isTerminal: true, usesColour: colour, usesUnicode: unicode, width: width)
    }

    @Test func `is one line of words where there is no terminal`() {
        #expect(half.line == "archive: 52,000 of 100,000 files (52 %), 4,321/s, 812 series, 3 errors, 11 s left")
        let listing = JobProgress(name: "a\u{1B}", filesProcessed: 1, filesFound: 2000, series: 1, state: "paused")
        #expect(listing.line == "a␛: 1 of 2,000 found so far, paused, 1 series, no errors")
    }

    @Test func `is a bar with rate, counts, errors and time left on a terminal`() {
        #expect(
            half.bar(style: style(100))
                == "archive ██████████████░░░░░░░░░░░░░  52 %  52,000/100,000  4,321/s  812 series  3 errors  11 s left")
        #expect(half.bar(style: style(60, unicode: false)) == "archive ####....  52 %  52,000/100,000  3 errors  11 s left")
    }

    @Test func `never takes more columns than there are, whatever it says`() {
        var progress = half
        for name in ["x", "a very long name of a source, 山田 and so on"] {
            for width in 20...200 {
                for isListing in [true, false] {
                    (progress.name, progress.isListing) = (name, isListing)
                    let bar = progress.bar(style: style(width))
                    #expect(DisplayText.width(bar) < max(width, 26), "\(width): \(bar)")
                }
            }
        }
    }

    @Test func `is full only when everything is done, and shows the same with colour`() {
        var progress = half
        progress.filesProcessed = 99_999
        #expect(progress.bar(style: style(80)).contains("99 %") && progress.bar(style: style(80)).contains("▉"))
        progress.filesProcessed = 100_000
        #expect(progress.bar(style: style(80)).contains("100 %") && !progress.bar(style: style(80)).contains("░"))
        let coloured = half.bar(style: style(100, colour: true))
        #expect(coloured.contains("\u{1B}[31m3 errors\u{1B}[0m"))
        let plain = coloured.replacing(/\u{1B}\[[0-9]*m/, with: "")
        #expect(plain == half.bar(style: style(100)))
    }

    @Test func `of nothing is no division by zero`() {
        let none = JobProgress(name: "x")
        #expect(none.bar(style: style(80)).contains("listing  0/0+"))
        #expect(none.line == "x: 0 of 0 found so far, 0.0/s, 0 series, no errors")
    }
}

@Suite struct `A table` {
    private var table: TextTable {
        var table = TextTable(columns: [.init("Patient", leastWidth: 8), .init("Date"), .init("Files", isRightAligned: true)])
        table.append(["山田^太郎", "20260131", "7"])
        table.append(["Doe^John^of the very long name", "20260201", "1,200"])
        table.append(["\u{1B}[31mred", ""])
        return table
    }

    @Test func `stands in columns, wide characters counted twice`() {
        #expect(
            table.text(style: .plain) == """
                Patient                         Date      Files
                山田^太郎                       20260131      7
                Doe^John^of the very long name  20260201  1,200
                ␛[31mred

                """)
    }

    @Test func `is cut to the terminal where it may be`() {
        let narrow = TerminalStyle(isTerminal: true, usesColour: false, usesUnicode: true, width: 36)
        let lines = table.text(style: narrow).split(separator: "\n").map(String.init)
        #expect(lines[2] == "Doe^John^of the ve…  20260201  1,200")
        for line in lines { #expect(DisplayText.width(line) <= 36) }
    }
}
