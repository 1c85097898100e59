/// The connections that one source may have together, whoever reads it: an index job, and people's downloads.
///
/// Each reader knows how many it may have, which changes as others come and go. A connection that is one too many ends when what it does is done; until
/// then the next one waits, so that there are never more than ``size``.
public final class ConnectionPool: Sendable {
    /// What connections are for.
    public enum Use: Sendable, CaseIterable {
        case indexing
        /// People wait for these: some connections are theirs, however much there is to index.
        case downloads
    }

    /// Downloads get what indexing leaves, and so many at least.
    static let fewestForDownloads = 2

    private struct Member {
        let use: Use
        /// How many it could use.
        let most: Int
        var held = 0
        /// Called with its limit when that has changed, and to ask for one connection back. Not under the lock.
        var limitChanged: @Sendable () -> Void = {}
        var recall: @Sendable () -> Void = {}
    }

    private struct Ticket {
        let number: Int
        let member: Int
        let waker: Waker?
        var hasRecalled = false
    }

    private struct State {
        var size: Int
        var members: [Int: Member] = [:]
        var waiting: [Ticket] = []
        var numbers = 0

        var held: Int { members.values.reduce(0) { $0 + $1.held } }

        mutating func number() -> Int {
            numbers += 1
            return numbers
        }

        func limit(of number: Int) -> Int {
            guard let member = members[number] else { return 0 }
            let peers = members.values.filter { $0.use == member.use }
            let wanted = Dictionary(
                uniqueKeysWithValues: Use.allCases.map { use in
                    (use, members.values.lazy.filter { $0.use == use }.map(\.most).max() ?? 0)
                })
            let part = ConnectionPool.part(
                of: member.use, size: size, indexing: wanted[.indexing] ?? 0, downloads: wanted[.downloads] ?? 0)
            return max(1, min(member.most, part / peers.count))
        }
    }
    private let monitor: Monitor<State>

    /// - Parameter size: the most connections at a time.
    public init(size: Int) { monitor = Monitor(State(size: max(1, size))) }

    /// The most connections at a time.
    public var size: Int { monitor.with { $0.size } }

    /// Changes ``size``: to more at once, to fewer as soon as nobody reads the source.
    public func resize(to size: Int) {
        let changed = monitor.with { state -> [Member] in
            let size = max(1, size, state.members.isEmpty ? 1 : state.size)
            if state.size == size { return [] }
            state.size = size
            return Array(state.members.values)
        }
        tell(changed)
        wakeFirst()
    }

    /// How many connections there are now.
    public var held: Int { monitor.with { $0.held } }

    /// How many of `size` connections a use gets when indexing could use `indexing` of them, and downloads `downloads`.
    static func part(of use: Use, size: Int, indexing: Int, downloads: Int) -> Int {
        if indexing == 0 || downloads == 0 { return size }
        let forDownloads = min(max(size - indexing, fewestForDownloads), max(1, size - 1), downloads)
        return use == .downloads ? forDownloads : max(1, size - forDownloads)
    }

    // MARK: Members

    fileprivate func join(_ use: Use, most: Int) -> Int {
        let (number, others) = monitor.with { state in
            let (number, others) = (state.number(), Array(state.members.values))
            state.members[number] = Member(use: use, most: max(1, most))
            return (number, others)
        }
        tell(others)
        return number
    }

    fileprivate func leave(_ number: Int) {
        let others = monitor.with { state -> [Member] in
            guard state.members.removeValue(forKey: number) != nil else { return [] }
            state.waiting.removeAll { $0.member == number }
            return Array(state.members.values)
        }
        tell(others)
        wakeFirst()
    }

    fileprivate func observe(_ number: Int, limitChanged: @escaping @Sendable () -> Void, recall: @escaping @Sendable () -> Void) {
        monitor.with { state in
            state.members[number]?.limitChanged = limitChanged
            state.members[number]?.recall = recall
        }
    }

    fileprivate func limit(of number: Int) -> Int { monitor.with { $0.limit(of: number) } }

    private func tell(_ members: [Member]) { for member in members { member.limitChanged() } }

    // MARK: Connections

    fileprivate func queue(_ member: Int, waking waker: Waker?) -> Int {
        monitor.with { state in
            let ticket = Ticket(number: state.number(), member: member, waker: waker)
            state.waiting.append(ticket)
            return ticket.number
        }
    }

    /// Takes a connection when one is free and nobody has waited longer. Who has none at all, and is kept waiting by no one's surplus, gets one back
    /// from who has the most.
    fileprivate func take(_ ticket: Int) -> Bool {
        let (isTaken, recall) = monitor.with { state -> (Bool, (@Sendable () -> Void)?) in
            guard let index = state.waiting.firstIndex(where: { $0.number == ticket }) else { return (false, nil) }
            let member = state.waiting[index].member
            if index == 0, state.held < state.size {
                state.waiting.removeFirst()
                state.members[member]?.held += 1
                return (true, nil)
            }
            guard state.members[member]?.held == 0, !state.waiting[index].hasRecalled,
                state.members.allSatisfy({ $1.held <= state.limit(of: $0) }),
                let holder = state.members.values.max(by: { $0.held < $1.held }), holder.held > 0
            else { return (false, nil) }
            state.waiting[index].hasRecalled = true
            return (false, holder.recall)
        }
        recall?()
        // The next may find a free one as well, or now has somebody to get one back from.
        if isTaken { monitor.with { $0.waiting.first?.waker }?.wake() }
        return isTaken
    }

    fileprivate func giveUp(_ ticket: Int) {
        monitor.with { state in state.waiting.removeAll { $0.number == ticket } }
        wakeFirst()
    }

    fileprivate func release(_ member: Int) {
        monitor.with { state in state.members[member]?.held -= 1 }
        wakeFirst()
    }

    private func wakeFirst() { monitor.with { $0.held < $0.size ? $0.waiting.first?.waker : nil }?.wake() }
}

/// One reader's part of a pool.
final class ConnectionShare: Sendable {
    private let pool: ConnectionPool
    private let number: Int

    /// - Parameter most: how many connections the reader could use.
    init(of pool: ConnectionPool, for use: ConnectionPool.Use, most: Int) {
        self.pool = pool
        number = pool.join(use, most: most)
    }

    deinit { leave() }

    /// How many connections it may have now.
    var limit: Int { pool.limit(of: number) }

    /// - Parameters:
    ///   - limitChanged: told when ``limit`` may have changed.
    ///   - recall: asked to end one connection as soon as it is idle, for somebody who has none.
    func observe(limitChanged: @escaping @Sendable () -> Void, recall: @escaping @Sendable () -> Void) {
        pool.observe(number, limitChanged: limitChanged, recall: recall)
    }

    /// The reader has ended its connections and makes no more.
    func leave() { pool.leave(number) }

    /// A place in the queue for a connection.
    ///
    /// - Parameter waker: wakes the thread that waits, when it is worth asking again.
    func queue(waking waker: Waker?) -> Int { pool.queue(number, waking: waker) }

    /// Whether a connection may be made now; the place in the queue is then used up.
    func take(_ ticket: Int) -> Bool { pool.take(ticket) }

    func giveUp(_ ticket: Int) { pool.giveUp(ticket) }

    /// A connection has ended.
    func release() { pool.release(number) }
}
