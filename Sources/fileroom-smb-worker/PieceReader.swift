import Glibc
import SMBWire

/// Reads pieces of files, and keeps the last file open for a moment: the next piece is often of the same one.
///
/// For a moment only: others can neither rename nor delete an open file, and as long as a file is open Samba goes on telling the time that it had
/// when it was opened, unless it is changed through Samba itself.
final class PieceReader {
    private struct OpenFile {
        let path: [UInt8]
        let handle: OpaquePointer
        let status: OpenWatch.Status
        let opened: UInt64
    }

    private let share: Share
    private let buffer: UnsafeMutableRawBufferPointer
    private var kept: OpenFile?

    /// How long a file is kept open at most, and how long without being read, in nanoseconds.
    private static let longest: UInt64 = 250_000_000
    static let idle: UInt64 = 20_000_000

    /// - Parameter buffer: where what is read goes.
    init(share: Share, into buffer: UnsafeMutableRawBufferPointer) { (self.share, self.buffer) = (share, buffer) }

    /// Whether a file is open, and to be closed soon.
    var hasOpenFile: Bool { kept != nil }

    func close() {
        if let kept { share.close(kept.handle) }
        kept = nil
    }

    /// Reads a piece, and says what the file is: as it was opened for the piece, or, where it was open before, as it is after that.
    func read(_ path: [UInt8], offset: UInt64, count: Int) throws(WorkerFailure) -> WireData {
        if let kept, kept.path != path || Monotonic.now() - kept.opened >= Self.longest { close() }
        do throws(WorkerFailure) {
            let known = kept
            let file = if let known { known } else { try open(path) }
            // Asking for more than there is costs another round trip.
            let wanted = Int(min(UInt64(count), file.status.size - min(offset, file.status.size)))
            let got = try share.read(file.handle, offset: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
            let status = known == nil ? file.status : try share.status(file.handle)
            if wanted < count || offset + UInt64(got) >= status.size { close() }
            return WireData(count: UInt32(got), size: status.size, modified: status.modified)
        } catch {
            close()
            throw error
        }
    }

    private func open(_ path: [UInt8]) throws(WorkerFailure) -> OpenFile {
        let (handle, status) = try share.openForReading(path)
        let file = OpenFile(path: path, handle: handle, status: status, opened: Monotonic.now())
        kept = file
        return file
    }
}
