import DICOM
import Glibc

/// Prints one JSON line for each file: what it is, its wanted attributes, and what was wrong with it. Reads as indexing does: a little from
/// the start, then only what is asked for.
///
///     header-dump [--first-read BYTES] FILE...     (or the paths on standard input, one a line)
@main
struct HeaderDump {
    static func main() {
        var arguments = CommandLine.arguments.dropFirst()
        var firstRead = 8192
        if arguments.first == "--first-read", arguments.count >= 2 {
            firstRead = max(1, Int(arguments.dropFirst().first ?? "") ?? firstRead)
            arguments = arguments.dropFirst(2)
        }
        if arguments.isEmpty {
            while let path = readLine(strippingNewline: true) { print(line(for: path, firstRead)) }
        } else {
            for path in arguments { print(line(for: path, firstRead)) }
        }
    }

    static func line(for path: String, _ firstRead: Int) -> String {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return "{\"path\":\(json(path)),\"outcome\":\"unreadable\"}" }
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        var reads = 0
        let outcome = read(descriptor, UInt64(max(0, status.st_size)), firstRead, &reads)
        switch outcome {
        case .directory: return "{\"path\":\(json(path)),\"outcome\":\"directory\",\"reads\":\(reads)}"
        case .notDICOM(let reason): return "{\"path\":\(json(path)),\"outcome\":\"notDICOM\",\"reason\":\(json(reason)),\"reads\":\(reads)}"
        case .instance(let header):
            let attributes = Attribute.allCases.compactMap { attribute in
                header[attribute].map { "\(json(attribute.keyword)):\(json($0))" }
            }
            let deviations = header.deviations.map(json)
            return
                "{\"path\":\(json(path)),\"outcome\":\"instance\",\"reads\":\(reads),\"attributes\":{\(attributes.joined(separator: ","))},"
                + "\"deviations\":[\(deviations.joined(separator: ","))]}"
        }
    }

    static func read(_ descriptor: Int32, _ size: UInt64, _ firstRead: Int, _ reads: inout Int) -> HeaderOutcome {
        var reader = HeaderReader(fileSize: size)
        var offset: UInt64 = 0
        var count = firstRead
        while true {
            var buffer = [UInt8](repeating: 0, count: count)
            let got = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
            reads += 1
            let progress = buffer.withUnsafeBytes { reader.consume(UnsafeRawBufferPointer(rebasing: $0[..<max(0, got)]), at: offset) }
            switch progress {
            case .finished(let outcome): return outcome
            case .needs(let next, let more): (offset, count) = (next, more)
            }
        }
    }

    static func json(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
