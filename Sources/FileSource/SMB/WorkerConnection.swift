import Glibc
import SMBWire

/// What all workers of a source share.
final class WorkerShared: Sendable {
    let options: SMBOptions
    let program: String
    let home: WorkerHome
    let gate = LoginGate()
    let budget: Monitor<ByteBudget>?
    let counters = Counters()
    let connections: ConnectionShare

    init(_ options: SMBOptions, _ pool: ConnectionPool? = nil, for use: ConnectionPool.Use = .indexing) throws(SourceError) {
        try options.check()
        self.options = options
        program = try WorkerProcess.find(options.workerProgram)
        home = try WorkerHome(options)
        connections = ConnectionShare(of: pool ?? ConnectionPool(size: options.connectionPoolSize), for: use, most: options.mostWorkers)
        budget = options.bytesPerSecond.map { Monitor(ByteBudget(bytesPerSecond: $0, now: .now)) }
    }

    /// How long the silence of a worker may last, in timeouts of single requests.
    func deadline(_ timeouts: Int) -> Duration { options.timeout * timeouts + .seconds(2) }
}

/// A worker as its thread sees it: started when needed, asked one thing at a time, killed when it does not answer.
final class WorkerConnection: ThreadContext {
    let waker: Waker? = Waker()
    let shared: WorkerShared
    /// When the operation under way is over at the latest, whatever the single request is given; nil for no such time.
    var deadline: ContinuousClock.Instant?
    private var process: WorkerProcess?
    private var isConfigured = false
    private var inbox: [UInt8] = []
    private var inboxStart = 0
    private let buffer = ReadBuffer(256 << 10)
    /// How long a cancelled operation may take to end by itself before its worker is killed.
    private static let patience = Duration.milliseconds(1500)

    init(_ shared: WorkerShared) { self.shared = shared }

    private var id: ObjectIdentifier { ObjectIdentifier(self) }

    /// Which file of a batch the worker is at.
    var currentIndex: Int? { process?.memory.currentIndex }

    func end() { drop() }

    /// Ends the worker; the next operation starts another.
    func drop() {
        guard let process else { return }
        process.kill()
        self.process = nil
        shared.connections.release()
        isConfigured = false
        inbox = []
        inboxStart = 0
        shared.gate.leave(id)
        shared.counters.update { $0.connections -= 1 }
    }

    /// Starts and configures a worker unless there is one.
    func prepare(_ cancellation: Cancellation) throws(Trouble) {
        if let refusal = shared.gate.refusal { throw .source(refusal) }
        if isConfigured { return }
        drop()
        try takeConnection(cancellation)
        do {
            process = try WorkerProcess(program: shared.program, home: shared.home.path)
        } catch {
            shared.connections.release()
            throw .source(error)
        }
        shared.counters.update {
            $0.connections += 1; $0.started += 1
        }
        let options = shared.options
        let connection = ShareConnection(
            host: options.host, port: options.port, share: options.share, path: options.path.bytes, username: options.username,
            password: options.password.revealed, domain: options.domain, encryption: options.encryption.wire,
            timeoutMilliseconds: UInt32(clamping: options.timeout.milliseconds),
            addressSpace: UInt64(max(0, options.memoryPerWorker)),
            allowance: options.bytesPerSecond.map(ByteBudget.portion) ?? 0)
        do throws(Trouble) {
            try send(.configure(connection))
            switch try receive(within: shared.deadline(2) + .seconds(6), cancellation) {
            case .configured(let isEncrypted, let isSigned):
                isConfigured = true
                shared.counters.update {
                    $0.isEncrypted = isEncrypted
                    $0.isSigned = isSigned || isEncrypted
                }
            case .failed(let failure):
                drop()
                throw .failure(failure)
            default: throw outOfPlace()
            }
        } catch {
            if case .lost(.crashed) = error { throw .lost(.notStarted) }
            throw error
        }
    }

    /// Waits until there may be one more connection.
    private func takeConnection(_ cancellation: Cancellation) throws(Trouble) {
        let ticket = shared.connections.queue(waking: waker)
        while !shared.connections.take(ticket) {
            if cancellation.isCancelled {
                shared.connections.giveUp(ticket)
                throw .source(.closed)
            }
            _ = wait(for: -1, 0, until: .now + .seconds(1))
        }
    }

    /// Asks for something and waits for the first answer.
    func ask(_ request: Request, within limit: Duration, _ cancellation: Cancellation) throws(Trouble) -> Response {
        try prepare(cancellation)
        try send(request)
        return try receive(within: limit, cancellation)
    }

    /// The first bytes of what the worker has read for the answer that came last.
    func copyData(_ count: Int) -> [UInt8] { process.map { Array($0.memory.data(count)) } ?? [] }

    /// Kills a worker that said something which has no place.
    func outOfPlace() -> Trouble {
        drop()
        return .lost(.crashed)
    }

