import CSMBClient
import Glibc
import SMBWire

/// One connection to a share. libsmbclient has global state and knows no threads: there is one of these in a process, used by one thread.
final class Share {
    private let context: UnsafeMutablePointer<SMBCCTX>
    private let calls: Calls
    private let connection: ShareConnection
    private let channel: Channel
    private let root: [UInt8]
    private var loginUnderWay = false
    private var logged = ""

    /// Nil when libsmbclient cannot be set up at all. Does not connect.
    init?(_ connection: ShareConnection, channel: Channel) {
        guard let context = smbc_new_context() else { return nil }
        self.context = context
        (self.connection, self.channel) = (connection, channel)
        root = URLPath.root(of: connection)
        // Otherwise the library writes its messages to standard output.
        smbc_setOptionDebugToStderr(context, 1)
        smbc_setOptionNoAutoAnonymousLogin(context, 1)
        smbc_setOptionUseKerberos(context, 0)
        smbc_setOptionUseCCache(context, 0)
        // The library looks at this and not at "client smb encrypt" of smb.conf. A guest has no key to encrypt with.
        let isWanted = connection.encryption == .required || (connection.encryption == .ifOffered && !connection.username.isEmpty)
        smbc_setOptionSmbEncryptionLevel(
            context,
            connection.encryption == .required ? SMBC_ENCRYPTLEVEL_REQUIRE : isWanted ? SMBC_ENCRYPTLEVEL_REQUEST : SMBC_ENCRYPTLEVEL_NONE)
        WireWatch.requiresEncryption = connection.encryption == .required
        smbc_setTimeout(context, CInt(clamping: connection.timeoutMilliseconds))
        guard smbc_init_context(context) != nil, let calls = Calls(context) else { return nil }
        self.calls = calls
        smbc_setPort(context, connection.port)
        connection.username.withCString { smbc_setUser(context, $0) }
        workgroup.withCString { smbc_setWorkgroup(context, $0) }
        let me = Unmanaged.passUnretained(self).toOpaque()
        smbc_setOptionUserData(context, me)
        smbc_setLogCallback(context, me, onMessage)
        smbc_setFunctionAuthDataWithContext(context, onLogin)
    }

    private var workgroup: String { connection.domain.isEmpty ? "WORKGROUP" : connection.domain }

    /// Whether the library holds a session with the share.
    private var hasSession: Bool {
        connection.host.withCString { host in
            connection.share.withCString { share in
                workgroup.withCString { workgroup in
                    connection.username.withCString { user in calls.cachedServer(context, host, share, workgroup, user) != nil }
                }
            }
        }
    }

    /// What became of encryption and signing.
    /// - Throws: a failure when encryption is required and nothing of it is seen.
    func security() throws(WorkerFailure) -> Response {
        if connection.encryption == .required, !WireWatch.isWatching || WireWatch.encryptedFrames == 0 {
            throw WorkerFailure(errno: EPROTO, stage: .connect, hasSession: false, detail: "encryption is required and not to be had")
        }
        return .configured(isEncrypted: WireWatch.encryptedFrames > 0, isSigned: WireWatch.signedFrames > 0)
    }

    /// Does something, and once more when the session was found lost: the library makes a new one then.
    func attempt<Value>(_ body: (Share) throws(WorkerFailure) -> Value) -> Result<Value, WorkerFailure> {
        do {
            return .success(try body(self))
        } catch  where Share.isLostSession(error.errno) {
            do { return .success(try body(self)) } catch { return .failure(error) }
        } catch {
            return .failure(error)
        }
    }

    private static func isLostSession(_ code: Int32) -> Bool {
        [ECONNABORTED, ECONNRESET, ENETRESET, EPIPE, ENOTCONN].contains(code)
    }

    /// Runs one call of the library, whose `errno` is not trusted to be reset by it.
    private func call<Value>(_ stage: WorkerFailure.Stage, _ body: () -> Value?) throws(WorkerFailure) -> Value {
        Glibc.errno = 0
        let value = body()
        let code = Glibc.errno
        try reportLogin(code)
        guard let value else { throw failure(code, stage) }
        return value
    }

