internal import Synchronization

/// Every open connection of a server, how many each address has, and how many requests are under way.
final class ConnectionTable: Sendable {
    private struct State {
        var serial: UInt64 = 0
        var connections: [UInt64: Connection] = [:]
        var perAddress: [String: Int] = [:]
        var requests = 0
        var isStopping = false
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
        state.withLock { state in
            state.connections[connection.serial] = nil
            if case .address(let address) = connection.peer, let count = state.perAddress[address] {
                state.perAddress[address] = count > 1 ? count - 1 : nil
            }
        }
    }

    /// A request wants to begin.
    ///
    /// - Returns: whether it may: not once the server stops.
    func beginRequest() -> Bool {
        state.withLock { state in
            guard !state.isStopping else { return false }
            state.requests += 1
            return true
        }
    }

    func endRequest() {
        let waiters: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.requests -= 1
            guard state.requests == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// No request begins any more.
    func refuseRequests() { state.withLock { $0.isStopping = true } }

    /// Returns once no request is under way.
    func waitForRequests() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.requests > 0 { state.waiters.append(continuation) }
                return state.requests == 0
            }
            if isIdle { continuation.resume() }
        }
    }
}
