internal import HTTPServer
internal import Synchronization

/// Where recipients reach the server: what their links begin with.
public final class PublicAddress: Sendable {
    private let configured: String?
    private let served = Mutex<String?>(nil)

    /// - Parameter configured: `server.public_url`; nil for whatever a client asked.
    public init(configured: String?) { self.configured = configured }

    /// The server listens at this address, such as `https://127.0.0.1:8443`; nil when it no longer does.
    public func isServed(at address: String?) { served.withLock { $0 = address } }

    /// For a link that is made for a request: as configured, else as the client itself reaches the server, which a process of this machine does not
    /// over the network.
    ///
    /// - Throws: ``Problem`` 409 when it cannot be known.
    func base(for request: Request) throws(Problem) -> String {
        if let configured { return configured }
        if request.peer != .local, !request.authority.isEmpty { return "\(request.isSecure ? "https" : "http")://\(request.authority)" }
        if let address = served.withLock({ $0 }) { return address }
        throw Problem(
            .conflict, "ADDRESS_UNKNOWN",
            "A link needs the address of the server, and none is running: start it, or set \"public_url\" under \"server\" in the configuration."
        )
    }
}
