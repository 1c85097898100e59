internal import CMicrohttpd
internal import Glibc

extension Exchange {
    /// Hands the answer to libmicrohttpd, on its thread.
    ///
    /// Source: MHD_create_response_from_buffer, MHD_create_response_from_callback, MHD_create_response_from_fd_at_offset64, MHD_queue_response.
    func queue(_ answer: Answer) -> MHD_Result {
        guard let response = make(answer) else { return .NO }
        defer { MHD_destroy_response(response) }
        for field in answer.response.headers.fields where !Self.isOurs(field.name) {
            guard MHD_add_response_header(response, field.name, field.value) == .YES else { return .NO }
        }
        // Even to HEAD libmicrohttpd sends the last chunk, which would be taken for the next response.
        if answer.isHead, case .stream(nil, _) = answer.response.body { mhd_without_chunks(response) }
        if answer.closes { MHD_add_response_header(response, "Connection", "close") }
        return MHD_queue_response(handle, UInt32(answer.response.status.rawValue), response)
    }

    /// What the server says itself, and a handler therefore does not.
    private static func isOurs(_ name: String) -> Bool {
        ["content-length", "transfer-encoding", "connection", "keep-alive", "date"].contains(name.lowercased())
    }

    /// A 304 has no body, and as its length only that of the body which is not sent: libmicrohttpd would otherwise write 0.
    private func makeNotModified(_ body: ResponseBody) -> OpaquePointer? {
        let length: Int? =
            switch body {
            case .none: nil
            case .bytes(let bytes): bytes.count
            case .stream(let length, _): length
            case .file(let file): file.length
            }
        // Of a chunked one it would send the last chunk all the same, which would be taken for the next response.
        guard let length else { return MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT) }
        return MHD_create_response_from_callback(UInt64(length), 1024, { _, _, _, _ in mhd_end_of_stream() }, nil, nil)
    }

    private func make(_ answer: Answer) -> OpaquePointer? {
        let response = answer.response
        if response.status == .notModified { return makeNotModified(response.body) }
        switch response.body {
        case .none: return MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT)
        case .bytes(let bytes):
            return bytes.withUnsafeBytes {
                MHD_create_response_from_buffer($0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
            }
        case .stream(let length, _):
            let size = length.map { UInt64($0) } ?? mhd_size_unknown()
            // Chunks are made in the connection's own memory.
            return MHD_create_response_from_callback(
                size, length == nil ? 1_024 : answer.blockBytes,
                { context, _, room, count in
                    guard let context, let room else { return mhd_end_with_error() }
                    let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
                    return exchange.fill(UnsafeMutableRawBufferPointer(start: room, count: count))
                }, Unmanaged.passRetained(self).toOpaque(),
                { context in if let context { Unmanaged<Exchange>.fromOpaque(context).release() } })
        case .file(let file):
            // libmicrohttpd closes the descriptor that it is given; the body keeps its own.
            let copy = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else { return nil }
            guard let made = MHD_create_response_from_fd_at_offset64(UInt64(file.length), copy, UInt64(file.offset)) else {
                close(copy)
                return nil
            }
            return made
        }
    }
}
