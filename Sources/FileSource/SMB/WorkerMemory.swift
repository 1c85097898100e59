import Glibc
import SMBWire

/// Memory that we and one worker see: what it reads comes to us through it, with no copy through the pipe.
///
/// It is in no folder, and no other process can find it. The worker can neither shrink nor grow it, which would end us.
///
/// Source: `memfd_create(2)`, `fcntl(2)` (file sealing).
final class WorkerMemory {
    let descriptor: Descriptor
    private let memory: UnsafeRawPointer

    /// - Throws: ``SourceError`` (`WORKER_NOT_STARTED`).
    init() throws(SourceError) {
        let (closeOnExec, allowSealing): (UInt32, UInt32) = (1, 2)  // MFD_CLOEXEC, MFD_ALLOW_SEALING
        let (addSeals, shrinkGrowAndSeal): (Int32, Int32) = (1033, 2 | 4 | 1)  // F_ADD_SEALS; F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SEAL
        let made = Descriptor(Self.makeFile?("fileroom-smb-worker", closeOnExec | allowSealing) ?? -1)
        guard made.number >= 0, ftruncate(made.number, off_t(SharedMemory.length)) == 0,
            fcntl(made.number, addSeals, shrinkGrowAndSeal) == 0
        else { throw .workerNotStarted }
        // Out of the way of the numbers that the worker's descriptors get.
        descriptor = Descriptor(fcntl(made.number, F_DUPFD_CLOEXEC, 16))
        guard descriptor.number >= 0,
            let mapped = mmap(nil, SharedMemory.length, PROT_READ, MAP_SHARED, descriptor.number, 0), mapped != MAP_FAILED
        else { throw .workerNotStarted }
        memory = UnsafeRawPointer(mapped)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: memory), SharedMemory.length) }

    /// Which file of the batch the worker is at, counted from 0. Right even when it is dead.
    var currentIndex: Int? {
        let number = memory.load(as: UInt64.self)
        return number == 0 || number > UInt64(WireLimit.items) ? nil : Int(number) - 1
    }

    /// The first bytes of what the worker has read.
    func data(_ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: memory + SharedMemory.dataOffset, count: min(count, WireLimit.data))
    }

    private typealias MakeFile = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32
    /// The C library's, whose header hides it from us.
    private static let makeFile: MakeFile? = dlsym(nil, "memfd_create").map { unsafeBitCast($0, to: MakeFile.self) }
}
