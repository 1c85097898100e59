import DICOM
@testable import FileSource
import Foundation
import SMBWire
import Testing

/// The rules that need neither a server nor a disk.
@Suite struct RuleTests {
    // MARK: Batches

    private func requests(_ count: Int) -> [HeaderRequest] {
        (0..<count).map { HeaderRequest(id: Int64($0), path: SourcePath("\($0)"), size: 10, firstRead: 10) }
    }

    private func read(_ index: Int) -> HeaderReply {
        HeaderReply(index: UInt32(index), bytesRead: 10, headerEnd: 10, outcome: .read(.directory))
    }

    private func failed(_ index: Int, _ errno: Int32) -> HeaderReply {
        let failure = WorkerFailure(errno: errno, stage: .open, hasSession: true)
        return HeaderReply(index: UInt32(index), bytesRead: 0, headerEnd: 0, outcome: .failed(failure))
    }

    @Test func `a file that kills its worker twice is reported, and the others are read`() throws {
        var rounds = HeaderRounds(requests(4), attempts: 3)
        _ = try rounds.take(BatchAnswer(replies: [read(0)], trouble: .lost(.crashed), lastIndex: 2))
        #expect(rounds.pending.map(\.id) == [1, 3, 2])
        _ = try rounds.take(BatchAnswer(replies: [read(0), read(1)], trouble: .lost(.crashed), lastIndex: 2))
        #expect(rounds.pending.isEmpty)
        #expect(rounds.results.map(\.id) == [0, 1, 3, 2])
        #expect(rounds.results.last?.error?.code == "WORKER_CRASHED")
        #expect(rounds.results.last?.error?.concernsSource == false)
    }

    @Test func `a locked file is tried as often as configured`() throws {
        var rounds = HeaderRounds(requests(2), attempts: 2)
        for attempt in 0..<2 {
            let replies = attempt == 0 ? [failed(0, EBUSY), read(1)] : [failed(0, EBUSY)]
            guard case .wait(let waited) = try rounds.take(BatchAnswer(replies: replies)) else {
                Issue.record("it should wait")
                return
            }
            #expect(waited == attempt)
        }
        _ = try rounds.take(BatchAnswer(replies: [failed(0, EBUSY)]))
        #expect(rounds.pending.isEmpty)
        #expect(rounds.results.last?.error?.code == "LOCKED")
        #expect(rounds.results.last?.retries == 2)
    }

    @Test func `a refused login ends the batch`() throws {
        var rounds = HeaderRounds(requests(2), attempts: 3)
        let failure = WorkerFailure(errno: EACCES, stage: .connect, hasSession: false)
        #expect(throws: SourceError.self) { try rounds.take(BatchAnswer(trouble: .failure(failure))) }
    }

    @Test func `a connection that fails again and again puts the source in question`() throws {
        var rounds = HeaderRounds(requests(2), attempts: 2)
        let failure = WorkerFailure(errno: ETIMEDOUT, stage: .open, hasSession: true)
        for _ in 0..<2 { _ = try rounds.take(BatchAnswer(trouble: .failure(failure))) }
        guard case .suspectSource(let error, let id) = try rounds.take(BatchAnswer(trouble: .failure(failure))) else {
            Issue.record("it should ask")
            return
        }
        #expect(error.code == "TIMEOUT")
        rounds.blame(id, error)
        #expect(rounds.results.map(\.id) == [id])
        #expect(rounds.pending.count == 1)
    }

    @Test func `a file that fails for a moment while another is suspected is not lost`() throws {
        var rounds = HeaderRounds(requests(2), attempts: 3)
        let timeout = Trouble.failure(WorkerFailure(errno: ETIMEDOUT, stage: .open, hasSession: true))
        // File 0 ends every round that it is in; file 1 is locked, and answered where it stands before that.
        for _ in 0..<20 where !rounds.pending.isEmpty {
            let stopping = rounds.pending.firstIndex { $0.id == 0 }
            let isAsked = rounds.pending.first?.id == 1
            let answer = BatchAnswer(replies: isAsked ? [failed(0, EBUSY)] : [], trouble: stopping == nil ? nil : timeout)
            if case .suspectSource(let error, let id) = try rounds.take(answer) { rounds.blame(id, error) }
        }
        #expect(rounds.results.map(\.id).sorted() == [0, 1])
    }

    @Test func `an answer to what was not asked is not believed`() throws {
        var rounds = HeaderRounds(requests(1), attempts: 1)
        _ = try rounds.take(BatchAnswer(replies: [read(7), read(0), read(0)]))
        #expect(rounds.results.count == 1)
    }

    // MARK: Number of workers

