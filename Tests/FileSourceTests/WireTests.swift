import DICOM
import SMBWire
import Testing

/// The frames between the program and its workers.
@Suite struct WireTests {
    static let requests: [Request] = [
        .configure(
            ShareConnection(
                host: "nas", port: 445, share: "bilder ü", path: Array("a/b%".utf8), username: "u", password: "p\"w", domain: "D",
                encryption: .required, timeoutMilliseconds: 10_000, addressSpace: 1 << 30, allowance: 4096)),
        .list(path: [], pageSize: 1000), .list(path: [0xFF, 0x2F, 0x41], pageSize: .max), .nextPage, .stop, .headers([]),
        .headers([HeaderItem(path: Array("x".utf8), size: .max, firstRead: 8192), HeaderItem(path: [], size: 0, firstRead: 0)]),
        .read(path: [1, 2, 3], offset: .max, count: 1), .stat(path: [65]), .measure(count: 7), .login(allowed: true),
        .login(allowed: false),
        .allowance(bytes: 12345),
    ]

    static let responses: [Response] = {
        let failure = WorkerFailure(errno: 13, stage: .open, hasSession: true, detail: "why")
        let entry = WireEntry(name: Array("IM1".utf8), isFolder: false, size: 5, modified: -1, changed: .max)
        return [
            .wantsLogin, .loginFinished(nil), .loginFinished(failure), .configured(isEncrypted: true, isSigned: false), .failed(failure),
            .page(WirePage(entries: [entry], isLast: true, folderID: 9, digest: 7)),
            .page(WirePage(entries: [], isLast: false, folderID: 0, digest: 0)),
            .headers([
                HeaderReply(index: 0, bytesRead: 10, headerEnd: 8, outcome: .read(.directory)),
                HeaderReply(index: 1, bytesRead: 0, headerEnd: 0, outcome: .read(.notDICOM(reason: "no"))),
                HeaderReply(index: 2, bytesRead: 1, headerEnd: 1, outcome: .failed(failure)),
            ]),
            .headersDone(nil), .headersDone(failure), .data(WireData(count: 0, size: 0, modified: 0)),
            .data(WireData(count: 3, size: .max, modified: -1)),
            .status(WireStatus(isFolder: true, size: 3, modified: 2, fileID: 1)), .measured([1, 2]), .wantsAllowance(bytes: 8),
        ]
    }()

    private func payload(_ frame: [UInt8]) throws -> [UInt8] {
        let length = try Frame.length(Array(frame.prefix(Frame.prefixLength)))
        #expect(length == frame.count - Frame.prefixLength)
        return Array(frame.dropFirst(Frame.prefixLength))
    }

    @Test func `every message comes back as it went`() throws {
        for request in Self.requests { try expectEqual(Request(payload: payload(request.frame())), request) }
        for response in Self.responses { try expectEqual(Response(payload: payload(response.frame())), response) }
    }

    @Test func `what is cut off or has something behind it is refused`() throws {
        for frame in Self.requests.map({ $0.frame() }) {
            let payload = try payload(frame)
            for length in 0..<payload.count { #expect(throws: WireError.self) { try Request(payload: Array(payload[..<length])) } }
            #expect(throws: WireError.self) { try Request(payload: payload + [0]) }
        }
        for frame in Self.responses.map({ $0.frame() }) {
            let payload = try payload(frame)
            for length in 0..<payload.count { #expect(throws: WireError.self) { try Response(payload: Array(payload[..<length])) } }
            #expect(throws: WireError.self) { try Response(payload: payload + [0]) }
        }
    }

    @Test func `bytes of any kind give a message or an error, and no more memory than there are bytes`() {
        var random = SystemRandomNumberGenerator()
        let seed = random.next()
        var state = seed
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        let frames = Self.requests.map { $0.frame() } + Self.responses.map { $0.frame() }
        for round in 0..<20_000 {
            var bytes = Array(frames[round % frames.count].dropFirst(4))
            for _ in 0...(next() % 4) where !bytes.isEmpty { bytes[Int(next()) % bytes.count] = UInt8(truncatingIfNeeded: next()) }
            _ = try? Request(payload: bytes)
            _ = try? Response(payload: bytes)
        }
        print("seed of the changed messages: \(seed)")
    }

    @Test(arguments: ["", ".", "..", "a/b", "a\0b"]) func `a worker cannot name what is outside of the folder`(name: String) throws {
        let entry = WireEntry(name: Array(name.utf8), isFolder: true, size: 0, modified: 0, changed: 0)
        let frame = Response.page(WirePage(entries: [entry], isLast: true, folderID: 0, digest: 0)).frame()
        #expect(throws: WireError.self) { try Response(payload: Array(frame.dropFirst(4))) }
    }

    @Test func `a frame of no or of boundless length is refused`() {
        for prefix: [UInt8] in [[0, 0, 0, 0], [1, 0, 0x40, 0], [0xFF, 0xFF, 0xFF, 0xFF], [1, 0]] {
            #expect(throws: WireError.self) { try Frame.length(prefix) }
        }
    }

    @Test func `a batch is cut to what fits into a frame`() {
        let item = HeaderItem(path: Array(repeating: 65, count: 1000), size: 1, firstRead: 1)
        #expect(Request.fitting(Array(repeating: item, count: 100)) == 100)
        let many = Request.fitting(Array(repeating: item, count: 10_000))
        #expect(many < 10_000 && many > 4000)
        #expect(Request.headers(Array(repeating: item, count: many)).frame().count <= WireLimit.frame + Frame.prefixLength)
    }
}