    private func failure(_ code: Int32, _ stage: WorkerFailure.Stage) -> WorkerFailure {
        // Where memory runs out the library has many names for it, a lost connection among them.
        if stage == .list, Memory.ranOut(limit: connection.addressSpace) {
            return WorkerFailure(errno: ENOMEM, stage: stage, hasSession: true)
        }
        // "No memory" is also what the library calls a server that ends while a connection to it is made.
        let isMisnamed = code == ENOMEM && stage != .list && !Memory.ranOut(limit: connection.addressSpace)
        let code = isMisnamed ? ECONNRESET : code
        let hasSession = hasSession
        if WireWatch.hasRefused {
            return WorkerFailure(errno: EPROTO, stage: .connect, hasSession: false, detail: "encryption is required and not to be had")
        }
        return WorkerFailure(errno: code == 0 ? EIO : code, stage: hasSession ? stage : .connect, hasSession: hasSession, detail: logged)
    }

    private func reportLogin(_ code: Int32) throws(WorkerFailure) {
        guard loginUnderWay else { return }
        loginUnderWay = false
        smbc_setDebug(context, 0)
        let outcome = hasSession ? nil : failure(code, .connect)
        // A pipe that is closed ends the process anyhow.
        do { try channel.send(.loginFinished(outcome)) } catch { _exit(0) }
    }
}

// MARK: What is asked of a share

extension Share {
    func stat(_ path: [UInt8]) throws(WorkerFailure) -> WireStatus {
        var status = Glibc.stat()
        let url = try url(of: path, .stat)
        _ = try call(.stat) { calls.stat(context, url, &status) < 0 ? nil : true }
        return WireStatus(
            isFolder: status.st_mode & S_IFMT == S_IFDIR, size: UInt64(max(0, status.st_size)), modified: status.st_mtim.nanoseconds,
            fileID: UInt64(status.st_ino))
    }

    func openFolder(_ path: [UInt8]) throws(WorkerFailure) -> OpaquePointer {
        let url = try url(of: path, .list)
        ListingWatch.begin()
        let folder = try call(.list) { calls.openFolder(context, url) }
        let code = ListingWatch.outcome
        if code != 0 {
            closeFolder(folder)
            throw failure(code, .list)
        }
        return folder
    }

    /// The folder's next entry; nil behind the last.
    /// - Parameter count: how many there were before: the library keeps quiet about those for which it had no memory.
    func nextEntry(_ folder: OpaquePointer, count: Int, withID: Bool) throws(WorkerFailure) -> (
        UnsafePointer<libsmb_file_info>, fileID: UInt64
    )? {
        Glibc.errno = 0
        var status = Glibc.stat()
        let entry = withID ? calls.nextEntryWithStatus(context, folder, &status) : calls.nextEntry(context, folder)
        if let entry { return (entry, UInt64(status.st_ino)) }
        // The end and a failure both give none; only errno tells them apart.
        let code = Glibc.errno
        if code != 0 { throw failure(code, .list) }
        if count < ListingWatch.entries { throw failure(ENOMEM, .list) }
        return nil
    }

    func closeFolder(_ folder: OpaquePointer) { _ = calls.closeFolder(context, folder) }

    /// How often a watched share is said to be watched still.
    private static let signOfLifeMilliseconds: CUnsignedInt = 2_000

    /// Tells of changes anywhere below the root, until that fails.
    ///
    /// Source: `smbc_notify`.
    func watch() throws(WorkerFailure) {
        let folder = try openFolder([])
        defer { closeFolder(folder) }
        // Access times are left out: what we read is no change.
        let wanted =
            SMBC_NOTIFY_CHANGE_FILE_NAME | SMBC_NOTIFY_CHANGE_DIR_NAME | SMBC_NOTIFY_CHANGE_SIZE | SMBC_NOTIFY_CHANGE_LAST_WRITE
            | SMBC_NOTIFY_CHANGE_CREATION
        let me = Unmanaged.passUnretained(self).toOpaque()
        _ = try call(.list) {
            calls.notify(context, folder, 1, UInt32(wanted), Self.signOfLifeMilliseconds, onChange, me) < 0 ? nil : true
        }
    }

    func open(_ path: [UInt8]) throws(WorkerFailure) -> OpaquePointer {
        let url = try url(of: path, .open)
        return try call(.open) { calls.open(context, url, O_RDONLY, 0) }
    }

