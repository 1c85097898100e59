import Catalogue
import CommandLineInterface
import Configuration
import FileSource
import Foundation
import Glibc
import Indexing
import Ledger

/// `fileroom doctor`: checks what the program needs, and says what to do about what is missing.
enum DoctorCommand {
    private struct Finding: Encodable {
        let check: String
        let ok: Bool
        let detail: String
    }

    static func run(_ options: GeneralOptions) async throws -> ExitCode {
        var findings: [Finding] = []
        let data: DataFolder?
        do {
            let context = try Context(options)
            let file = context.configurationFile ?? "none; every source is given on the command line"
            findings.append(
                Finding(
                    check: "configuration", ok: true,
                    detail: "\(file) (\(Quantity.count(context.configuration.sources.count, "source", "sources")))"))
            data = context.folder
        } catch {
            findings.append(Finding(check: "configuration", ok: false, detail: Failure(error).text))
            data = Context.folder(withoutConfiguration: options)
        }
        if let data {
            findings += folder(data)
            findings.append(try await blocking { catalogue(data) })
            findings.append(try await blocking { ledger(data) })
        }
        findings.append(worker())
        try show(findings, writesJSON: options.writesJSON)
        return findings.allSatisfy(\.ok) ? .done : .failure
    }

    private static func show(_ findings: [Finding], writesJSON: Bool) throws {
        if writesJSON {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.withoutEscapingSlashes, .prettyPrinted, .sortedKeys]
            try Terminal.print(String(decoding: try encoder.encode(findings), as: UTF8.self))
            return
        }
        for finding in findings {
            let mark = Terminal.outputStyle.emphasized(finding.ok ? "ok  " : "BAD ", finding.ok ? .good : .bad)
            try Terminal.print("\(mark)\(finding.check): \(DisplayText.neutralized(finding.detail))")
        }
    }

    private static func worker() -> Finding {
        do {
            return Finding(check: "SMB worker", ok: true, detail: try SMBSource.workerProgram())
        } catch {
            return Finding(check: "SMB worker", ok: false, detail: Failure(error).text)
        }
    }

    private static func folder(_ folder: DataFolder) -> [Finding] {
        // Where it is not there yet, the nearest folder above it is where it will be made.
        var nearest = folder.path
        while nearest != "/", access(nearest, F_OK) != 0 { nearest = URL(fileURLWithPath: nearest).deletingLastPathComponent().path }
        guard access(nearest + "/.", R_OK | W_OK | X_OK) == 0 else {
            let reason = errno == ENOTDIR ? "is not a folder" : "cannot be written"
            return [
                Finding(
                    check: "data folder", ok: false, detail: "\(nearest) \(reason): change that, or give another data folder with --data")
            ]
        }
        guard nearest == folder.path else {
            return [Finding(check: "data folder", ok: true, detail: "\(folder.path) will be made by the first `fileroom index`")]
        }
        var findings = [Finding(check: "data folder", ok: true, detail: folder.path)]
        var status = statvfs()
        if statvfs(folder.path, &status) == 0 {
            let free = Int(status.f_bavail) * Int(status.f_frsize)
            findings.append(
                Finding(check: "free space", ok: free > 256 << 20, detail: "\(Quantity.bytes(free)); a million files take about 500 MB"))
        }
        var attributes = stat()
        if stat(folder.path, &attributes) == 0, attributes.st_mode & 0o077 != 0 {
            findings.append(
                Finding(
                    check: "privacy", ok: false,
                    detail: "other users may look into \(folder.path), which holds patients' names: run `chmod 700`"))
        }
        return findings
    }

    @Sendable private static func catalogue(_ folder: DataFolder) -> Finding {
        do {
            let reader = try JobReader(path: folder.catalogue)
            let damage = try reader.check()
            let totals = try reader.totals()
            guard damage.isEmpty else {
                return Finding(
                    check: "catalogue", ok: false,
                    detail: "damaged (\(damage.count) findings): `fileroom index SOURCE --rebuild` sets it aside and builds it again")
            }
            return Finding(
                check: "catalogue", ok: true,
                detail:
                    "\(Quantity.count(totals.patients)) patients, \(Quantity.count(totals.studies)) studies, \(Quantity.count(totals.series)) series"
            )
        } catch let error as CatalogueError where error.code == .missing {
            return Finding(check: "catalogue", ok: true, detail: "none yet")
        } catch {
            return Finding(check: "catalogue", ok: false, detail: Failure(error).text)
        }
    }

    @Sendable private static func ledger(_ folder: DataFolder) -> Finding {
        do {
            return Finding(check: "ledger", ok: true, detail: try Ledger.check(folder: folder.path) ? "sound, with its key" : "none yet")
        } catch {
            return Finding(check: "ledger", ok: false, detail: Failure(error).text)
        }
    }
}
