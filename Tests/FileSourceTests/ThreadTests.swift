@testable import FileSource
import Foundation
import Synchronization
import Testing

/// Threads whose number changes under load: no work is lost, and nobody waits for ever.
@Suite(.timeLimit(.minutes(1))) struct ThreadTests {
    /// Counts its like, and ends as slowly as a test wants.
    private final class Context: ThreadContext {
        struct Counts {
            var begun = 0
            var ended = 0
            var alive = 0
            var mostAlive = 0
        }
        final class Shared: Sendable {
            let counts = Mutex(Counts())
            let atEnd: @Sendable () -> Void
            init(atEnd: @escaping @Sendable () -> Void) { self.atEnd = atEnd }
        }
        private let shared: Shared
        var waker: Waker? { nil }

        init(_ shared: Shared) {
            self.shared = shared
            shared.counts.withLock {
                ($0.begun, $0.alive) = ($0.begun + 1, $0.alive + 1)
                $0.mostAlive = max($0.mostAlive, $0.alive)
            }
        }

        func end() {
            shared.atEnd()
            shared.counts.withLock { ($0.ended, $0.alive) = ($0.ended + 1, $0.alive - 1) }
        }
    }

    /// What threads block on until a test opens it.
    private final class Latch: Sendable {
        private let monitor = Monitor((arrived: 0, isOpen: false))

        func pass() {
            monitor.change(wakingAll: true) { $0.arrived += 1 }
            _ = monitor.wait { $0.isOpen ? true : nil }
        }

        func open() { monitor.change(wakingAll: true) { $0.isOpen = true } }

        func arrived(_ count: Int) async throws {
            while monitor.with({ $0.arrived < count }) {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }

    @Test func `work that comes while a surplus thread ends is done by those that stay`() async throws {
        let (working, ending) = (Latch(), Latch())
        let shared = Context.Shared { ending.pass() }
        let threads = BlockingThreads(limit: 2) { Context(shared) }
        // However the test goes, the threads are let go.
        defer { for latch in [working, ending] { latch.open() } }
        async let first: Void = threads.run { _, _ in working.pass() }
        async let second: Void = threads.run { _, _ in working.pass() }
        try await working.arrived(2)
        threads.limit = 1
        working.open()
        _ = try await (first, second)
        try await ending.arrived(1)
        expectEqual(try await threads.run { _, _ in 3 }, 3)
        ending.open()
        await threads.close(waiting: true)
        let counts = shared.counts.withLock { $0 }
        #expect(counts.begun == 2 && counts.ended == 2)
    }

    @Test func `contexts are never more than the limit, and a thread whose context ended goes on when it is needed`() async throws {
        let (working, ending) = (Latch(), Latch())
        let shared = Context.Shared { ending.pass() }
        let threads = BlockingThreads(limit: 2) { Context(shared) }
        defer { for latch in [working, ending] { latch.open() } }
        async let first: Void = threads.run { _, _ in working.pass() }
        async let second: Void = threads.run { _, _ in working.pass() }
        try await working.arrived(2)
        threads.limit = 1
        working.open()
        _ = try await (first, second)
        try await ending.arrived(1)
        // The thread that stays is held, so that only another can do the last piece.
        let held = Latch()
        defer { held.open() }
        async let third: Void = threads.run { _, _ in held.pass() }
        try await held.arrived(1)
        threads.limit = 2
        async let fourth = threads.run { _, _ in 4 }
        while threads.counts.queued == 0 {
            try Task.checkCancellation()
            await Task.yield()
        }
        ending.open()
        expectEqual(try await fourth, 4)
        held.open()
        try await third
        await threads.close(waiting: true)
        let counts = shared.counts.withLock { $0 }
        #expect(counts.mostAlive == 2)
        #expect(counts.begun == 3 && counts.ended == 3)
    }

    @Test func `raising the limit starts threads for what waits already`() async throws {
        let working = Latch()
        let threads = BlockingThreads(limit: 1) { Context(Context.Shared {}) }
        defer { working.open() }
        async let first: Void = threads.run { _, _ in working.pass() }
        try await working.arrived(1)
        async let second: Void = threads.run { _, _ in working.pass() }
        async let third: Void = threads.run { _, _ in working.pass() }
        while threads.counts.queued < 2 {
            try Task.checkCancellation()
            await Task.yield()
        }
        threads.limit = 3
        try await working.arrived(3)
        working.open()
        _ = try await (first, second, third)
        await threads.close(waiting: true)
    }

    @Test func `all work is done while the limit goes up and down`() async throws {
        let shared = Context.Shared { usleep(200) }
        let threads = BlockingThreads(limit: 3) { Context(shared) }
        let changing = Task {
            var generator = SystemRandomNumberGenerator()
            while !Task.isCancelled {
                threads.limit = Int.random(in: 1...3, using: &generator)
                try? await Task.sleep(for: .microseconds(.random(in: 100...3_000, using: &generator)))
            }
        }
        defer { changing.cancel() }
        let done = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var done = 0
                    for piece in 0..<150 {
                        try await threads.run { _, _ in _ = usleep(UInt32(piece % 8) * 1_000) }
                        done += 1
                    }
                    return done
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(done == 600)
        changing.cancel()
        await changing.value
        await threads.close(waiting: true)
        let counts = shared.counts.withLock { $0 }
        #expect(counts.begun == counts.ended)
        #expect(counts.mostAlive <= 3)
    }

    @Test func `without any thread work fails`() async throws {
        let threads = BlockingThreads(limit: 2, start: { _ in false }, makeContext: { Context(Context.Shared {}) })
        let result = await Result { try await threads.run { _, _ in } }
        #expect(throws: SourceError.noThread) { try result.get() }
        await threads.close(waiting: true)
    }

    @Test func `closing does not wait for a thread that cannot be started`() async throws {
        let (working, refusing) = (Latch(), Latch())
        defer { for latch in [working, refusing] { latch.open() } }
        let started = Mutex(0)
        let threads = BlockingThreads(
            limit: 1,
            start: { body in
                let isFirst = started.withLock { started in
                    started += 1
                    return started == 1
                }
                if isFirst { Thread.detachNewThread(body) } else { refusing.pass() }
                return isFirst
            }, makeContext: { Context(Context.Shared {}) })
        let first = Task { try await threads.run { _, _ in working.pass() } }
        try await working.arrived(1)
        let second = Task { try await threads.run { _, _ in } }
        while threads.counts.queued == 0 {
            try Task.checkCancellation()
            await Task.yield()
        }
        Thread.detachNewThread { threads.limit = 2 }
        try await refusing.arrived(1)
        let closing = Task { await threads.close(waiting: true) }
        for work in [first, second] { await #expect(throws: SourceError.closed) { try await work.value } }
        working.open()
        while threads.counts.threads > 1 {
            try Task.checkCancellation()
            await Task.yield()
        }
        refusing.open()
        await closing.value
    }

    @Test func `work for which no thread can be started is left to those that run`() async throws {
        let working = Latch()
        defer { working.open() }
        let started = Mutex(0)
        let threads = BlockingThreads(
            limit: 2,
            start: { body in
                let isFirst = started.withLock { started in
                    started += 1
                    return started == 1
                }
                if isFirst { Thread.detachNewThread(body) }
                return isFirst
            }, makeContext: { Context(Context.Shared {}) })
        async let first: Void = threads.run { _, _ in working.pass() }
        try await working.arrived(1)
        async let second = threads.run { _, _ in 2 }
        while started.withLock({ $0 < 2 }) {
            try Task.checkCancellation()
            await Task.yield()
        }
        working.open()
        try await first
        expectEqual(try await second, 2)
        await threads.close(waiting: true)
    }
}