    /// Runs the rule against a server of which the throughput is known.
    private func settle(_ workers: SMBOptions.Workers, most: Int = 32, _ throughput: (Int) -> Double) -> [Int] {
        var sizer = PoolSizer(workers, most: most)
        var sizes: [Int] = [sizer.size]
        for _ in 0..<200 { sizes.append(sizer.window(throughput: throughput(sizes[sizes.count - 1]), isSaturated: true)) }
        return sizes
    }

    @Test func `the pool grows while that pays, and stays where it does not`() {
        let far = settle(.auto) { Double($0) * 150 }
        #expect(far.last == 32)
        let near = settle(.auto) { min(Double($0), 4) * 1000 - Double($0) }
        #expect(near.suffix(20).allSatisfy { $0 <= 6 && $0 >= 2 })
        let middle = settle(.auto) { min(Double($0), 12) * 1000 }
        #expect(Set(middle.suffix(100)).isSubset(of: [8, 9, 12, 18]))
    }

    @Test func `the pool stays within what is configured`() {
        #expect(Set(settle(.fixed(5)) { Double($0) * 150 }) == [5])
        #expect(settle(.auto, most: 10) { Double($0) * 150 }.max() == 10)
        #expect(settle(.auto, most: 1) { Double($0) }.allSatisfy { $0 == 1 })
    }

    @Test func `windows without enough work change nothing`() {
        var sizer = PoolSizer(.auto, most: 32)
        for _ in 0..<50 {
            let size = sizer.window(throughput: 1, isSaturated: false)
            #expect(size == 8)
        }
    }

    // MARK: Login

    @Test func `nobody logs in after a refusal`() throws {
        let gate = LoginGate()
        let (first, second) = (NSObject(), NSObject())
        try gate.enter(ObjectIdentifier(first))
        gate.refuse(ObjectIdentifier(first), .rootNotReadable)
        #expect(throws: SourceError.self) { try gate.enter(ObjectIdentifier(second)) }
        #expect(gate.attempts == 1)
    }

    @Test func `after a success all may log in at once, and after no result the next tries`() throws {
        let gate = LoginGate()
        let (first, second) = (NSObject(), NSObject())
        try gate.enter(ObjectIdentifier(first))
        gate.leave(ObjectIdentifier(first))
        try gate.enter(ObjectIdentifier(second))
        gate.succeed(ObjectIdentifier(second))
        try gate.enter(ObjectIdentifier(first))
        try gate.enter(ObjectIdentifier(second))
        #expect(gate.attempts == 4)
    }

    // MARK: Loops

    @Test func `a folder that is one of those above it is a loop, one that only looks so is none`() {
        let guarded = Monitor(LoopGuard())
        func isLoop(_ path: SourcePath, folderID: UInt64, digest: UInt64) -> Bool {
            guarded.with { $0.isLoop(path, folderID: folderID, digest: digest) }
        }
        #expect(!isLoop(.root, folderID: 1, digest: 10))
        #expect(!isLoop(SourcePath("a"), folderID: 2, digest: 20))
        #expect(isLoop(SourcePath("a/up"), folderID: 1, digest: 10))
        #expect(isLoop(SourcePath("a/self"), folderID: 2, digest: 20))
        // Another volume counts its files for itself.
        #expect(!isLoop(SourcePath("a/volume"), folderID: 1, digest: 99))
        // A sibling of equal content is no ancestor.
        #expect(!isLoop(SourcePath("b"), folderID: 2, digest: 20))
    }

    @Test func `without file numbers a loop is seen when its names repeat`() {
        var loops = LoopGuard()
        var path = SourcePath.root
        var found: Int?
        for depth in 0..<10 where found == nil {
            if loops.isLoop(path, folderID: 0, digest: 5) { found = depth }
            path = path.appending(Array("self".utf8))
        }
        #expect(found == 2)
    }

    // MARK: Limits and pauses

    @Test func `bytes are handed out no faster than configured`() {
        let start = ContinuousClock.now
        var budget = ByteBudget(bytesPerSecond: 1000, now: start)
        var last = start
        for _ in 0..<100 { last = budget.reserve(100, now: start) }
        #expect(start.duration(to: last) > .seconds(9.5))
        #expect(start.duration(to: last) <= .seconds(10))
        // What was not used long ago is not saved up.
        let later = start + .seconds(1000)
        let (first, second, third) = (budget.reserve(250, now: later), budget.reserve(1, now: later), budget.reserve(1, now: later))
        #expect(first < later && second <= later && third > later)
    }

