import Glibc

/// A value that several threads share, and on whose changes they wait.
///
/// Source: `pthread_mutex_lock`, `pthread_cond_wait`.
final class Monitor<State>: @unchecked Sendable {
    // Sendable because `state` is only touched under `lock`.
    private var state: State
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(_ state: sending State) {
        self.state = state
        pthread_mutex_init(lock, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        pthread_cond_destroy(changed)
        lock.deallocate()
        changed.deallocate()
    }

    /// Reads or changes the value. Must not block.
    func with<Value>(_ body: (inout State) throws -> Value) rethrows -> Value {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&state)
    }

    /// Changes the value and wakes who waits for it: one thread or all.
    func change<Value>(wakingAll: Bool = false, _ body: (inout State) throws -> Value) rethrows -> Value {
        pthread_mutex_lock(lock)
        defer {
            pthread_mutex_unlock(lock)
            if wakingAll { pthread_cond_broadcast(changed) } else { pthread_cond_signal(changed) }
        }
        return try body(&state)
    }

    /// Blocks the calling thread until `body` gives a value; it is asked again after every change.
    func wait<Value>(_ body: (inout State) throws -> Value?) rethrows -> Value {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while true {
            if let value = try body(&state) { return value }
            pthread_cond_wait(changed, lock)
        }
    }
}
