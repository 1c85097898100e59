import Testing

@testable import Sharing

struct ByteRangeTests {
    @Test(
        arguments: [
            ("bytes=0-", 0..<1_000), ("bytes=500-", 500..<1_000), ("bytes=0-0", 0..<1), ("bytes=10-19", 10..<20),
            ("bytes=990-5000", 990..<1_000),
            ("bytes=-1", 999..<1_000), ("bytes=-5000", 0..<1_000), ("Bytes = 5-6", 5..<7), ("bytes=0-99999999999999999999999", 0..<1_000),
        ] as [(String, Range<UInt64>)])
    func `one range is understood`(header: String, meant: Range<UInt64>) throws {
        #expect(try #require(ByteRange(header: header)).resolved(length: 1_000) == meant)
    }

    @Test(arguments: ["bytes=1000-", "bytes=5000-6000", "bytes=-0", "bytes=99999999999999999999999-"])
    func `a range beyond the end is none`(header: String) throws {
        #expect(try #require(ByteRange(header: header)).resolved(length: 1_000) == nil)
    }

    @Test(arguments: [
        "", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "lines=0-1", "bytes=a-b", "bytes=+1-2", "bytes=0x1-2",
        "bytes=1-2-3",
    ])
    func `everything else asks for the whole`(header: String) {
        #expect(ByteRange(header: header) == nil)
    }
}

struct ArchiveNameTests {
    @Test(arguments: [
        (1, 1, 1, "DICOM/ST000001/SE000001/IM000001"), (12, 345, 999_999, "DICOM/ST000012/SE000345/IM999999"),
        (1, 1, 1_000_000, "DICOM/ST000001/SE000001/I1000000"), (1, 1, 12_345_678, "DICOM/ST000001/SE000001/12345678"),
    ])
    func `a name has parts of eight characters`(study: Int, series: Int, instance: Int, name: String) {
        #expect(ArchiveNames.instance(study: study, series: series, instance: instance) == name)
    }
}

struct ManifestTests {
    private func line(_ description: String) -> String {
        String(decoding: ManifestRow(path: "A", seriesDescription: description).bytes, as: UTF8.self)
    }

    @Test(arguments: ["=1+1", "+1", "-1+2", "@SUM(A1)", "  =1", "\t=1", "\r\n=1", "\u{FF1D}1", "\u{7}=1"])
    func `no description is a formula`(description: String) {
        #expect(line(description).contains(#","'"#) || line(description).contains(#","  '"#) || line(description).contains(#","' "#))
        #expect(line(description).filter { $0 == "\r\n" }.count == 1)
    }

    @Test func `quotes, commas and letters stay what they are`() {
        #expect(line(#"Schädel, "T1" ©"#) == #""A",,,,"Schädel, ""T1"" ©",,,,"included","# + "\r\n")
    }

    @Test func `what is missing says so and why`() {
        let row = ManifestRow(seriesNumber: -3, instanceNumber: 7, sopInstanceUID: "1.2.3", remark: "The file is not there any more.")
        #expect(
            String(decoding: row.bytes, as: UTF8.self)
                == #",,,"-3",,,"7","1.2.3","missing","The file is not there any more.""# + "\r\n")
    }
}

struct ReadMeTests {
    @Test(arguments: [("en", [true, false]), ("de", [false, true]), (nil, [true, true])] as [(String?, [Bool])])
    func `the text is in the share's language, or in both`(language: String?, has: [Bool]) {
        let text = String(decoding: ReadMe.bytes(language: language), as: UTF8.self)
        #expect([text.contains("Medical images"), text.contains("Medizinische Bilder")] == has)
        #expect(!text.contains("\n") || text.replacing("\r\n", with: "").contains("\n") == false)
    }
}

struct ThrottleTests {
    @Test func `bytes pass one after the other at the rate`() {
        let throttle = Throttle(bytesPerSecond: 1_000)
        let start = ContinuousClock.now + .seconds(10)
        // A tenth of a second is saved up at most.
        #expect(throttle.reserve(500, now: start) == start - .milliseconds(100))
        #expect(throttle.reserve(500, now: start) == start + .milliseconds(400))
        #expect(throttle.reserve(1, now: start) == start + .milliseconds(900))
    }

    @Test func `without a rate everything passes at once`() {
        let now = ContinuousClock.now
        #expect(Throttle(bytesPerSecond: nil).reserve(1 << 40, now: now) == now)
    }
}

struct DownloadQueueTests {
    private func place(_ queue: DownloadQueue, _ recipient: String) async throws -> DownloadQueue.Place {
        try await queue.place(for: recipient) { _ in 7 }
    }

    @Test func `who finds no place in time is told when to come again`() async throws {
        let queue = DownloadQueue(places: 1, longestWait: .milliseconds(1))
        let held = try await place(queue, "a")
        let error = await #expect(throws: SharingError.self) { _ = try await place(queue, "b") }
        #expect(error?.code == .tooManyDownloads)
        #expect(error?.retryAfterSeconds == 7)
        withExtendedLifetime(held) {}
    }

    @Test func `a place that is let go of is given on`() async throws {
        let queue = DownloadQueue(places: 1, longestWait: .seconds(60))
        for _ in 0..<3 { _ = try await place(queue, "a") }
    }

    @Test func `a place goes first to whoever has none`() async throws {
        let queue = DownloadQueue(places: 2, longestWait: .seconds(60))
        var held = [try await place(queue, "greedy"), try await place(queue, "greedy")]
        let order = Order()
        let greedy = Task { [self] in
            let place = try await place(queue, "greedy")
            await order.add("greedy")
            withExtendedLifetime(place) {}
        }
        while queue.waiting < 1 { await Task.yield() }
        let modest = Task { [self] in
            let place = try await place(queue, "modest")
            await order.add("modest")
            withExtendedLifetime(place) {}
        }
        while queue.waiting < 2 { await Task.yield() }
        held.removeLast()
        try await modest.value
        held.removeLast()
        try await greedy.value
        #expect(await order.names == ["modest", "greedy"])
    }

    @Test func `the last places are kept for newcomers`() async throws {
        let queue = DownloadQueue(places: 8, longestWait: .milliseconds(1))
        var held: [DownloadQueue.Place] = []
        for _ in 0..<7 { held.append(try await place(queue, "greedy")) }
        await #expect(throws: SharingError.self) { _ = try await place(queue, "greedy") }
        held.append(try await place(queue, "modest"))
    }

    @Test func `who goes away leaves the queue`() async throws {
        let queue = DownloadQueue(places: 1, longestWait: .seconds(60))
        let held = try await place(queue, "a")
        let waiting = Task { [self] in _ = try await place(queue, "b") }
        while queue.waiting < 1 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(queue.waiting == 0)
        withExtendedLifetime(held) {}
    }

    private actor Order {
        var names: [String] = []
        func add(_ name: String) { names.append(name) }
    }
}
