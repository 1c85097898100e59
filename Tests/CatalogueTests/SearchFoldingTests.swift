import Testing

@testable import Catalogue

@Suite struct SearchFoldingTests {
    static let table: [(String, String)] = [
        ("Müller^Jürgen", "muller jurgen"), ("GROẞ Straße", "gross strasse"), ("Østergård", "ostergard"),
        ("Łukasz Đorđević", "lukasz dordevic"),
        ("Þórður Æsir Œuvre", "thordur aesir oeuvre"), ("İbrahim Yılmaz", "ibrahim yilmaz"),
        ("O'Neill O’Brien D`Arc", "oneill obrien darc"),
        ("Mu\u{308}ller", "muller"), ("van-der-Berg, Jan", "van der berg jan"), ("ΑΘΗΝΑΣ Αθήνας", "αθηνασ αθηνασ"),
        ("Йосиф Ёлка", "иосиф елка"),
        ("ＡＢＣ　１２３", "abc 123"), ("ﾔﾏﾀﾞ^ﾀﾛｳ", "やまだ たろう"), ("ヤマダ やまだ", "やまだ やまだ"), ("パン はは", "ぱん はは"), ("頭部CT", "頭部 ct"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "yamada tarou 山田 太郎 やまだ たろう"), ("김^희중", "김 희중"), ("\u{1100}\u{1161}\u{11ab}", "간"),
        ("ﬁbula ②", "fibula 2"), ("(株)㈱", "株 株"), ("مُحَمَّد", "محمد"), ("שָׁלוֹם", "שלום"), ("Ngọc Nguyễn", "ngoc nguyen"), ("a\u{200b}b", "ab"),
        ("  ^^ == \\ ", ""), ("\u{301}", ""), ("😀", ""), ("a\0b", "a b"), ("1.5T", "1 5t"), ("paraŀlel", "parallel"), ("", ""),
        ("𝔐𝔲̈ller", "muller"),
    ]

    @Test(arguments: table) func `text is folded so that its spellings meet`(_ given: String, _ folded: String) {
        #expect(TextFolding().fold(given) == folded)
    }

    @Test(arguments: table) func `folding what is folded changes nothing`(_ given: String, _ folded: String) {
        #expect(TextFolding().fold(folded) == folded)
    }

    @Test func `every scalar folds to clean words, and again to the same`() {
        let folding = TextFolding()
        for value in (0...UInt32(0x2_ffff)).lazy.compactMap(Unicode.Scalar.init) {
            let once = folding.fold("a\(value)b")
            #expect(!once.contains("  ") && !once.hasPrefix(" ") && !once.hasSuffix(" "), "U+\(String(value.value, radix: 16))")
            #expect(
                !once.utf8.contains { $0 < 0x20 || (0x3a...0x60).contains($0) || (0x21...0x2f).contains($0) },
                "U+\(String(value.value, radix: 16))")
            #expect(folding.fold(once) == once, "U+\(String(value.value, radix: 16))")
        }
    }

    @Test func `a long value is cut`() {
        #expect(TextFolding().fold(String(repeating: "x", count: 5_000)).utf8.count == TextFolding.mostScalars)
    }
}