    func close(_ file: OpaquePointer) { _ = calls.close(context, file) }

    /// Reads until `count` bytes are there or the file ends.
    func read(_ file: OpaquePointer, offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(WorkerFailure) -> Int {
        _ = try call(.read) { calls.seek(context, file, off_t(clamping: offset), SEEK_SET) < 0 ? nil : true }
        var done = 0
        while done < buffer.count {
            let got = try call(.read) { () -> Int? in
                let got = calls.read(context, file, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                return got < 0 ? nil : got
            }
            if got == 0 { break }
            done += got
        }
        return done
    }

    /// Opens a file and says what it was then.
    func openForReading(_ path: [UInt8]) throws(WorkerFailure) -> (OpaquePointer, OpenWatch.Status) {
        OpenWatch.begin()
        let file = try open(path)
        // Another libsmbclient, whose answers do not pass by here: nobody could tell whether the file has changed.
        guard let status = OpenWatch.last else {
            close(file)
            throw failure(ENOSYS, .open)
        }
        return (file, status)
    }

    /// What an open file is now: one round trip.
    func status(_ file: OpaquePointer) throws(WorkerFailure) -> OpenWatch.Status {
        var status = Glibc.stat()
        _ = try call(.stat) { calls.fileStatus(context, file, &status) < 0 ? nil : true }
        return OpenWatch.Status(size: UInt64(max(0, status.st_size)), modified: status.st_mtim.nanoseconds)
    }

    private func url(of path: [UInt8], _ stage: WorkerFailure.Stage) throws(WorkerFailure) -> [CChar] {
        guard URLPath.isConfined(path) else { throw WorkerFailure(errno: EINVAL, stage: stage, hasSession: true) }
        return URLPath.encode(path, below: root)
    }
}

// MARK: What the library calls

extension Share {
    fileprivate func login(workgroup: Field, user: Field, password: Field) {
        do {
            try channel.send(.wantsLogin)
            guard case .login(allowed: true) = try channel.receiveAnswer() else { _exit(0) }
        } catch { _exit(0) }
        loginUnderWay = true
        logged = ""
        // The reason of a refusal is only in the messages of this level.
        smbc_setDebug(context, 3)
        workgroup.fill(self.workgroup)
        user.fill(connection.username)
        password.fill(connection.password)
    }

    fileprivate func tellOfChanges(_ count: Int) {
        // A pipe that is closed ends the process anyhow.
        do { try channel.send(.changed(count: UInt32(clamping: count))) } catch { _exit(0) }
    }

    fileprivate func note(_ message: String) {
        for start in ["SPNEGO login failed: ", "session setup failed: ", "tree connect failed: "] {
            if let range = message.range(start) { logged = String(message[range...].prefix { $0 != "\n" }) }
        }
    }

    /// A buffer of the library's that a callback fills.
    fileprivate struct Field {
        var start: UnsafeMutablePointer<CChar>?
        var capacity: CInt

        func fill(_ text: String) {
            guard let start, capacity > 0 else { return }
            _ = text.withCString { strncpy(start, $0, Int(capacity) - 1) }
            start[Int(capacity) - 1] = 0
        }
    }
}

extension StringProtocol {
    /// Where the text behind `prefix` begins.
    fileprivate func range(_ prefix: String) -> Index? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(prefix) { return self.index(index, offsetBy: prefix.count) }
            index = self.index(after: index)
        }
        return nil
    }
}

private let onLogin: fileroom_auth_callback = { context, _, _, workgroup, workgroupSize, user, userSize, password, passwordSize in
    guard let context, let data = smbc_getOptionUserData(context) else { return }
    Unmanaged<Share>.fromOpaque(data).takeUnretainedValue().login(
        workgroup: .init(start: workgroup, capacity: workgroupSize), user: .init(start: user, capacity: userSize),
        password: .init(start: password, capacity: passwordSize))
}

private let onChange: smbc_notify_callback_fn = { _, count, data in
    guard let data else { return 1 }
    Unmanaged<Share>.fromOpaque(data).takeUnretainedValue().tellOfChanges(count)
    return 0
}

private let onMessage: smbc_debug_callback_fn = { data, _, message in
    guard let data, let message else { return }
    Unmanaged<Share>.fromOpaque(data).takeUnretainedValue().note(String(cString: message))
}
