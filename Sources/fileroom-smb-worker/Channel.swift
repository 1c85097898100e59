import CSMBClient
import Glibc
import SMBWire

enum ChannelError: Error {
    case closed
    case malformed(WireError)
    /// A message that has no meaning at this point.
    case outOfPlace
}

/// Frames to and from the program that started this one.
final class Channel {
    private let descriptor: Int32
    /// A stop came while something else was waited for.
    private var wasStopped = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Whether the descriptor is a socket, as it is when the worker was started properly.
    var isConnected: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    func send(_ response: Response) throws(ChannelError) {
        let frame = response.frame()
        var done = 0
        while done < frame.count {
            let written = frame.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), frame.count - done) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw ChannelError.closed }
            done += written
        }
    }

    func receive() throws(ChannelError) -> Request {
        let prefix = try read(Frame.prefixLength)
        do {
            return try Request(payload: try read(try Frame.length(prefix)))
        } catch let error as ChannelError {
            throw error
        } catch let error as WireError {
            throw ChannelError.malformed(error)
        } catch {
            throw ChannelError.outOfPlace
        }
    }

    /// Whether something is asked within so many nanoseconds.
    func hasWork(within nanoseconds: UInt64) -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, Int32(nanoseconds / 1_000_000)) != 0
    }

    /// The next thing to do. A stop that was meant for what was done before is forgotten.
    func receiveWork() throws(ChannelError) -> Request {
        while true {
            let request = try receive()
            wasStopped = false
            if case .stop = request { continue }
            return request
        }
    }

    /// The answer to what was asked in the middle of work. A stop may come before it: who sent that had not seen the question yet.
    func receiveAnswer() throws(ChannelError) -> Request {
        while true {
            let request = try receive()
            guard case .stop = request else { return request }
            wasStopped = true
        }
    }

    /// Whether the work under way is to end. Does not wait.
    func isStopAsked() throws(ChannelError) -> Bool {
        if wasStopped { return true }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 0) > 0 else { return false }
        guard case .stop = try receive() else { throw ChannelError.outOfPlace }
        return true
    }

    func answer<Value>(_ result: Result<Value, WorkerFailure>, _ response: (Value) -> Response) throws(ChannelError) {
        switch result {
        case .success(let value): try send(response(value))
        case .failure(let failure): try send(.failed(failure))
        }
    }

    private func read(_ count: Int) throws(ChannelError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress?.advanced(by: done), count - done) }
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { throw ChannelError.closed }
            done += got
        }
        return bytes
    }
}

/// Ends the process when its parent is gone, even while libsmbclient does not return.
enum HangUp {
    static func exitWhenClosed(_ descriptor: Int32) {
        var thread = pthread_t()
        let argument = UnsafeMutableRawPointer(bitPattern: Int(descriptor))
        pthread_create(&thread, nil, waitForHangUp, argument)
    }

    // A thread of its own that touches nothing but the descriptor: libsmbclient knows no threads.
    private static let waitForHangUp: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
        var watched = pollfd(fd: Int32(Int(bitPattern: argument)), events: Int16(0x2000 /* POLLRDHUP */), revents: 0)
        while true {
            if poll(&watched, 1, -1) > 0 { _exit(0) }
        }
    }
}

/// Memory that the parent sees as well, also after this process has died.
struct ParentMemory {
    private let start: UnsafeMutableRawPointer

    /// Nil without such memory behind the descriptor, which is closed.
    init?(descriptor: Int32) {
        let mapped = mmap(nil, SharedMemory.length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        close(descriptor)
        guard let mapped, mapped != MAP_FAILED else { return nil }
        start = mapped
    }

    /// Tells which file of the batch is being read, counted from 1; 0 between batches.
    func setProgress(_ number: Int) { start.storeBytes(of: UInt64(number), as: UInt64.self) }

    /// Where what is read goes.
    var data: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: start + SharedMemory.dataOffset, count: WireLimit.data)
    }
}

/// Bytes that may be read, where the source is limited in bytes per second: the parent hands them out.
final class Allowance {
    private let channel: Channel
    private let portion: UInt64
    private var left: UInt64 = 0

    /// - Parameter portion: how many bytes to ask for at a time; 0 when there is no limit.
    init(channel: Channel, portion: UInt64) {
        (self.channel, self.portion) = (channel, portion)
    }

    /// Waits until `bytes` may be read.
    func take(_ bytes: UInt64) throws(ChannelError) {
        guard portion > 0 else { return }
        while left < bytes {
            try channel.send(.wantsAllowance(bytes: max(bytes - left, portion)))
            guard case .allowance(let granted) = try channel.receiveAnswer() else { throw ChannelError.outOfPlace }
            left += granted
        }
        left -= bytes
    }

    /// Gives back what was taken and not read.
    func giveBack(_ bytes: UInt64) {
        if portion > 0 { left += bytes }
    }
}
