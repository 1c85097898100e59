internal import CCurl
internal import Glibc
internal import Synchronization

/// The connections of one client. Confined to its queue, but for ``wake()``.
final class Transfers: @unchecked Sendable {
    // Set once; libcurl lets any thread wake the one that polls, and nothing else is done with it from elsewhere.
    private let multi: UnsafeMutableRawPointer?

    /// libcurl is made ready once in a process.
    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init() {
        multi = Self.isReady ? curl_multi_init() : nil
    }

    deinit {
        if let multi { curl_multi_cleanup(multi) }
    }

    /// Ends the wait of ``run(_:to:_:_:)``, which then looks whether it is still wanted.
    ///
    /// Source: `curl_multi_wakeup`.
    func wake() {
        if let multi { curl_multi_wakeup(multi) }
    }

    /// Sends a request and waits for the answer. Blocks its thread.
    ///
    /// Source: `curl_multi_perform`, `curl_multi_poll`.
    func run(
        _ request: ClientRequest, to target: HTTPTarget, _ receive: Transfer.Receiver?, _ cancellation: Cancellation
    ) -> Result<ClientResponse, HTTPClientError> {
        guard let multi, let easy = curl_easy_init() else { return .failure(HTTPClientError(.failed, "libcurl has no memory left.")) }
        defer { curl_easy_cleanup(easy) }
        let transfer = Transfer(easy, request, target, receive)
        return withExtendedLifetime(transfer) {
            do throws(HTTPClientError) {
                try transfer.prepare()
            } catch {
                return .failure(error)
            }
            curl_multi_add_handle(multi, easy)
            defer { curl_multi_remove_handle(multi, easy) }
            var running: Int32 = 1
            while running > 0 {
                if cancellation.isCancelled { return .failure(HTTPClientError(.cancelled, "The request was given up.")) }
                guard curl_multi_perform(multi, &running) == CURLM_OK else { break }
                if running > 0 { curl_multi_poll(multi, nil, 0, 1_000, nil) }
            }
            var left: Int32 = 0
            while let message = curl_multi_info_read(multi, &left) {
                if message.pointee.msg == CURLMSG_DONE, message.pointee.easy_handle == easy {
                    return transfer.end(message.pointee.data.result)
                }
            }
            return .failure(HTTPClientError(.failed, "\(target.name) could not be asked: libcurl gave no result."))
        }
    }
}

/// Whether a request is still wanted.
final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)
    private let transfers: Transfers

    init(_ transfers: Transfers) { self.transfers = transfers }

    var isCancelled: Bool { flag.load(ordering: .acquiring) }

    func cancel() {
        flag.store(true, ordering: .releasing)
        transfers.wake()
    }
}

/// One request on its way. Lives on the client's queue, where libcurl calls back too.
final class Transfer {
    typealias Receiver = @Sendable (UnsafeRawBufferPointer) throws -> Void

    private let easy: UnsafeMutableRawPointer
    private let request: ClientRequest
    private let target: HTTPTarget
    private let receive: Receiver?
    private var status = 0
    /// The server has not asked for the body yet.
    private var isKeptBack: Bool
    private var headers: [(name: String, value: String)] = []
    private var body: [UInt8] = []
    /// Why a callback ended the transfer.
    private var refusal: HTTPClientError?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var folder: Int32 = -1
    /// libcurl writes to it until the transfer is over.
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    private static let mostBytes = 64 << 20

    init(_ easy: UnsafeMutableRawPointer, _ request: ClientRequest, _ target: HTTPTarget, _ receive: Receiver?) {
        (self.easy, self.request, self.target, self.receive) = (easy, request, target, receive)
        isKeptBack = request.awaitsLeave && request.body?.isEmpty == false
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_slist_free_all(headerList)
        errorText.deallocate()
        if folder >= 0 { close(folder) }
    }

    // MARK: Before

