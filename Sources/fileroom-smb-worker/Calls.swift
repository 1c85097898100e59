import CSMBClient
import Glibc
import SMBWire

/// The library's functions, which a context hands out as pointers.
///
/// Source: `smbc_getFunctionOpen` and the like, libsmbclient.h.
struct Calls {
    typealias Context = UnsafeMutablePointer<SMBCCTX>
    typealias Entry = UnsafePointer<libsmb_file_info>

    let cachedServer:
        @convention(c) (Context?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?) ->
            OpaquePointer?
    let open: @convention(c) (Context?, UnsafePointer<CChar>?, CInt, mode_t) -> OpaquePointer?
    let read: @convention(c) (Context?, OpaquePointer?, UnsafeMutableRawPointer?, Int) -> Int
    let seek: @convention(c) (Context?, OpaquePointer?, off_t, CInt) -> off_t
    let close: @convention(c) (Context?, OpaquePointer?) -> CInt
    let stat: @convention(c) (Context?, UnsafePointer<CChar>?, UnsafeMutablePointer<Glibc.stat>?) -> CInt
    let fileStatus: @convention(c) (Context?, OpaquePointer?, UnsafeMutablePointer<Glibc.stat>?) -> CInt
    let openFolder: @convention(c) (Context?, UnsafePointer<CChar>?) -> OpaquePointer?
    let closeFolder: @convention(c) (Context?, OpaquePointer?) -> CInt
    let nextEntry: @convention(c) (Context?, OpaquePointer?) -> Entry?
    let nextEntryWithStatus: @convention(c) (Context?, OpaquePointer?, UnsafeMutablePointer<Glibc.stat>?) -> Entry?
    let notify: smbc_notify_fn

    init?(_ context: Context) {
        guard let cachedServer = smbc_getFunctionGetCachedServer(context), let open = smbc_getFunctionOpen(context),
            let read = smbc_getFunctionRead(context), let seek = smbc_getFunctionLseek(context), let close = smbc_getFunctionClose(context),
            let stat = smbc_getFunctionStat(context), let fileStatus = smbc_getFunctionFstat(context),
            let openFolder = smbc_getFunctionOpendir(context), let closeFolder = smbc_getFunctionClosedir(context),
            let nextEntry = smbc_getFunctionReaddirPlus(context),
            let nextEntryWithStatus = smbc_getFunctionReaddirPlus2(context), let notify = smbc_getFunctionNotify(context)
        else { return nil }
        (self.cachedServer, self.open, self.read, self.seek, self.close) = (cachedServer, open, read, seek, close)
        (self.stat, self.fileStatus, self.openFolder, self.closeFolder) = (stat, fileStatus, openFolder, closeFolder)
        (self.nextEntry, self.nextEntryWithStatus, self.notify) = (nextEntry, nextEntryWithStatus, notify)
    }
}

extension timespec {
    /// Since 1970; 0 where it does not fit.
    var nanoseconds: Int64 {
        let (seconds, overflow) = Int64(tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return 0 }
        let (sum, carried) = seconds.addingReportingOverflow(Int64(tv_nsec))
        return carried ? 0 : sum
    }
}

/// Paths as libsmbclient wants them: `smb://host/share/path`, percent-encoded where a byte would mean something.
enum URLPath {
    static func root(of connection: ShareConnection) -> [UInt8] {
        var url = Array("smb://".utf8)
        // The library takes a ":" for the beginning of the port, also in brackets, and decodes the host only behind that.
        for byte in connection.host.utf8 { if byte == UInt8(ascii: ":") { url += Array("%3A".utf8) } else { url.append(byte) } }
        url.append(slash)
        append(Array(connection.share.utf8), to: &url)
        if !connection.path.isEmpty {
            url.append(slash)
            append(connection.path, to: &url)
        }
        return url
    }

    /// Whether a path stays below the root: no part is `..`, and none holds what SMB takes for a separator.
    static func isConfined(_ path: [UInt8]) -> Bool {
        if path.isEmpty { return true }
        // Byte by byte, since it is done for every file.
        var (length, dots) = (0, 0)
        for byte in path {
            switch byte {
            case 0, backslash: return false
            case slash:
                if length == 0 || (length <= 2 && dots == length) { return false }
                (length, dots) = (0, 0)
            default:
                length += 1
                if byte == dot { dots += 1 }
            }
        }
        return !(length == 0 || (length <= 2 && dots == length))
    }

    static func encode(_ path: [UInt8], below root: [UInt8]) -> [CChar] {
        var url = root
        url.reserveCapacity(root.count + path.count + 16)
        if !path.isEmpty {
            url.append(slash)
            append(path, to: &url)
        }
        url.append(0)
        return url.map { CChar(bitPattern: $0) }
    }

    private static let slash = UInt8(ascii: "/")
    private static let backslash = UInt8(ascii: "\\")
    private static let dot = UInt8(ascii: ".")

    /// Only what must be: an encoded byte takes three of the path's limited length.
    private static func append(_ bytes: [UInt8], to url: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in bytes {
            switch byte {
            case 0...0x20, 0x7F, UInt8(ascii: "%"), UInt8(ascii: "?"), UInt8(ascii: "#"):
                url += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: url.append(byte)
            }
        }
    }
}
