import Glibc

/// A descriptor that is closed when it goes away.
struct Descriptor: ~Copyable {
    let number: Int32
    init(_ number: Int32) { self.number = number }
    deinit { close(number) }
}

/// An `errno`, thrown.
struct PosixError: Error {
    var code: Int32
    static var last: PosixError { PosixError(code: errno) }
}

/// Opening what lies below a folder without ever leaving it: no symbolic link is followed, at whatever depth, and no path is too long.
///
/// Source: `openat`.
struct LocalRoot: Sendable {
    /// May itself be or contain a symbolic link: the admin named it.
    let path: String
    private static let pathOnly: Int32 = 0o10000000  // O_PATH

    /// The folder, for finding files in it.
    func folder(_ components: ArraySlice<[UInt8]>) throws(PosixError) -> Descriptor {
        var current = Descriptor(Glibc.open(path, LocalRoot.pathOnly | O_DIRECTORY | O_CLOEXEC))
        guard current.number >= 0 else { throw .last }
        for name in components {
            current = try LocalRoot.open(name, in: current, LocalRoot.pathOnly | O_DIRECTORY | O_NOFOLLOW)
        }
        return current
    }

    /// Looks into the root. A path alone may still be found when the server behind a mount is gone: the kernel remembers it.
    ///
    /// Source: `opendir`, `readdir`, `fstat`.
    func check() throws(PosixError) {
        guard let stream = opendir(path) else { throw .last }
        defer { closedir(stream) }
        errno = 0
        if readdir(stream) == nil, errno != 0 { throw .last }
        var status = stat()
        guard fstat(dirfd(stream), &status) == 0 else { throw .last }
    }

    /// Opens one name in a folder.
    static func open(_ name: [UInt8], in folder: borrowing Descriptor, _ flags: Int32) throws(PosixError) -> Descriptor {
        let number = withUnsafeTemporaryAllocation(of: CChar.self, capacity: name.count + 1) { buffer -> Int32 in
            guard let start = buffer.baseAddress else { return -1 }
            for (index, byte) in name.enumerated() { start[index] = CChar(bitPattern: byte) }
            start[name.count] = 0
            return openat(folder.number, start, flags | O_CLOEXEC)
        }
        guard number >= 0 else { throw .last }
        return Descriptor(number)
    }
}
