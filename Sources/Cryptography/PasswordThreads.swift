internal import Dispatch
internal import Synchronization

/// Hashes and checks passwords on threads of its own: a few at a time, because each takes tens of megabytes and a core, and with a bounded queue,
/// so that a flood of sign-ins is refused instead of piling up.
public final class PasswordThreads: Sendable {
    /// Too many passwords wait to be checked.
    public struct Busy: Error, Sendable {}

    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
    }

    /// What new hashes cost.
    public let cost: PasswordHash.Cost
    private let threads: Int
    private let queueLimit: Int
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "passwords", attributes: .concurrent)
    /// What is checked where there is no user, so that it takes as long.
    private let decoy: PasswordHash

    /// - Throws: ``CryptographyError``.
    public init(cost: PasswordHash.Cost = .standard, threads: Int = 2, queueLimit: Int = 64) throws(CryptographyError) {
        (self.cost, self.threads, self.queueLimit) = (cost, threads, queueLimit)
        decoy = try PasswordHash.decoy(cost: cost)
    }

    /// - Throws: ``Busy``, ``CryptographyError``.
    public func hash(_ password: String) async throws -> PasswordHash {
        try await run { [cost] in try PasswordHash(of: password, cost: cost) }
    }

    /// Whether a password is the one; with nil it never is, after the same time.
    ///
    /// - Throws: ``Busy``, ``CryptographyError``.
    public func matches(_ password: String, _ hash: PasswordHash?) async throws -> Bool {
        try await run { [decoy] in
            let isSame = try (hash ?? decoy).matches(password)
            return isSame && hash != nil
        }
    }

    private func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let piece: @Sendable () -> Void = { continuation.resume(with: Result(catching: work)) }
            let verdict = state.withLock { state -> (starts: Bool, isFull: Bool) in
                if state.running < threads {
                    state.running += 1
                    return (true, false)
                }
                guard state.waiting.count < queueLimit else { return (false, true) }
                state.waiting.append(piece)
                return (false, false)
            }
            if verdict.isFull { continuation.resume(throwing: Busy()) }
            if verdict.starts { queue.async { self.work(beginningWith: piece) } }
        }
    }

    private func work(beginningWith first: @escaping @Sendable () -> Void) {
        var next: (@Sendable () -> Void)? = first
        while let piece = next {
            piece()
            next = state.withLock { state in
                if !state.waiting.isEmpty { return state.waiting.removeFirst() }
                state.running -= 1
                return nil
            }
        }
    }
}
