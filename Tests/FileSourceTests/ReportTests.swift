@testable import FileSource
import Foundation
import SMBTestServer
import Testing

/// What `fileroom source test` finds out.
@Suite(.serialized) struct ReportTests {
    private func report(_ extra: [String] = [], change: (inout SMBOptions) -> Void = { _ in }) async throws -> (SMBReport, SMBOptions, Int)
    {
        let tree = try TemporaryFolder()
        for number in 0..<40 { try tree.write("folder \(number % 4)/\(number).dcm", Array(repeating: 1, count: 500)) }
        let server = try await TestServer(tree: tree.path, extra: extra)
        var options = server.options
        change(&options)
        let source = try SMBSource(options)
        let report = try await source.test()
        await source.close()
        let logins = try server.logins
        try await server.stop()
        return (report, options, logins)
    }

    @Test func `a source that works is measured`() async throws {
        let (report, options, _) = try await report()
        #expect(report.isUsable)
        #expect(report.isReachable == true && report.areCredentialsAccepted == true && report.isShareFound == true)
        #expect((report.roundTripMilliseconds ?? 0) > 0)
        #expect((report.entriesPerSecond ?? 0) > 0)
        #expect((report.headersPerSecond ?? 0) > 0)
        #expect(report.sampledFiles > 0 && report.sampledNotDicom == report.sampledFiles)
        #expect(report.dialect == "3.1.1")
        #expect(report.isEncrypted == true && report.canEncrypt == true)
        #expect(report.suggestions(for: options).map(\.code).contains("name_filter"))
    }

    @Test func `an old server is recognised`() async throws {
        let (report, _, _) = try await report(["--global", "server max protocol = SMB2_10"])
        #expect(report.isUsable)
        #expect(report.dialect == "2.1")
        #expect(report.isEncrypted == false && report.canEncrypt == false)
    }

    @Test func `each thing that is wrong is named, and what comes before it is known to be right`() async throws {
        let (password, _, logins) = try await report { $0.password = Secret("wrong") }
        #expect(password.isReachable == true && password.areCredentialsAccepted == false && password.isShareFound == nil)
        #expect(logins == 1)
        let (share, _, _) = try await report { $0.share = "nothing" }
        #expect(share.areCredentialsAccepted == true && share.isShareFound == false && share.isPathReadable == nil)
        let (path, _, _) = try await report { $0.path = SourcePath("nothing") }
        #expect(path.isShareFound == true && path.isPathReadable == false)
        let (port, _, _) = try await report { $0.port = 1 }
        #expect(port.isReachable == false && port.areCredentialsAccepted == nil)
        #expect(port.errorCode == "CONNECTION_REFUSED")
    }
}
