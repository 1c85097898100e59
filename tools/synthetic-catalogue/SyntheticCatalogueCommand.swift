internal import Catalogue
internal import Glibc
internal import SyntheticCatalogue

/// `synthetic-catalogue FILE SERIES [SEED [INSTANCES-PER-SERIES]] [--unmerged]`: makes a catalogue of invented patients.
@main
enum SyntheticCatalogueCommand {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst().map { $0 }
        guard arguments.count >= 2, let count = Int(arguments[1]) else {
            print("usage: synthetic-catalogue FILE SERIES [SEED [INSTANCES-PER-SERIES]] [--unmerged]")
            exit(64)
        }
        let seed = arguments.count > 2 ? UInt64(arguments[2]) ?? 1 : 1
        let instances = arguments.count > 3 ? Int(arguments[3]) ?? 1 : 1
        let connection = try CatalogueFile.openForWriting(arguments[0])
        let start = ContinuousClock.now
        try SyntheticCatalogue(seriesCount: count, seed: seed, instancesPerSeries: instances).write(to: connection) { done in
            if done % 50_000 < 6_000 { print("\(done) series, \(start.duration(to: .now))") }
        }
        guard !arguments.contains("--unmerged") else { return }
        var isFirst = true
        while try SearchIndex.merge(connection, isFirst: isFirst, pages: 1_000) { isFirst = false }
        print("done, \(start.duration(to: .now))")
    }
}
