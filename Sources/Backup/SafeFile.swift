internal import Cryptography
internal import Foundation
internal import Glibc

/// Files that are whole and on the disk before anybody counts on them, and for their owner's eyes only.
enum SafeFile {
    /// Source: `copy_file_range(2)` would keep holes; these files have none.
    static func copy(_ source: String, to target: String) throws(BackupError) {
        let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw BackupError("\(target) cannot be made", errno: errno) }
        defer { close(output) }
        try eachPiece(of: source) { piece throws(BackupError) in try write(piece, to: output, target) }
    }

    static func write(_ data: Data, to target: String) throws {
        let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw BackupError("\(target) cannot be made", errno: errno) }
        defer { close(output) }
        let bytes = Array(data)
        try bytes.withUnsafeBytes { try write($0, to: output, target) }
        guard fsync(output) == 0 else { throw BackupError("\(target) cannot be written", errno: errno) }
    }

    /// Makes a file its owner's alone, and brings it to stable storage.
    static func settle(_ path: String) throws(BackupError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BackupError("\(path) cannot be opened", errno: errno) }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0 else { throw BackupError("\(path) cannot be written", errno: errno) }
    }

    static func settleFolder(_ path: String) throws(BackupError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BackupError("\(path) cannot be opened", errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw BackupError("\(path) cannot be written", errno: errno) }
    }

    static func rename(_ source: String, to target: String) throws(BackupError) {
        guard Glibc.rename(source, target) == 0 else { throw BackupError("\(source) cannot be moved to \(target)", errno: errno) }
    }

    /// What the manifest says of a file.
    static func entry(_ name: String, in folder: String) throws(BackupError) -> BackupManifest.Entry {
        var digest = SHA256Stream()
        var count = 0
        try eachPiece(of: "\(folder)/\(name)") { piece throws(BackupError) in
            digest.update(piece)
            count += piece.count
        }
        let digits = digest.finish().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return BackupManifest.Entry(name: name, bytes: count, sha256: digits)
    }

    private static func eachPiece(of path: String, _ body: (UnsafeRawBufferPointer) throws(BackupError) -> Void) throws(BackupError) {
        let input = open(path, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw BackupError("\(path) cannot be opened", errno: errno) }
        defer { close(input) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = read(input, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw BackupError("\(path) cannot be read", errno: errno) }
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to output: Int32, _ name: String) throws(BackupError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(output, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw BackupError("\(name) cannot be written", errno: errno) }
            rest = rest.dropFirst(count)
        }
    }
}
