import Backup
import CommandLineInterface
import Foundation
import Glibc
import Indexing

/// `fileroom backup` and `fileroom restore`.
enum BackupCommands {
    static func backup(_ options: BackupOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let destination = Context.absolute(options.folder, FileManager.default.currentDirectoryPath)
        let answer = try await context.withAPI { client in
            var call = try APICall("POST", ["api", "backup"], body: ["destination": destination])
            call.mayTakeLong = true
            return try await client.answer(call)
        }
        if options.general.writesJSON {
            try Terminal.print(String(decoding: answer.body, as: UTF8.self))
            return .done
        }
        let made = try answer.decoded(as: BackupManifest.self)
        try Terminal.print("\(destination) holds \(words(made))")
        if made.files.contains(where: { $0.name == "secret.key" }) {
            Terminal.note("It holds secret.key too, which opens the sealed passwords: keep it as safe as the data folder.")
        }
        return .done
    }

    static func restore(_ options: BackupOptions) async throws -> ExitCode {
        let context = try Context(options.general)
        let (data, source) = (context.folder, Context.absolute(options.folder, FileManager.default.currentDirectoryPath))
        let (backup, aside) = try await blocking {
            try data.create()
            guard let lock = try DataFolderLock.take(data) else {
                throw Failure("Another process uses \(data.path): stop the server before anything is restored.")
            }
            defer { withExtendedLifetime(lock) {} }
            let backup = try Backup.check(source)
            return (backup, try backup.restore(into: data, stamp: String(Int(Date().timeIntervalSince1970))))
        }
        if options.general.writesJSON {
            try Terminal.print(String(decoding: try IndexStatus.makeEncoder().encode(backup.manifest), as: UTF8.self))
        } else {
            try Terminal.print("\(data.path) holds \(words(backup.manifest)), as of \(ShownTime.minute(backup.manifest.createdAt)) UTC")
        }
        if let aside { Terminal.note("What it held before is in \(aside)") }
        return .done
    }

    private static func words(_ manifest: BackupManifest) -> String {
        let bytes = manifest.files.reduce(0) { $0 + $1.bytes }
        return "\(manifest.files.map(\.name).joined(separator: ", ")) (\(Quantity.bytes(bytes)))"
    }
}
