import DICOM
import Testing

@Suite struct `Character sets` {
    /// Reads that name under that character set.
    static func name(_ characterSet: String?, _ bytes: [UInt8]) -> Header? {
        Header.read(Builder.file(characterSet: characterSet, name: bytes)).header
    }

    static let escape = "\u{1B}"

    /// Bytes from text in which each character is one byte.
    static func latin(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

    @Test(arguments: [
        ("ISO_IR 100", "Buc^J\u{E9}r\u{F4}me", "Buc^Jérôme"), ("ISO_IR 101", "Wa\u{B3}\u{EA}sa", "Wałęsa"), ("ISO_IR 109", "\u{A6}a", "Ĥa"),
        ("ISO_IR 110", "\u{A2}\u{B6}", "ĸļ"), ("ISO_IR 126", "\u{C4}\u{E9}\u{EF}\u{ED}", "Διον"), ("ISO_IR 127", "\u{E2}\u{C8}", "قب"),
        ("ISO_IR 138", "\u{F9}\u{F8}", "שר"), ("ISO_IR 144", "\u{BB}\u{EE}\u{DA}", "Люк"), ("ISO_IR 148", "\u{DD}\u{F0}", "İğ"),
        ("ISO_IR 166", "\u{A1}\u{D2}", "กา"), ("ISO_IR 203", "\u{A4}\u{BC}", "€Œ"),
        ("ISO_IR 13", "\u{D4}\u{CF}\u{C0}\u{DE}^\u{C0}", "ﾔﾏﾀﾞ^ﾀ"),
        ("ISO 2022 IR 100", "J\u{E9}", "Jé"),
    ])
    func `single-byte sets`(term: String, bytes: String, expected: String) {
        let header = Self.name(term, Self.latin(bytes))
        #expect(header?[.patientName] == expected)
        #expect(header?.deviations == [])
    }

    @Test func `sets that stand alone`() {
        #expect(Self.name("ISO_IR 192", Array("Wang^XiaoDong=王^小東".utf8))?[.patientName] == "Wang^XiaoDong=王^小東")
        let chinese = Self.latin("Wang^XiaoDong=\u{CD}\u{F5}^\u{D0}\u{A1}\u{B6}\u{AB}")
        for term in ["GB18030", "GBK"] {
            let header = Self.name(term, chinese)
            #expect(header?[.patientName] == "Wang^XiaoDong=王^小东")
            #expect(header?.deviations == [])
        }
        // Four bytes a character.
        #expect(Self.name("GB18030", [0x95, 0x32, 0x82, 0x36])?[.patientName] == "𠀀")
    }

    @Test func `delimiters are looked for after decoding`() {
        // The second byte of each is the separator of values, or of name components.
        #expect(Self.name("GB18030", [0x81, 0x5C, 0x5E, 0x41])?[.patientName] == "乗^A")
        #expect(Self.name("GBK", [0x81, 0x5E, 0x5E, 0x41])?[.patientName] == "乛^A")
        // 0x3D is the first byte of the one kanji, 0x5E the second of the other, and 0x5C that of the third.
        let name = Self.latin("A=\u{1B}$B=U0^0\\\u{1B}(B^B")
        let header = Self.name("\\ISO 2022 IR 87", name)
        #expect(header?[.patientName] == "A=春緯移^B")
        #expect(header?.deviations == [])
    }

    @Test(arguments: [
        // The examples of PS3.5 Annex H and I.
        (
            "\\ISO 2022 IR 87", "Yamada^Tarou=\u{1B}$B;3ED\u{1B}(B^\u{1B}$BB@O:\u{1B}(B=\u{1B}$B$d$^$@\u{1B}(B^\u{1B}$B$?$m$&\u{1B}(B",
            "Yamada^Tarou=山田^太郎=やまだ^たろう"
        ),
        (
            "ISO 2022 IR 13\\ISO 2022 IR 87",
            "\u{D4}\u{CF}\u{C0}\u{DE}^\u{C0}\u{DB}\u{B3}=\u{1B}$B;3ED\u{1B}(J^\u{1B}$BB@O:\u{1B}(J=\u{1B}$B$d$^$@\u{1B}(J^\u{1B}$B$?$m$&\u{1B}(J",
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"
        ),
        (
            "\\ISO 2022 IR 149",
            "Hong^Gildong=\u{1B}$)C\u{FB}\u{F3}^\u{1B}$)C\u{D1}\u{CE}\u{D4}\u{D7}=\u{1B}$)C\u{C8}\u{AB}^\u{1B}$)C\u{B1}\u{E6}\u{B5}\u{BF}",
            "Hong^Gildong=洪^吉洞=홍^길동"
        ),
        ("\\ISO 2022 IR 58", "Zhang^XiaoDong=\u{1B}$)A\u{D5}\u{C5}^\u{1B}$)A\u{D0}\u{A1}\u{B6}\u{AB}=", "Zhang^XiaoDong=张^小东="),
        ("\\ISO 2022 IR 159", "A=\u{1B}$(D0!\u{1B}(B^B", "A=丂^B"),
        ("ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 126", "\u{E9}\u{1B}-L\u{BB}\u{1B}-F\u{C4}^\u{E9}", "éЛΔ^é"),
        ("\\ISO 2022 IR 203", "\u{1B}-b\u{A4}", "€"),
    ])
    func `code extensions`(terms: String, bytes: String, expected: String) {
        let header = Self.name(terms, Self.latin(bytes))
        #expect(header?[.patientName] == expected)
        #expect(header?.deviations == [])
    }

    @Test func `a set is left at delimiters and line ends, in text only where text has them`() {
        let bytes = Self.latin("\u{1B}-F\u{C4}^\u{E9}")
        #expect(Self.name("ISO 2022 IR 100\\ISO 2022 IR 126", bytes)?[.patientName] == "Δ^é")
        let data = Builder.dataSet(
            characterSet: "ISO 2022 IR 100\\ISO 2022 IR 126",
            in008: { data in
                data.element(0x0008, 0x1030, "LO", bytes)
                data.element(0x0008, 0x103E, "LO", Self.latin("\u{1B}-F\u{C4}\r\u{E9}"))
                data.element(0x0008, 0x1090, "LO", Self.latin("\u{1B}-F\u{C4}\\\u{E9}"))
            })
        let header = Header.read(Builder.file(data)).header
        #expect(header?[.studyDescription] == "Δ^ι")
        #expect(header?[.seriesDescription] == "Δ\ré")
        #expect(header?[.manufacturerModelName] == "Δ\\é")
    }

    @Test func `a writer that forgets to switch back before a delimiter is understood`() {
        let header = Self.name("\\ISO 2022 IR 87", Self.latin("A=\u{1B}$B;3ED=\u{1B}$B$d$^\u{1B}(B"))
        #expect(header?[.patientName] == "A=山田=やま")
        #expect(header?.allDeviations == .undecodableText)
    }

    @Test func `a Korean or Chinese set that is not invoked again is still meant`() {
        let header = Self.name("\\ISO 2022 IR 149", Self.latin("Hong=\u{1B}$)C\u{FB}\u{F3}^\u{D1}\u{CE}"))
        #expect(header?[.patientName] == "Hong=洪^吉")
        #expect(header?.allDeviations == .undeclaredCharacters)
    }

    @Test(arguments: [
        ("ISO_IR_100", "é"), ("ISO-IR 100", "é"), ("iso_ir 100", "é"), ("ISO 2022-IR-100", "é"), ("ISO_2022_IR_144", "щ"),
        ("ISO IR 144", "щ"), ("latin1", "é"),
    ])
    func `misspelt terms are understood, and noted`(term: String, expected: String) {
        let header = Self.name(term, [0xE9])
        #expect(header?[.patientName] == expected)
        #expect(header?.allDeviations == .misspeltCharacterSet)
    }

    @Test func `without a usable declaration UTF-8 is taken for what it is, and all else for Latin-1`() {
        for term in [nil, "", "ISO_IR 6", "ISO_IR 999", "nonsense"] {
            #expect(Self.name(term, Array("Zażółć^山".utf8))?[.patientName] == "Zażółć^山")
            let latin = Self.name(term, [0x4A, 0xE9])
            #expect(latin?[.patientName] == "Jé")
            #expect(latin?.allDeviations.contains(.undeclaredCharacters) == true)
        }
        #expect(Self.name("ISO_IR 999", Array("Doe".utf8))?.allDeviations == .unknownCharacterSet)
        #expect(Self.name("\\ISO_IR 192", Array("é".utf8))?[.patientName] == "é")
    }

    @Test func `what is not defined becomes a replacement character, and nothing is lost around it`() {
        for (term, bytes) in [
            ("ISO_IR 192", [0x41, 0xFF, 0x42]), ("ISO_IR 109", [0x41, 0xA5, 0x42]), ("GBK", [0x41, 0xFF, 0x42]),
            ("ISO_IR 166", [0x41, 0xFF, 0x42]),
        ] as [(String, [UInt8])] {
            let header = Self.name(term, bytes)
            #expect(header?[.patientName] == "A\u{FFFD}B", "\(term)")
            #expect(header?.allDeviations == .undecodableText)
        }
        // Half a character at the end.
        #expect(Self.name("GB18030", [0x41, 0xCD])?[.patientName] == "A\u{FFFD}")
        #expect(Self.name("\\ISO 2022 IR 149", Self.latin("\u{1B}$)C\u{FB}"))?[.patientName] == "\u{FFFD}")
        #expect(Self.name("ISO_IR 100", Self.latin("A\u{1B}(ZB"))?[.patientName] == "A\u{FFFD}(ZB")
    }

    @Test func `Shift JIS under the name of its single-byte part is understood`() {
        // The second byte of this character is the separator of values.
        #expect(Self.name("ISO_IR 13", [0x95, 0x5C, 0x8E, 0xA6])?[.patientName] == "表示")
    }

    @Test func `padding is no part of a value, nor of one of several`() {
        let data = Builder.dataSet(in008: { data in
            data.element(0x0008, 0x1030, "LO", "  a b \\ c \\\\d  ")
            data.element(0x0008, 0x103E, "LO", "   ")
            data.element(0x0008, 0x1090, "LO", "x\0\0\0")
        })
        let header = Header.read(Builder.file(data)).header
        #expect(header?[.studyDescription] == "a b\\c\\\\d")
        #expect(header?[.seriesDescription] == "")
        #expect(header?[.manufacturerModelName] == "x")
        #expect(header?[.protocolName] == nil)
    }

    @Test func `many threads decode at once`() async {
        let header = Self.name("\\ISO 2022 IR 87", Self.latin("Yamada=\u{1B}$B;3ED\u{1B}(B"))
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<500).allSatisfy { _ in header?[.patientName] == "Yamada=山田" } }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
