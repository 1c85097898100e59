import Indexing

/// What is to be run, and why something is not: that keeps no other source from being run.
struct IndexOrders {
    private(set) var orders: [IndexOrder]
    private(set) var refusals: [Failure] = []
    /// Whether it must be said which source a refusal is about.
    private let hasSeveral: Bool

    /// Makes an order for each source.
    ///
    /// - Parameter name: what people know a source by.
    init<Source>(_ sources: [Source], name: (Source) -> String, _ order: (Source) throws -> IndexOrder) {
        hasSeveral = sources.count > 1
        var orders: [IndexOrder] = []
        var refused: [(String, Failure)] = []
        for source in sources {
            do {
                orders.append(try order(source))
            } catch {
                refused.append((name(source), Failure(error)))
            }
        }
        self.orders = orders
        for (name, failure) in refused { refuse(name, failure) }
    }

    /// Drops the orders that `check` refuses.
    ///
    /// - Throws: `CancellationError` of `check`, which is no refusal.
    mutating func keep(_ check: (IndexOrder) async throws -> Void) async throws {
        var kept: [IndexOrder] = []
        for order in orders {
            do {
                try await check(order)
                kept.append(order)
            } catch let error as CancellationError {
                throw error
            } catch {
                refuse(order.source, Failure(error))
            }
        }
        orders = kept
    }

    mutating func refuse(_ name: String, _ failure: Failure) {
        refusals.append(hasSeveral ? Failure("\(name): \(failure.text)", failure.exitCode) : failure)
    }
}

/// Nothing could be begun.
struct Refusals: Error {
    let failures: [Failure]
}
