import Testing

@testable import Indexing

@Suite struct NameFilterTests {
    @Test(
        arguments: [
            ("IM0001", true), ("a.dcm", true), ("A.DCM", true), ("x.ima", true), ("x.dicom", true), ("1.2.840.10008.5", true),
            ("DICOMDIR", true),
            ("readme.txt", false), (".DS_Store", false), ("x.jpg", false), ("a.b.zip", false), ("名前", true), ("trailing.", true),
        ])
    func `a name tells whether a file may be DICOM`(name: String, isCandidate: Bool) {
        #expect(NameFilter().accepts(file: Array(name.utf8)) == isCandidate)
        #expect(NameFilter(acceptsAllNames: true).accepts(file: Array(name.utf8)))
    }

    @Test func `a NAS's own folders are left out`() {
        #expect(!NameFilter().accepts(folder: Array("#recycle".utf8)))
        #expect(NameFilter().accepts(folder: Array("archive".utf8)))
    }
}