    @Test func `pauses double, vary and end`() {
        let second = Duration.seconds(1)
        #expect(Backoff.delay(second, attempt: 0, jitter: 0.5) == second)
        #expect(Backoff.delay(second, attempt: 3, jitter: 0.5) == .seconds(8))
        #expect(Backoff.delay(second, attempt: 1, jitter: 0) < Backoff.delay(second, attempt: 1, jitter: 1))
        #expect(Backoff.delay(second, attempt: 1000, jitter: 1) == Backoff.longest)
    }

    // MARK: Errors

    @Test func `the same errno means one thing while connecting and another for a file`() {
        let denied = WorkerFailure(errno: EACCES, stage: .open, hasSession: true)
        let refused = WorkerFailure(errno: EACCES, stage: .connect, hasSession: false, detail: "no such user")
        #expect(SourceError(denied, .reading).code == "PERMISSION_DENIED")
        #expect(SourceError(refused, .reading).code == "ACCESS_REFUSED")
        #expect(SourceError(refused, .reading).message.contains("no such user"))
        #expect(SourceError(WorkerFailure(errno: 4095, stage: .read, hasSession: true), .reading).code == "ERRNO_4095")
    }

    @Test func `a reason that ends with a full stop of its own gives no second one`() {
        let refused = WorkerFailure(errno: EACCES, stage: .connect, hasSession: false, detail: "The attempted logon is invalid. ")
        let error = SourceError(refused, .reading)
        #expect(error.message == "The server refused the login: The attempted logon is invalid")
        #expect(!error.description.contains(".."))
        let unexplained = WorkerFailure(errno: EACCES, stage: .connect, hasSession: false, detail: ".")
        #expect(SourceError(unexplained, .reading).message == "The server refused the login")
    }

    @Test func `every line of the tables says what to do`() {
        for row in ErrorRow.smb + ErrorRow.local {
            #expect(!row.message.isEmpty && !row.suggestion.isEmpty && !row.errors.isEmpty)
            #expect(row.code.allSatisfy { $0.isUppercase || $0 == "_" })
            #expect(row.suggestion.hasSuffix(".") && !row.message.hasSuffix("."))
        }
    }

    @Test func `a password shows itself nowhere`() {
        var options = SMBOptions(host: "nas", share: "dicom")
        options.password = Secret("hunter2")
        var dumped = ""
        dump(options, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(!"\(options)".contains("hunter2") && !String(reflecting: options).contains("hunter2"))
    }

    // MARK: Mounts and advice

    @Test func `a mount of the same share is found`() {
        var options = SMBOptions(host: "NAS", share: "Bilder")
        options.path = SourcePath("ct/2024")
        let table = """
            21 1 8:1 / / rw - ext4 /dev/sda1 rw
            90 21 0:50 / /mnt/other rw - cifs //nas/andere rw,addr=10.0.0.5
            91 21 0:51 / /mnt/bilder\\040hier rw - cifs //nas/bilder rw,addr=10.0.0.5
            92 21 0:52 / /mnt/ct rw,nosuid shared:5 - smb3 //nas/bilder/ct rw,addr=10.0.0.5,port=445
            """
        #expect(MountTable.localPath(of: options, mountInfo: table) == "/mnt/ct/2024")
        options.path = .root
        #expect(MountTable.localPath(of: options, mountInfo: table) == "/mnt/bilder hier")
        options.host = "10.0.0.5"
        #expect(MountTable.localPath(of: options, mountInfo: table) == "/mnt/bilder hier")
        options.port = 1445
        #expect(MountTable.localPath(of: options, mountInfo: table) == nil)
        options.share = "nichts"
        #expect(MountTable.localPath(of: options, mountInfo: "nonsense\n- - -\n") == nil)
    }

    @Test func `the advice fits what was measured`() {
        var options = SMBOptions(host: "nas", share: "dicom")
        options.maxWorkers = .fixed(4)
        var report = SMBReport()
        (report.isReachable, report.isPathReadable) = (true, true)
        (report.roundTripMilliseconds, report.dialect) = (2, "3.0.2")
        (report.isEncrypted, report.canEncrypt) = (false, true)
        (report.sampledFiles, report.sampledNotDicom) = (100, 60)
        let far = report.suggestions(for: options, localPath: "/mnt/dicom").map(\.code)
        #expect(far == ["local_mount", "more_workers", "dialect", "encryption", "name_filter"])
        report.roundTripMilliseconds = 0.1
        options.maxWorkers = .fixed(32)
        #expect(report.suggestions(for: options).map(\.code).contains("fewer_workers"))
        report.roundTripMilliseconds = 30
        #expect(report.suggestions(for: options).contains { $0.text.contains("compression") })
        report.set(.closed)
        #expect(report.suggestions(for: options).map(\.code) == ["error"])
    }
}
