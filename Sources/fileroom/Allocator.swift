import CMalloc
import Foundation

/// The C library's allocator, which keeps freed memory where it was needed once: near the threads that needed it.
enum Allocator {
    /// Has the threads share a few arenas, since downloads and jobs run on whatever thread is free. To be called before there are threads.
    ///
    /// Source: mallopt(3), M_ARENA_MAX.
    static func shareArenas() {
        mallopt(M_ARENA_MAX, Int32(clamping: ProcessInfo.processInfo.activeProcessorCount))
    }
}
