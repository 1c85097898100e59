import Foundation
import QRCode
import Testing

@Suite struct `A QR code` {
    @Test(
        arguments: [
            "https://fileroom.example/s/kY2nQx0pT7vWc3s5mHbZ8uL1aRfGdEoJ4iNqXyV6tBg", "https://[2001:db8::7]:8443/s/-_", "A",
            String(repeating: "long", count: 582),
        ])
    func `is read back by another program as the text that it was made of`(text: String) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).pgm")
        defer { try? FileManager.default.removeItem(at: file) }
        try picture(of: QRCode(text)).write(to: file)
        let (reader, output) = (Process(), Pipe())
        reader.executableURL = URL(filePath: "/usr/bin/env")
        reader.arguments = ["zbarimg", "--quiet", "--raw", "--nodbus", "-Sdisable", "-Sqrcode.enable", file.path]
        reader.standardOutput = output
        try reader.run()
        let read = try output.fileHandleForReading.readToEnd() ?? Data()
        reader.waitUntilExit()
        #expect(String(decoding: read, as: UTF8.self) == text + "\n")
    }

    @Test func `has rows of its own length, and is always the same`() throws {
        let code = try QRCode("https://fileroom.example/s/x")
        #expect(code.rows.count == code.size && code.rows.allSatisfy { $0.count == code.size && $0.allSatisfy { "01".contains($0) } })
        // The finder patterns in three corners. Source: ISO/IEC 18004 §5.3.2.
        #expect(code.rows[0].hasPrefix("1111111") && code.rows[0].hasSuffix("1111111"))
        #expect(code.rows[code.size - 1].hasPrefix("1111111") && code.rows[1].hasPrefix("1000001"))
        #expect(try QRCode("https://fileroom.example/s/x") == code)
    }

    @Test(arguments: ["", String(repeating: "x", count: 2_332)])
    func `is not made of nothing, nor of more than it holds`(text: String) {
        #expect(throws: QRCodeError.self) { try QRCode(text) }
    }

    /// Four pixels a module, in the form of Netpbm's pgm(5).
    private func picture(of code: QRCode) -> Data {
        let (scale, border) = (4, QRCode.quietZone)
        let side = (code.size + 2 * border) * scale
        var picture = Data("P5\n\(side) \(side)\n255\n".utf8)
        for y in 0..<side {
            for x in 0..<side {
                let (row, column) = (y / scale - border, x / scale - border)
                let isInside = (0..<code.size).contains(row) && (0..<code.size).contains(column)
                picture.append(isInside && code[row, column] ? 0 : 255)
            }
        }
        return picture
    }
}
