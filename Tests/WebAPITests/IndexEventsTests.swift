import Foundation
import HTTPServer
import Ledger
import Synchronization
import Testing

@testable import Indexing
@testable import WebAPI

/// A clock that a test sets.
final class TestClock: Sendable {
    private let time: Mutex<Double>

    init(at text: String) { time = Mutex(Timestamp.unixSeconds(text) ?? 0) }

    var now: Double { time.withLock { $0 } }
    func advance(bySeconds seconds: Double) { time.withLock { $0 += seconds } }
}

/// Reads a stream of events until there are enough.
private actor EventReader: ResponseBodyWriter {
    private var text = ""
    private let wanted: Int
    init(_ wanted: Int) { self.wanted = wanted }

    func write(_ bytes: [UInt8]) throws {
        text += String(decoding: bytes, as: UTF8.self)
        // As a client that goes away.
        if events.count >= wanted { throw CancellationError() }
    }

    /// Number and data of each.
    var events: [(id: UInt64, data: String)] {
        text.components(separatedBy: "\n\n").compactMap { block in
            let lines = block.split(separator: "\n")
            guard lines.first == "event: status", lines.count == 3 else { return nil }
            return (UInt64(lines[1].dropFirst(4)) ?? 0, String(lines[2].dropFirst(6)))
        }
    }
}

@Suite struct IndexEventsTests {
    private func events(
        _ wanted: Int, of world: IndexWorld, after lastID: UInt64? = nil, role: Role = .admin
    ) async throws -> [(id: UInt64, data: String)] {
        let reader = EventReader(wanted)
        let headers: HeaderFields = lastID.map { ["Last-Event-ID": String($0)] } ?? [:]
        do {
            try await world.stream("/api/index/events", headers: headers, role: role, to: reader)
        } catch is CancellationError {}
        return await reader.events
    }

    @Test func `a stream begins with the present state, goes on with changes, and resumes behind the last event`() async throws {
        let world = try IndexWorld(configured: #"{"name": "archive", "type": "local", "path": "FILES"}"#)
        defer { world.remove() }
        try world.putFiles(series: 2, of: 2)
        let first = try #require(try await events(1, of: world).first)
        #expect(try IndexStatus(json: Data(first.data.utf8)).jobs.isEmpty)
        // Whoever has it already waits for the next; whoever has another one gets the latest at once.
        async let next = events(1, of: world, after: first.id)
        try await world.index("archive")
        let second = try #require(try await next.first)
        #expect(second.id > first.id)
        #expect(try IndexStatus(json: Data(second.data.utf8)).jobs.map(\.source) == ["archive"])
        let latest = try #require(try await events(1, of: world, after: first.id).first)
        #expect(latest.id >= second.id)
        await world.service.stop()
    }

    @Test func `a clinician is told the totals and no jobs`() async throws {
        let world = try IndexWorld(configured: #"{"name": "archive", "type": "local", "path": "FILES"}"#)
        defer { world.remove() }
        try world.putFiles(series: 2, of: 1)
        try await world.index("archive")
        let data = try #require(try await events(1, of: world, role: .clinician).first?.data)
        let told = try #require(try JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any])
        #expect(told["series_count"] as? Int == 2 && told["running"] as? Bool == false && told["jobs"] == nil)
        await world.service.stop()
    }

    @Test func `a slow listener gets the latest state and none of those in between`() async {
        let feed = StatusFeed()
        let listener = feed.listen(after: nil)
        for id in 1...100 { feed.publish(.init(id: UInt64(id), full: [UInt8(id)], totals: [])) }
        guard case .event(let event)? = await listener.next() else { return #expect(Bool(false), "no event") }
        #expect(event.id == 100)
        feed.beat()
        guard case .heartbeat? = await listener.next() else { return #expect(Bool(false), "no heartbeat") }
        feed.finish()
        #expect(await listener.next() == nil)
    }

    @Test func `a thousand listeners get the same bytes, and leave nothing behind`() async {
        let feed = StatusFeed()
        await withTaskGroup(of: UInt64?.self) { group in
            for _ in 0..<1_000 {
                let listener = feed.listen(after: nil)
                group.addTask {
                    guard case .event(let event)? = await listener.next() else { return nil }
                    return event.id
                }
            }
            feed.publish(.init(id: 7, full: [1], totals: [2]))
            for await id in group { #expect(id == 7) }
        }
        #expect(feed.listeners == 0)
    }

    @Test func `a listener whose task is cancelled is let go`() async {
        let feed = StatusFeed()
        let task = Task { [listener = feed.listen(after: nil)] in await listener.next() == nil }
        task.cancel()
        #expect(await task.value)
        #expect(feed.listeners == 0)
    }
}
