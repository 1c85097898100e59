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
}