    // MARK: Frames

    func send(_ request: Request) throws(Trouble) {
        guard let process else { throw .lost(.crashed) }
        let frame = request.frame()
        let deadline = ContinuousClock.now + shared.deadline(2)
        var done = 0
        while done < frame.count {
            let sent = frame.withUnsafeBytes {
                Glibc.send(
                    process.socket.number, $0.baseAddress?.advanced(by: done), frame.count - done, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                )
            }
            if sent > 0 {
                done += sent
            } else if errno == EAGAIN {
                if ContinuousClock.now > deadline { throw lose(.hung) }
                _ = wait(for: process.socket.number, Int16(POLLOUT), until: deadline)
            } else if errno != EINTR {
                throw lose(.crashed)
            }
        }
    }

    /// The worker's next answer. Logins and allowances are dealt with on the way.
    func receive(within limit: Duration, _ cancellation: Cancellation) throws(Trouble) -> Response {
        let latest = self.deadline ?? .now + .seconds(86_400)
        var deadline = min(latest, .now + limit)
        var isStopping = false
        while true {
            if let response = try nextResponse() {
                switch response {
                case .wantsLogin: try login()
                case .loginFinished(let failure): try finishLogin(failure)
                case .wantsAllowance(let bytes): try allow(bytes, cancellation)
                default: return response
                }
                deadline = min(latest, max(deadline, .now + limit))
                continue
            }
            if cancellation.isCancelled, !isStopping {
                isStopping = true
                try send(.stop)
                deadline = min(deadline, ContinuousClock.now + WorkerConnection.patience)
            }
            try fill(until: deadline)
        }
    }

    private func login() throws(Trouble) {
        do { try shared.gate.enter(id) } catch {
            drop()
            throw .source(error)
        }
        try send(.login(allowed: true))
    }

    private func finishLogin(_ failure: WorkerFailure?) throws(Trouble) {
        guard let failure else { return shared.gate.succeed(id) }
        let error = SourceError(connecting: failure)
        guard error.type == .authentication else { return shared.gate.leave(id) }
        shared.gate.refuse(id, error)
        drop()
        throw .source(error)
    }

    private func allow(_ bytes: UInt64, _ cancellation: Cancellation) throws(Trouble) {
        if let budget = shared.budget {
            let start = budget.with { $0.reserve(min(bytes, UInt64(WireLimit.frame)), now: .now) }
            while ContinuousClock.now < start {
                if cancellation.isCancelled { break }
                _ = wait(for: -1, 0, until: start)
            }
        }
        try send(.allowance(bytes: bytes))
    }

    private func nextResponse() throws(Trouble) -> Response? {
        guard inbox.count - inboxStart >= Frame.prefixLength else { return nil }
        do {
            let length = try Frame.length(inbox, at: inboxStart)
            let start = inboxStart + Frame.prefixLength
            guard inbox.count - start >= length else { return nil }
            let response = try Response(payload: inbox, in: start..<(start + length))
            inboxStart = start + length
            if inboxStart == inbox.count {
                inbox.removeAll(keepingCapacity: true)
                inboxStart = 0
            }
            return response
        } catch {
            // A worker that talks nonsense is not asked again.
            throw lose(.crashed)
        }
    }

    /// Waits for bytes and takes them in.
    private func fill(until deadline: ContinuousClock.Instant) throws(Trouble) {
        guard let process else { throw .lost(.crashed) }
        let part = buffer.first(256 << 10)
        let got = recv(process.socket.number, part.baseAddress, part.count, Int32(MSG_DONTWAIT))
        if got > 0 {
            if inboxStart > 0 {
                inbox.removeFirst(inboxStart)
                inboxStart = 0
            }
            inbox.append(contentsOf: part[..<got])
        } else if got == 0 || (errno != EAGAIN && errno != EINTR) {
            throw lose(.crashed)
        } else if ContinuousClock.now > deadline {
            throw lose(.hung)
        } else {
            _ = wait(for: process.socket.number, Int16(POLLIN), until: deadline)
        }
    }

    /// Waits for a descriptor, the waker, or the time.
    private func wait(for descriptor: Int32, _ events: Int16, until deadline: ContinuousClock.Instant) -> Bool {
        var watched = [
            pollfd(fd: descriptor, events: events, revents: 0), pollfd(fd: waker?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        let left = ContinuousClock.now.duration(to: deadline)
        let ready = poll(&watched, 2, Int32(clamping: max(0, left.milliseconds + 1)))
        if watched[1].revents != 0 { waker?.reset() }
        return ready > 0
    }

    private func lose(_ loss: Trouble.Loss) -> Trouble {
        lastIndex = process?.memory.currentIndex
        drop()
        shared.counters.update { $0.lost += 1 }
        return .lost(loss)
    }

    /// Which file of a batch the worker was at when it was lost.
    private(set) var lastIndex: Int?
}

extension Duration {
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
