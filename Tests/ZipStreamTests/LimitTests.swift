import Testing

@testable import ZipStream

/// Numbers of 64 bits, where and only where 32 or 16 do not suffice.
struct LimitTests {
    private let wide: [UInt8] = [0x01, 0x00]

    @Test(arguments: [(0xFFFF_FFFE, false), (0xFFFF_FFFF, true), (0x1_0000_0000, true)] as [(UInt64, Bool)])
    func `a size needs 64 bits from 0xFFFFFFFF on`(_ size: UInt64, _ isWide: Bool) {
        let record = EntryRecord(ZipEntry(path: "a", size: size, modifiedUnixSeconds: 1 << 40), offset: 0)
        let lengths = isWide ? (51, 24, 67) : (31, 16, 47)
        #expect((record.localHeader.count, record.descriptor(crc: 0).count, record.directoryRecord(crc: 0).count) == lengths)
        #expect((record.localHeaderLength, record.descriptorLength, record.directoryRecordLength) == lengths)
        #expect(record.localHeader[4] == (isWide ? 45 : 20) && record.directoryRecord(crc: 0)[6] == (isWide ? 45 : 20))
        #expect(Array(record.localHeader[14..<26]) == [0, 0, 0, 0] + [UInt8](repeating: isWide ? 0xFF : 0, count: 8))
    }

    @Test(arguments: [(0xFFFF_FFFE, false), (0xFFFF_FFFF, true)] as [(UInt64, Bool)])
    func `an offset needs 64 bits from 0xFFFFFFFF on, in the directory alone`(_ offset: UInt64, _ isWide: Bool) {
        let record = EntryRecord(ZipEntry(path: "a", size: 5, modifiedUnixSeconds: 1 << 40), offset: offset)
        #expect(record.localHeader.count == 31 && record.descriptor(crc: 0).count == 16)
        #expect(record.directoryRecord(crc: 0).count == (isWide ? 59 : 47) && record.directoryRecordLength == (isWide ? 59 : 47))
    }

    @Test(arguments: [
        (ZipLayout(count: 65_534, directoryOffset: 0xFFFF_FFFE, directoryLength: 0xFFFF_FFFE), 22),
        (ZipLayout(count: 65_535, directoryOffset: 5, directoryLength: 5), 98),
        (ZipLayout(count: 1, directoryOffset: 0xFFFF_FFFF, directoryLength: 5), 98),
        (ZipLayout(count: 1, directoryOffset: 5, directoryLength: 0xFFFF_FFFF), 98),
    ]) func `the end needs 64 bits for 65,535 entries, or a directory that is far or long`(_ layout: ZipLayout, _ length: Int) {
        #expect(layout.end.count == length)
        #expect(layout.length == layout.directoryOffset + layout.directoryLength + UInt64(length))
    }

    @Test func `a name that is empty or too long is refused`() {
        for path in ["", String(repeating: "é", count: 32_768)] {
            var sizer = ZipSizer()
            #expect(throws: ZipError.self) { try sizer.add(ZipEntry(path: path, size: 0, modifiedUnixSeconds: 0)) }
        }
    }

    @Test(
        arguments: [
            (315_532_800, 0x0021, 0), (0, 0x0021, 0), (951_782_399, 0x285C, 0xBF7D), (951_782_400, 0x285D, 0), (4_107_542_400, 0xF061, 0),
            (1 << 40, 0xFF9F, 0xBF7D),
        ] as [(Int64, UInt16, UInt16)])
    func `a time is told in DOS's years, in UTC`(_ seconds: Int64, _ date: UInt16, _ time: UInt16) {
        let told = DOSTime(unixSeconds: seconds)
        #expect((told.date, told.time) == (date, time))
    }
}
