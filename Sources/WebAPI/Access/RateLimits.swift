internal import HTTPServer
internal import Ledger
internal import Synchronization

/// How many requests are answered.
public struct RateLimits: Sendable {
    /// A bucket that holds `burst` requests and is refilled with `perSecond`.
    public struct Rate: Sendable, Hashable {
        public var burst: Double
        public var perSecond: Double

        public init(burst: Double, perSecond: Double) { (self.burst, self.perSecond) = (burst, perSecond) }

        mutating func scale(by factor: Double) { (burst, perSecond) = (max(1, burst * factor), perSecond * factor) }
    }

    /// Of each user and key.
    public var ofUser: [RateClass: Rate] = [
        .signIn: Rate(burst: 20, perSecond: 0.5), .read: Rate(burst: 400, perSecond: 100), .search: Rate(burst: 100, perSecond: 20),
        .change: Rate(burst: 60, perSecond: 5), .export: Rate(burst: 10, perSecond: 0.2),
    ]
    /// Of each address, behind which a whole hospital may sit; an IPv6 network counts as one.
    public var ofAddress: [RateClass: Rate] = [
        .signIn: Rate(burst: 60, perSecond: 2), .read: Rate(burst: 4_000, perSecond: 1_000), .search: Rate(burst: 1_000, perSecond: 200),
        .change: Rate(burst: 600, perSecond: 50), .export: Rate(burst: 40, perSecond: 1), .share: Rate(burst: 200, perSecond: 10),
    ]
    /// How many buckets are remembered at most.
    public var largestMemory = 20_000

    /// - Parameter percent: of the usual limits. Those of signing in are no matter of load, and stay.
    public init(percent: Int = 100) {
        let factor = Double(percent) / 100
        for rateClass in RateClass.allCases where rateClass != .signIn {
            ofUser[rateClass]?.scale(by: factor)
            ofAddress[rateClass]?.scale(by: factor)
        }
    }
}

/// Token buckets by user or address and class of route.
final class RateLimiter: Sendable {
    private struct Key: Hashable {
        let subject: String
        let rateClass: RateClass
    }

    private struct Bucket {
        var tokens: Double
        var time: Double
        let rate: RateLimits.Rate

        func level(at now: Double) -> Double { min(rate.burst, tokens + max(0, now - time) * rate.perSecond) }
    }

    private let limits: RateLimits
    private let now: @Sendable () -> Double
    private let buckets = Mutex<[Key: Bucket]>([:])

    /// - Parameter now: seconds of a clock that never goes back.
    init(_ limits: RateLimits, now: @escaping @Sendable () -> Double) { (self.limits, self.now) = (limits, now) }

    /// How many buckets there are.
    var count: Int { buckets.withLock { $0.count } }

    /// - Throws: ``Problem`` 429.
    func admit(address: String, to rateClass: RateClass) throws(Problem) {
        try admit("address \(NetworkBlock.of(address))", rateClass, limits.ofAddress[rateClass])
    }

    /// - Throws: ``Problem`` 429.
    func admit(actor: String, to rateClass: RateClass) throws(Problem) {
        try admit("actor \(actor)", rateClass, limits.ofUser[rateClass])
    }

    private func admit(_ subject: String, _ rateClass: RateClass, _ rate: RateLimits.Rate?) throws(Problem) {
        guard let rate else { return }
        let now = now()
        let wait = buckets.withLock { buckets -> Double? in
            let key = Key(subject: subject, rateClass: rateClass)
            var bucket = buckets[key] ?? Bucket(tokens: rate.burst, time: now, rate: rate)
            (bucket.tokens, bucket.time) = (bucket.level(at: now), now)
            guard bucket.tokens >= 1 else {
                buckets[key] = bucket
                return (1 - bucket.tokens) / rate.perSecond
            }
            bucket.tokens -= 1
            buckets[key] = bucket
            if buckets.count > limits.largestMemory { Self.shrink(&buckets, to: limits.largestMemory / 2, now: now) }
            return nil
        }
        guard let wait else { return }
        let seconds = String(Int(wait.rounded(.up)))
        throw Problem(
            .tooManyRequests, "TOO_MANY_REQUESTS", "Too many requests; wait \(seconds) seconds.", headers: ["Retry-After": seconds])
    }

    /// A full bucket is the same as none. When there are still too many, those go that were not used for longest.
    private static func shrink(_ buckets: inout [Key: Bucket], to size: Int, now: Double) {
        buckets = buckets.filter { $0.value.level(at: now) < $0.value.rate.burst }
        guard buckets.count > size else { return }
        let newest = buckets.sorted { $0.value.time > $1.value.time }.prefix(size)
        buckets = Dictionary(uniqueKeysWithValues: newest.map { ($0.key, $0.value) })
    }
}
