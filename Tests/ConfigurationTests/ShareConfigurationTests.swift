import Configuration
import Testing

@Suite struct ShareConfigurationTests {
    private func read(_ shares: String) throws -> ShareConfiguration {
        try FileroomConfiguration(json: Array(#"{"shares": \#(shares)}"#.utf8), folder: "/etc/fileroom").shares
    }

    @Test func `without a word a share lasts a day and at most thirty`() throws {
        let shares = try read("{}")
        #expect(shares == ShareConfiguration())
        #expect((shares.defaultExpiry, shares.maximumExpiry, shares.resume) == (.seconds(86_400), .seconds(2_592_000), .seconds(86_400)))
        #expect((shares.passwordAttempts, shares.passwordAttemptsInTotal, shares.requiresPassword) == (10, 100, false))
        #expect((shares.concurrentDownloads, shares.queue, shares.readAheadBytes) == (100, .seconds(20), 12_582_912))
        #expect(shares.bytesPerSecond == nil && shares.totalBytesPerSecond == nil && !shares.showsPatient)
    }

    @Test func `every key is taken`() throws {
        let shares = try read(
            """
            {"default_expiry_hours": 2, "max_expiry_hours": 48, "resume_hours": 0, "require_password": true, "password_attempts": 5,
             "password_attempts_total": 50, "show_patient": true, "concurrent_downloads": 7, "queue_seconds": 1.5, "mbit_per_second": 8,
             "total_mbit_per_second": 80, "read_ahead_mib": 64}
            """)
        #expect((shares.defaultExpiry, shares.maximumExpiry, shares.resume) == (.seconds(7_200), .seconds(172_800), .zero))
        #expect((shares.passwordAttempts, shares.passwordAttemptsInTotal, shares.requiresPassword) == (5, 50, true))
        #expect((shares.concurrentDownloads, shares.queue, shares.readAheadBytes) == (7, .seconds(1.5), 67_108_864))
        #expect((shares.bytesPerSecond, shares.totalBytesPerSecond, shares.showsPatient) == (1_000_000, 10_000_000, true))
    }

    @Test func `a limit that is given alone takes the one that depends on it along`() throws {
        #expect(try read(#"{"max_expiry_hours": 2}"#).defaultExpiry == .seconds(7_200))
        #expect(try read(#"{"password_attempts_total": 5}"#).passwordAttempts == 5)
        #expect(try read(#"{"password_attempts": 500}"#).passwordAttemptsInTotal == 500)
    }

    @Test(arguments: [
        (#"{"default_expiry_hours": 0}"#, "shares.default_expiry_hours"),
        (#"{"default_expiry_hours": 49, "max_expiry_hours": 48}"#, "shares.default_expiry_hours"),
        (#"{"default_expiry_hours": 721}"#, "shares.default_expiry_hours"),
        (#"{"password_attempts": 11, "password_attempts_total": 10}"#, "shares.password_attempts"),
        (#"{"mbit_per_second": 2, "total_mbit_per_second": 1}"#, "shares.mbit_per_second"),
        (#"{"mbit_per_second": 0}"#, "shares.mbit_per_second"),
        (#"{"require_pasword": true}"#, "shares.require_pasword"), (#""yes""#, "shares"),
    ])
    func `what is wrong is told with its path`(shares: String, path: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try read(shares) }
        #expect(error?.problems.map(\.path) == [path])
    }
}
