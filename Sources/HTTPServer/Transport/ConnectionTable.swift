internal import Synchronization

/// Every open connection of a server, and how many each address has.
final class ConnectionTable: Sendable {
    private struct State {
        var serial: UInt64 = 0
        var connections: [UInt64: Connection] = [:]
        var perAddress: [String: Int] = [:]
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.connections.count } }

    var all: [Connection] { state.withLock { Array($0.connections.values) } }

    func connection(_ serial: UInt64) -> Connection? { state.withLock { $0.connections[serial] } }

    func count(of address: String) -> Int { state.withLock { $0.perAddress[address] ?? 0 } }

    func add(_ make: (UInt64) -> Connection) -> Connection {
        state.withLock { state in
            state.serial += 1
            let connection = make(state.serial)
            state.connections[state.serial] = connection
            if case .address(let address) = connection.peer { state.perAddress[address, default: 0] += 1 }
            return connection
        }
    }

    func remove(_ connection: Connection) {
        let waiters: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.connections[connection.serial] = nil
            if case .address(let address) = connection.peer, let count = state.perAddress[address] {
                state.perAddress[address] = count > 1 ? count - 1 : nil
            }
            guard state.connections.isEmpty else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once there is none.
    func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.connections.isEmpty { state.waiters.append(continuation) }
                return state.connections.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }
}
