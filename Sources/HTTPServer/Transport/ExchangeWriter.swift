internal import Synchronization

/// Counts a streamed body on its way: one that announced its length must keep to it.
final class ExchangeWriter: ResponseBodyWriter {
    private let exchange: Exchange
    private let length: Int?
    private let written = Atomic<Int>(0)

    init(_ exchange: Exchange, length: Int?) { (self.exchange, self.length) = (exchange, length) }

    func write(_ bytes: [UInt8]) async throws {
        let total = written.add(bytes.count, ordering: .relaxed).newValue
        if let length, total > length { throw WrongLength() }
        guard !bytes.isEmpty else { return }
        try await exchange.write(bytes)
    }

    func finish() throws {
        if let length, written.load(ordering: .relaxed) != length { throw WrongLength() }
        exchange.endStream()
    }

    /// A body has more or fewer bytes than its response says.
    struct WrongLength: Error {}
}
