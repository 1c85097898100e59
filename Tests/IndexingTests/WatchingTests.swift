import Testing

@testable import Indexing

@Suite struct WatchingTests {
    @Test func `a scan waits until changes cease, but not for ever`() {
        let changes = PendingChanges()
        let start = ContinuousClock.now
        #expect(changes.due(quiet: .seconds(5), longest: .seconds(60)) == nil && !changes.take())
        changes.note(at: start)
        #expect(changes.due(quiet: .seconds(5), longest: .seconds(60)) == start + .seconds(5))
        for second in 1...100 { changes.note(at: start + .seconds(second)) }
        #expect(changes.due(quiet: .seconds(5), longest: .seconds(60)) == start + .seconds(60))
        #expect(changes.take() && !changes.take())
    }

    @Test func `a share that cannot be watched is tried ever less often, until a watch has held for long`() {
        var pauses = WatchPauses(first: .seconds(30), longest: .seconds(100))
        let short = Duration.seconds(1)
        #expect((1...4).map { _ in pauses.next(after: short) } == [.seconds(30), .seconds(60), .seconds(100), .seconds(100)])
        #expect(pauses.next(after: .seconds(101)) == .seconds(30))
        #expect(pauses.next(after: short) == .seconds(60))
    }
}