    /// Tells libcurl what to do.
    func prepare() throws(HTTPClientError) {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_CONNECTTIMEOUT_MS, 10_000)
        set(CURLOPT_TIMEOUT_MS, request.timeout.map { max(1, Int($0 / .milliseconds(1))) } ?? 0)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_USERAGENT, "fileroom")
        switch target.place {
        case .socket(let path, let name): try reach(folder: path, name)
        case .url(let url, let authority): reach(url: url, authority)
        }
        set(CURLOPT_CUSTOMREQUEST, request.method)
        if request.method == "HEAD" { set(CURLOPT_NOBODY, 1) }
        if let body = request.body {
            set(CURLOPT_POST, 1)
            fileroom_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            body.withUnsafeBytes { bytes in
                _ = fileroom_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            }
        }
        // By itself libcurl would wait a second for the leave, and send the body then.
        if isKeptBack { set(CURLOPT_EXPECT_100_TIMEOUT_MS, Int(Int32.max)) }
        for header in request.headers + [("Expect", isKeptBack ? "100-continue" : "")] {
            headerList = curl_slist_append(headerList, "\(header.name):\(header.value.isEmpty ? "" : " " + header.value)")
        }
        fileroom_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList)
        callBack()
    }

    /// An address has room for 107 bytes, a folder's path may be longer: the folder is therefore named by a descriptor.
    private func reach(folder path: String, _ name: String) throws(HTTPClientError) {
        folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw HTTPClientError(CURLE_COULDNT_CONNECT, detail: "", systemError: errno, at: target, after: nil) }
        set(CURLOPT_UNIX_SOCKET_PATH, "/proc/self/fd/\(folder)/\(name)")
        set(CURLOPT_URL, "http://localhost" + request.path)
        set(CURLOPT_NOPROXY, "*")
        // Whoever listens may be about to end, and is not to wait for us.
        set(CURLOPT_FORBID_REUSE, 1)
    }

    private func reach(url: String, _ authority: String?) {
        set(CURLOPT_URL, (url.hasSuffix("/") ? String(url.dropLast()) : url) + request.path)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_ACCEPT_ENCODING, "")
        if let authority {
            set(CURLOPT_CAINFO, authority)
            set(CURLOPT_CAPATH, nil)
        }
        if HTTPTarget.isLoopback(url: url) { set(CURLOPT_NOPROXY, "*") }
    }

    private func callBack() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        fileroom_curl_set_pointer(easy, CURLOPT_HEADERDATA, me)
        fileroom_curl_set_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, _, count, me in
            Transfer.of(me)?.takeHeader(UnsafeRawBufferPointer(start: bytes, count: count)) == true ? count : 0
        }
        fileroom_curl_set_pointer(easy, CURLOPT_WRITEDATA, me)
        fileroom_curl_set_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, _, count, me in
            Transfer.of(me)?.takeBody(UnsafeRawBufferPointer(start: bytes, count: count)) == true ? count : Int(CURL_WRITEFUNC_ERROR)
        }
        fileroom_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> Transfer? {
        pointer.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func set(_ option: CURLoption, _ value: Int) { fileroom_curl_set_long(easy, option, value) }
    private func set(_ option: CURLoption, _ value: String?) { fileroom_curl_set_text(easy, option, value) }

    // MARK: Meanwhile

    /// One line: the status line of an answer, of which there may be several, or a header.
    private func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            headers = []
            status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            // An answer without the leave may be cut as well, after who knows what.
            if status == 100 || status >= 200 { isKeptBack = false }
        } else if let colon = text.firstIndex(of: ":") {
            let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append((String(text[..<colon]), String(value.prefix { !$0.isNewline && $0 != "\r" })))
        }
        return true
    }

    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let receive, (200..<300).contains(status) {
            do {
                try receive(bytes)
                return true
            } catch {
                refusal = HTTPClientError(.refusedByReceiver, String(describing: error), underlying: error)
                return false
            }
        }
        guard body.count + bytes.count <= Self.mostBytes else {
            refusal = HTTPClientError(.tooLarge, "\(target.name) answered with more than \(Self.mostBytes >> 20) MiB.")
            return false
        }
        body += bytes
        return true
    }

    // MARK: Afterwards

    func end(_ result: CURLcode) -> Result<ClientResponse, HTTPClientError> {
        if let refusal { return .failure(refusal) }
        guard result == CURLE_OK else {
            var systemError = 0
            fileroom_curl_get_long(easy, CURLINFO_OS_ERRNO, &systemError)
            return .failure(
                HTTPClientError(
                    result, detail: String(cString: errorText), systemError: Int32(systemError), isKeptBack: isKeptBack, at: target,
                    after: request.timeout))
        }
        return .success(ClientResponse(status: status, headers: headers, body: body))
    }
}
