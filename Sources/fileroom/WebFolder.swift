import CommandLineInterface
import Foundation

/// Finds the pages: the configured folder, or the one that came with the program.
enum WebFolder {
    /// - Returns: nil when there are none, which leaves the API.
    /// - Throws: ``Failure`` when the configured one holds no pages.
    static func find(configured: String?, program: String) throws -> String? {
        if let configured {
            guard isOne(configured) else {
                throw Failure("\(configured), which \"web_folder\" names, holds no index.html.", .usage)
            }
            return configured
        }
        var folder = URL(fileURLWithPath: program).resolvingSymlinksInPath().deletingLastPathComponent()
        // Installed: beside the program, or in PREFIX/share. From the repository: some folders above the build.
        for _ in 0..<6 {
            for candidate in [folder.appending(path: "web").path, folder.appending(path: "share/fileroom/web").path] where isOne(candidate)
            {
                return candidate
            }
            folder = folder.deletingLastPathComponent()
        }
        return nil
    }

    private static func isOne(_ folder: String) -> Bool { FileManager.default.fileExists(atPath: folder + "/index.html") }

    /// The program's own file.
    static var program: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}
