import HTTPServer
import Synchronization

/// What handlers tell a test, in their order.
final class Events<Event: Sendable>: Sendable {
    private let stream: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation
    private let seen = Mutex<[Event]>([])

    init() { (stream, continuation) = AsyncStream.makeStream() }

    var all: [Event] { seen.withLock { $0 } }

    func add(_ event: Event) {
        seen.withLock { $0.append(event) }
        continuation.yield(event)
    }

    /// The next one; waits for it.
    func next() async -> Event? {
        for await event in stream { return event }
        return nil
    }
}

/// Tells which requests it got, and answers them with their path.
struct Recorder: Responder {
    let paths = Events<String>()

    func respond(to request: Request) async throws -> Response {
        paths.add(request.rawPath)
        for try await _ in request.body {}
        return Response(contentType: "text/plain", bytes: Array("answer to \(request.rawPath)".utf8))
    }
}

/// Waits until its task is cancelled.
func untilCancelled() async throws {
    try await Task.sleep(for: .seconds(3600))
}
