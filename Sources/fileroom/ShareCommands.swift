import CommandLineInterface
import Foundation

/// `fileroom share …`
enum ShareCommands {
    static func run(_ options: ShareOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        switch options.action {
        case .create: try await create(options, context)
        case .list: try await list(options, context)
        case .log: try await log(options, context)
        case .statistics: try await statistics(options, context)
        case .show, .extend, .unlock: try await one(options, context)
        case .revoke:
            let call = try APICall("DELETE", ["api", "shares", options.id])
            _ = try await context.withAPI { try await $0.answer(call) }
            if !options.general.writesJSON { try Terminal.print("Share \(options.id) is revoked") }
        }
        return .done
    }

    // MARK: Making one

    private static func create(_ options: ShareOptions, _ context: Context) async throws {
        // Asked for before anybody waits for us.
        let call = try APICall("POST", ["api", "shares"], body: NewShare(options, password: try password(options), now: Date()))
        let answer = try await context.withAPI { try await $0.answer(call) }
        if options.general.writesJSON { return try Terminal.print(String(decoding: answer.body, as: UTF8.self)) }
        let made = try answer.decoded(as: MadeShare.self)
        Terminal.note(
            "Share \(made.share.id) of \(made.share.contents), until \(ShownTime.minute(made.share.expiresAt)) UTC. Its link is shown this once:"
        )
        try Terminal.print(made.link)
        if options.showsQRCode { try Terminal.print(QRText.text(rows: made.qr.rows, isColored: Terminal.outputStyle.usesColour)) }
    }

    /// The recipient's password; nil for none.
    private static func password(_ options: ShareOptions) throws -> String? {
        guard options.asksForPassword || options.passwordFile != nil else { return nil }
        return try NewPassword.ask("Password for the recipient:", file: options.passwordFile)
    }

    /// As the API takes it; what is nil is as usual.
    private struct NewShare: Encodable, Sendable {
        /// Whether it is a study's or a series', the server finds out.
        struct Item: Encodable, Sendable { var uid: String }
        var items: [Item]
        var expiresAt, password, note, policy, language: String?
        var maxDownloads: Int?
        var showsPatient, confirmConflict: Bool?

        init(_ options: ShareOptions, password: String?, now: Date) throws {
            items = options.uids.map(Item.init)
            expiresAt = try options.expiry.map { try ShownTime.end(of: $0, now: now) }
            (self.password, note, maxDownloads) = (password, options.note, options.maxDownloads)
            (policy, language) = (options.policy?.rawValue, options.language?.rawValue)
            showsPatient = options.showsPatient ? true : nil
            confirmConflict = options.confirmsConflict ? true : nil
        }
    }

    private struct MadeShare: Decodable {
        struct Code: Decodable { var rows: [String] }
        var share: ListedShare
        var link: String
        var qr: Code
    }

    // MARK: One share

    private static func one(_ options: ShareOptions, _ context: Context) async throws {
        struct Change: Encodable, Sendable {
            var expiresAt: String?
            var locked: Bool?
        }
        let path = ["api", "shares", options.id]
        let call =
            switch options.action {
            case .extend:
                try APICall("PATCH", path, body: Change(expiresAt: try options.expiry.map { try ShownTime.end(of: $0, now: Date()) }))
            case .unlock: try APICall("PATCH", path, body: Change(locked: false))
            default: try APICall("GET", path)
            }
        let answer = try await context.withAPI { try await $0.answer(call) }
        if options.general.writesJSON { return try Terminal.print(String(decoding: answer.body, as: UTF8.self)) }
        try Terminal.print(try answer.decoded(as: ListedShare.self).description)
    }
}
