import Glibc

/// Where shares are mounted on this machine.
public enum MountTable {
    /// The local path of a share's folder, if the share (or a folder above the wanted one) is mounted.
    ///
    /// Source: `/proc/self/mountinfo`, proc(5); mount.cifs(8).
    public static func localPath(of options: SMBOptions) -> String? {
        localPath(of: options, mountInfo: read("/proc/self/mountinfo"))
    }

    /// - Parameter mountInfo: the text of `/proc/self/mountinfo`.
    static func localPath(of options: SMBOptions, mountInfo: String) -> String? {
        let wanted = options.path.description.split(separator: "/").map(String.init)
        var best: (depth: Int, path: String)?
        for line in mountInfo.split(separator: "\n") {
            guard let mount = Mount(line), mount.isOf(options), wanted.starts(with: mount.folder) else { continue }
            if let best, best.depth >= mount.folder.count { continue }
            let rest = wanted.dropFirst(mount.folder.count)
            best = (mount.folder.count, ([mount.point == "/" ? "" : mount.point] + rest).joined(separator: "/"))
        }
        return best?.path
    }

    private struct Mount {
        var point: String
        var host: String
        var share: String
        /// Which folder of the share is mounted.
        var folder: [String]
        var options: [String: String]

        /// Nil for what is no mounted share.
        init?(_ line: Substring) {
            let fields = line.split(separator: " ").map(unescaped)
            guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 2 else { return nil }
            guard ["cifs", "smb3"].contains(fields[dash + 1]) else { return nil }
            let remote = fields[dash + 2].split(whereSeparator: { $0 == "/" || $0 == "\\" }).map(String.init)
            guard remote.count >= 2 else { return nil }
            (host, share) = (remote[0], remote[1])
            folder = remote.dropFirst(2) + fields[3].split(separator: "/").map(String.init)
            point = fields[4]
            options = [:]
            for option in (fields.count > dash + 3 ? fields[dash + 3] : "").split(separator: ",") {
                let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
                if let name = parts.first { options[name] = parts.count > 1 ? parts[1] : "" }
            }
        }

        func isOf(_ wanted: SMBOptions) -> Bool {
            let isHost = host.lowercased() == wanted.host.lowercased() || options["addr"] == wanted.host
            let port = options["port"].flatMap { UInt16($0) } ?? 445
            return isHost && share.lowercased() == wanted.share.lowercased() && port == wanted.port
        }
    }

    /// Spaces and the like are written as a backslash and three octal digits.
    private static func unescaped(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = field.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3, let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8) {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A file of the kernel's, whose size is not known beforehand; empty when it cannot be read.
    private static func read(_ path: String) -> String {
        let file = Descriptor(Glibc.open(path, O_RDONLY | O_CLOEXEC))
        guard file.number >= 0 else { return "" }
        var text: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let got = Glibc.read(file.number, &part, part.count)
            if got <= 0 { return String(decoding: text, as: UTF8.self) }
            text += part[..<got]
        }
    }
}
