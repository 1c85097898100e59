import Testing

@testable import CommandLineInterface

@Suite struct ShareArgumentTests {
    private func options(_ line: String) throws -> ShareOptions? {
        guard case .share(let options) = try Command(arguments: line.split(separator: " ").map(String.init)) else { return nil }
        return options
    }

    @Test func `a share is described by its options`() throws {
        var expected = ShareOptions(.create)
        (expected.uids, expected.expiry, expected.asksForPassword, expected.maxDownloads) = (["1.2", "1.3"], .after(hours: 48), true, 3)
        (expected.note, expected.policy, expected.language) = ("Gruß", .manifest, .de)
        (expected.showsPatient, expected.confirmsConflict, expected.showsQRCode) = (true, true, true)
        let line = """
            share create 1.2 1.3 --expires 48h --ask --max-downloads 3 --note Gruß --policy manifest --language de --show-patient \
            --confirm-conflict --qr
            """
        #expect(try options(line) == expected)
        #expect(try options("share extend k3v9m2xq7p4t --expires 2026-12-24")?.expiry == .on("2026-12-24"))
        #expect(try options("share list --state used_up --limit 5")?.state == .usedUp)
    }

    @Test(arguments: [
        ("share create", "UID is missing"), ("share create 1.2 --ask --password-file f", "exclude each other"),
        ("share create 1.2 --max-downloads 0", "a number from 1 to"), ("share create 1.2 --policy lax", "one of strict, manifest"),
        ("share create 1.2 --password x", "is not taken from the arguments"), ("share extend k3v9m2xq7p4t", "--expires is missing"),
        ("share show", "ID is missing"), ("share", "one of create, list"),
    ])
    func `what is wrong is said`(_ line: String, _ said: String) {
        do {
            _ = try Command(arguments: line.split(separator: " ").map(String.init))
            Issue.record("\(line) was taken")
        } catch {
            #expect("\(error)".contains(said), "\(error)")
        }
    }

    @Test func `a QR code is dark on light, with its quiet zone, whether the terminal shows colours or not`() {
        let plain = QRText.text(rows: ["10", "01"], quietZone: 1, isColored: false)
        #expect(plain == "█▀██\n██▄█\n")
        let colored = QRText.text(rows: ["10", "01"], quietZone: 1, isColored: true)
        #expect(colored == "\u{1B}[30;107m ▄  \u{1B}[0m\n\u{1B}[30;107m  ▀ \u{1B}[0m\n")
    }
}
