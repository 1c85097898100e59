import DICOM
import Foundation
import Testing

@Suite struct `Damaged files` {
    /// Real files when `FILEROOM_TEST_DICOM` names folders of them (separated by colons), else files of every kind that the builder makes.
    static let seeds: [[UInt8]] = {
        let folders = (ProcessInfo.processInfo.environment["FILEROOM_TEST_DICOM"] ?? "").split(separator: ":").map(String.init)
        var files: [[UInt8]] = []
        for folder in folders {
            let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
            // A spread over the folder, for one series has many files that are alike.
            let sorted = names.sorted()
            for name in sorted where sorted.count <= 200 || name.utf8.reduce(0, { $0 &* 31 &+ Int($1) }) % max(1, sorted.count / 200) == 0 {
                guard let handle = FileHandle(forReadingAtPath: folder + "/" + name), let data = try? handle.read(upToCount: 8192) else {
                    continue
                }
                files.append(Array(data))
            }
        }
        return files.isEmpty ? synthetic : files
    }()

    static let synthetic: [[UInt8]] = [
        Builder.file(Builder.dataSet()), Builder.file(Builder.dataSet(.explicitBig), Builder.explicitBig),
        Builder.file(Builder.dataSet(.implicitLittle), Builder.implicitLittle), Builder.dataSet(), Builder.dataSet(.implicitLittle),
        Builder.file(`Deflated data sets`.deflate(Builder.dataSet()), Builder.deflated),
        Builder.file(
            characterSet: "\\ISO 2022 IR 87", name: `Character sets`.latin("Yamada^Tarou=\u{1B}$B;3ED\u{1B}(B^\u{1B}$BB@O:\u{1B}(B")),
        Builder.file(characterSet: "GB18030", name: `Character sets`.latin("Wang=\u{CD}\u{F5}^\u{D0}\u{A1}")),
        Builder.file(
            Builder.dataSet(in008: { data in
                data.header(0x0008, 0x1140, "SQ", nil)
                data.item()
                data.header(0x0009, 0x1001, "UN", nil)
                data.item()
                data.endItem()
                data.endSequence()
                data.endItem()
                data.endSequence()
            })),
    ]

    /// Reads it in several ways and looks at everything that came of it; the tests above say what is right, this that nothing breaks.
    static func exercise(_ file: [UInt8], firstRead: Int) {
        let whole = Header.read(file)
        #expect(Reading(file, firstRead: firstRead).outcome == whole)
        guard let header = whole.header else { return }
        #expect(Header(packed: header.packed) == header)
        for attribute in Attribute.allCases {
            #expect((header[attribute] != nil) == header.contains(attribute))
            _ = header.integer(attribute)
        }
        _ = header.deviations
    }

    @Test func `any change of any file is survived, and chunks never show`() {
        let seed = ProcessInfo.processInfo.environment["FILEROOM_TEST_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        print("FILEROOM_TEST_SEED=\(seed)")
        var generator = SplitMix(state: seed)
        for _ in 0..<4000 {
            var file = Self.seeds.randomElement(using: &generator) ?? []
            for _ in 0..<Int.random(in: 1...6, using: &generator) { Self.mutate(&file, &generator) }
            Self.exercise(file, firstRead: Int.random(in: 0...2000, using: &generator))
        }
    }

    static func mutate(_ file: inout [UInt8], _ generator: inout SplitMix) {
        guard !file.isEmpty else { return }
        // Headers are at the start.
        let place = Int.random(in: 0..<min(file.count, 2048), using: &generator)
        let interesting: [UInt8] = [0, 1, 0x1B, 0x20, 0x5C, 0x7F, 0x80, 0xFE, 0xFF]
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: file[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: file[place] = interesting.randomElement(using: &generator) ?? 0
        case 2: file.removeSubrange(place...)
        case 3: file.removeSubrange(place..<min(file.count, place + Int.random(in: 1...16, using: &generator)))
        case 4: file.insert(contentsOf: file[place..<min(file.count, place + 24)], at: Int.random(in: 0...place, using: &generator))
        default: for index in place..<min(file.count, place + 4) { file[index] = 0xFF }
        }
    }

    @Test func `findings of fuzzing stay fixed`() throws {
        let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus")
        let files = try FileManager.default.contentsOfDirectory(at: corpus, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for url in files where !url.lastPathComponent.hasPrefix(".") {
            let file = Array(try Data(contentsOf: url))
            for firstRead in [0, 16, 132, 144, 300, 8192] { Self.exercise(file, firstRead: firstRead) }
            if let header = Header(packed: file) { _ = header.deviations }
        }
    }
}

/// A generator that a seed determines.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
