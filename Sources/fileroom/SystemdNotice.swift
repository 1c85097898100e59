import Foundation
import Glibc

/// Tells systemd how far the service is, where systemd started it.
///
/// Source: sd_notify(3), whose protocol is a datagram to the socket that `NOTIFY_SOCKET` names.
enum SystemdNotice {
    static func send(_ state: String) {
        guard let path = Terminal.environment["NOTIFY_SOCKET"], let first = path.first, first == "/" || first == "@" else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        // An abstract socket's name begins with a zero byte.
        if first == "@" { name[0] = 0 }
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // Who does not listen is told nothing.
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = sendto(descriptor, state, state.utf8.count, Int32(MSG_NOSIGNAL), address, length)
            }
        }
    }
}
