internal import Synchronization

/// Live status for any number of listeners. Each gets the latest state when it is ready for one: what it missed in between is replaced, never
/// queued, and what is sent is encoded once for all.
public final class StatusFeed: Sendable {
    /// One state, as server-sent events: for those who may see the jobs, and for those who may see the totals only.
    public struct Event: Sendable {
        public let id: UInt64
        public let full: [UInt8]
        public let totals: [UInt8]

        init(id: UInt64, full: [UInt8], totals: [UInt8]) { (self.id, self.full, self.totals) = (id, full, totals) }
    }

    /// What a listener gets.
    public enum Piece: Sendable {
        case event(Event)
        /// Nothing has changed for a while; says that the connection lives.
        case heartbeat
    }

    private struct Seat {
        /// The event that the listener has.
        var lastID: UInt64?
        var isBeatDue = false
        var waiting: CheckedContinuation<Piece?, Never>?
    }
    private struct State {
        var latest: Event?
        var seats: [Int: Seat] = [:]
        var seated = 0
        var isFinished = false
    }
    private let state = Mutex(State())

    public init() {}

    /// How many listen.
    public var listeners: Int { state.withLock { $0.seats.count } }

    /// The latest event.
    var latest: Event? { state.withLock { $0.latest } }

    /// Gives everyone who waits a new state, and those who are busy when they are ready.
    func publish(_ event: Event) {
        wake { state in state.latest = event }
    }

    /// Gives everyone who waits a sign of life.
    func beat() {
        wake { state in
            for key in state.seats.keys { state.seats[key]?.isBeatDue = true }
        }
    }

    /// Ends every listener's stream.
    public func finish() {
        wake { state in state.isFinished = true }
    }

    private func wake(_ change: (inout State) -> Void) {
        let woken = state.withLock { state -> [(CheckedContinuation<Piece?, Never>, Piece?)] in
            change(&state)
            var woken: [(CheckedContinuation<Piece?, Never>, Piece?)] = []
            for key in state.seats.keys {
                guard let waiting = state.seats[key]?.waiting, let piece = Self.piece(for: key, &state) else { continue }
                state.seats[key]?.waiting = nil
                woken.append((waiting, piece))
            }
            return woken
        }
        for (waiting, piece) in woken { waiting.resume(returning: piece) }
    }

    /// What a listener is to get now: nil to wait, nil inside for the end.
    private static func piece(for key: Int, _ state: inout State) -> Piece?? {
        if state.isFinished { return .some(nil) }
        if let latest = state.latest, latest.id != state.seats[key]?.lastID {
            state.seats[key]?.lastID = latest.id
            state.seats[key]?.isBeatDue = false
            return .event(latest)
        }
        if state.seats[key]?.isBeatDue == true {
            state.seats[key]?.isBeatDue = false
            return .heartbeat
        }
        return nil
    }

    /// Begins to listen.
    ///
    /// - Parameter lastID: of the event that the listener has already; any other makes it get the latest at once.
    public func listen(after lastID: UInt64?) -> Listener {
        let key = state.withLock { state in
            state.seated += 1
            state.seats[state.seated] = Seat(lastID: lastID)
            return state.seated
        }
        return Listener(feed: self, key: key)
    }

    /// One listener; it listens until it is let go of. For one task.
    public final class Listener: Sendable {
        private let feed: StatusFeed
        private let key: Int

        fileprivate init(feed: StatusFeed, key: Int) { (self.feed, self.key) = (feed, key) }

        deinit { feed.leave(key) }

        /// The next piece; nil when no more comes, or the task was cancelled.
        public func next() async -> Piece? {
            await withTaskCancellationHandler {
                await withCheckedContinuation { feed.wait(key, $0) }
            } onCancel: {
                feed.leave(key)
            }
        }
    }

    private func wait(_ key: Int, _ continuation: CheckedContinuation<Piece?, Never>) {
        let ready: Piece?? = state.withLock { state in
            guard state.seats[key] != nil else { return .some(nil) }
            if let piece = Self.piece(for: key, &state) { return piece }
            state.seats[key]?.waiting = continuation
            return nil
        }
        if let ready { continuation.resume(returning: ready) }
    }

    private func leave(_ key: Int) {
        state.withLock { $0.seats.removeValue(forKey: key) }?.waiting?.resume(returning: nil)
    }
}
