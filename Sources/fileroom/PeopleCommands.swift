import CommandLineInterface
import Configuration
import Foundation

/// `fileroom user …`
enum UserCommands {
    private struct User: Codable, Sendable {
        var name: String
        var role: String
        var isDisabled: Bool
        var createdAt: String
        var lastSignInAt: String?
    }
    private struct Users: Codable, Sendable { var users: [User] }
    private struct NewUser: Encodable, Sendable { var name, role, password: String }
    /// What is nil stays as it is.
    private struct Change: Encodable, Sendable {
        var role: String?
        var isDisabled: Bool?
        var password: String?
    }

    static func run(_ options: UserOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        // Asked for before anybody waits for us.
        let password = options.needsPassword ? try NewPassword.ask("New password of \(options.name):", file: options.passwordFile) : nil
        let call = try call(options, password: password)
        let answer = try await context.withAPI { try await $0.answer(call) }
        if options.general.writesJSON {
            try Terminal.print(String(decoding: answer.body, as: UTF8.self))
        } else if options.action == .list {
            try Terminal.print(table(try answer.decoded(as: Users.self).users))
        } else {
            try Terminal.print(words(try answer.decoded(as: User.self), options.action))
        }
        return .done
    }

    private static func call(_ options: UserOptions, password: String?) throws -> APICall {
        let role = options.role?.rawValue
        func change(_ change: Change) throws -> APICall { try APICall("PATCH", ["api", "users", options.name], body: change) }
        switch options.action {
        case .list: return try APICall("GET", ["api", "users"])
        case .add:
            return try APICall(
                "POST", ["api", "users"], body: NewUser(name: options.name, role: role ?? "", password: password ?? ""))
        case .changePassword: return try change(Change(password: password))
        case .disable: return try change(Change(isDisabled: true))
        case .enable: return try change(Change(isDisabled: false))
        case .changeRole: return try change(Change(role: role))
        }
    }

    private static func words(_ user: User, _ action: UserOptions.Action) -> String {
        switch action {
        case .add: "\(user.name) can sign in as \(user.role)"
        case .changePassword: "\(user.name) has a new password, and no session any more"
        case .disable: "\(user.name) can no longer sign in"
        case .enable: "\(user.name) can sign in again"
        case .changeRole, .list: "\(user.name) is \(user.role)"
        }
    }

    private static func table(_ users: [User]) -> String {
        guard !users.isEmpty else { return "There is no user yet: `fileroom user add NAME --role admin` adds the first." }
        var table = TextTable(columns: [.init("NAME"), .init("ROLE"), .init("STATE"), .init("SINCE"), .init("LAST SIGN-IN")])
        for user in users {
            table.append([
                user.name, user.role, user.isDisabled ? "disabled" : "active", ShownTime.day(user.createdAt),
                user.lastSignInAt.map(ShownTime.minute) ?? "never",
            ])
        }
        return table.text(style: Terminal.outputStyle)
    }
}

extension UserOptions {
    fileprivate var needsPassword: Bool { action == .add || action == .changePassword }
}

/// `fileroom key …`
enum KeyCommands {
    private struct Key: Codable, Sendable {
        var id: Int64
        var name: String
        var role: String
        var createdBy: String
        var createdAt: String
        var expiresAt: String?
        var lastUsedAt: String?
        var revokedAt: String?
        /// Only of a new one.
        var key: String?
    }
    private struct Keys: Codable, Sendable { var keys: [Key] }
    private struct NewKey: Encodable, Sendable {
        var name: String
        var role: String
        var expiresAt: String?
    }

    static func run(_ options: KeyOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let call = try call(options)
        let answer = try await context.withAPI { try await $0.answer(call) }
        if options.general.writesJSON {
            if options.action != .revoke { try Terminal.print(String(decoding: answer.body, as: UTF8.self)) }
            return .done
        }
        switch options.action {
        case .list: try Terminal.print(table(try answer.decoded(as: Keys.self).keys))
        case .revoke: try Terminal.print("Key \(options.id) is revoked")
        case .create:
            let key = try answer.decoded(as: Key.self)
            let end = key.expiresAt.map { "ends \(ShownTime.minute($0)) UTC" } ?? "does not end by itself"
            Terminal.note("Key \(key.id), \"\(key.name)\", is \(key.role) and \(end). It is shown this once:")
            try Terminal.print(key.key ?? "")
        }
        return .done
    }

    private static func call(_ options: KeyOptions) throws -> APICall {
        switch options.action {
        case .list: return try APICall("GET", ["api", "keys"])
        case .revoke: return try APICall("DELETE", ["api", "keys", String(options.id)])
        case .create:
            let role = options.role?.rawValue ?? ""
            let expiry = try options.expiry.map { try ShownTime.end(of: $0, now: Date()) }
            // Names are there once.
            let name =
                options.name
                ?? "\(role)-\(Date().formatted(.iso8601.timeZoneSeparator(.omitted).dateSeparator(.omitted).timeSeparator(.omitted)))"
            return try APICall("POST", ["api", "keys"], body: NewKey(name: name, role: role, expiresAt: expiry))
        }
    }

    private static func table(_ keys: [Key]) -> String {
        guard !keys.isEmpty else { return "There is no key." }
        var table = TextTable(columns: [
            .init("ID", isRightAligned: true), .init("NAME"), .init("ROLE"), .init("STATE"), .init("MADE BY"), .init("LAST USED"),
        ])
        for key in keys {
            let state =
                key.revokedAt.map { "revoked \(ShownTime.day($0))" } ?? key.expiresAt.map { "until \(ShownTime.minute($0))" } ?? "active"
            table.append([String(key.id), key.name, key.role, state, key.createdBy, key.lastUsedAt.map(ShownTime.minute) ?? "never"])
        }
        return table.text(style: Terminal.outputStyle)
    }
}

/// A password that is given to Fileroom, not to a NAS.
enum NewPassword {
    /// - Throws: ``Failure`` when there is none: no file, nobody to ask, or two that differ.
    static func ask(_ question: String, file: String?) throws -> String {
        if let file {
            let found = try PasswordFile.read(file)
            if let warning = found.warning { Terminal.note(warning) }
            return found.secret.reveal()
        }
        guard let typed = PasswordPrompt.ask(question), let again = PasswordPrompt.ask("The same again:") else {
            throw Failure("A password is needed. Give it with --password-file where there is no terminal to ask on.", .usage)
        }
        guard typed == again else { throw Failure("The two passwords differ. Nothing was changed.", .usage) }
        return typed
    }
}

/// Times of the API for people, and back.
enum ShownTime {
    /// `2026-01-31T12:34:56.789Z` as `2026-01-31`.
    static func day(_ time: String) -> String { String(time.prefix(10)) }

    /// `2026-01-31T12:34:56.789Z` as `2026-01-31 12:34`.
    static func minute(_ time: String) -> String { String(time.prefix(16)).replacing("T", with: " ") }

    /// When something ends, as the API takes it.
    static func end(of expiry: KeyOptions.Expiry, now: Date) throws -> String {
        switch expiry {
        case .on(let day): return "\(day)T23:59:59.999Z"
        case .after(let hours):
            let format = Date.ISO8601FormatStyle.iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(
                separator: .omitted)
            return now.addingTimeInterval(Double(hours) * 3_600).formatted(format)
        }
    }
}
