import HTTPServer
import Testing

/// Preconditions and ranges, as RFC 9110 §13 and §14 have them.
@Suite struct ConditionalTests {
    /// Nil when the precondition fails.
    private func isUnchanged(_ headers: HeaderFields, _ method: HTTPMethod = .get, tag: EntityTag? = EntityTag("v1"), modified: Int? = nil)
        -> Bool?
    {
        let request = Request(
            method: method, rawPath: "/", segments: [], query: QueryParameters(), headers: headers, body: RequestBody(), peer: .local,
            isSecure: false, authority: "h", id: "test")
        // A failed precondition is what these tests ask for.
        return try? request.isUnchanged(tag: tag, modified: modified)
    }

    @Test func `a tag is compared by meaning for reading and by bytes for writing`() {
        #expect(isUnchanged(["If-None-Match": "\"v1\""]) == true)
        #expect(isUnchanged(["If-None-Match": "W/\"v1\""]) == true)
        #expect(isUnchanged(["If-None-Match": "\"a,b\", \"v1\""]) == true)
        #expect(isUnchanged(["If-None-Match": "*"]) == true)
        #expect(isUnchanged(["If-None-Match": "\"v2\""]) == false)
        #expect(isUnchanged(["If-None-Match": "v1"]) == false)
        #expect(isUnchanged(["If-Match": "\"v1\""], .put) == false)
        #expect(isUnchanged(["If-Match": "W/\"v1\""], .put) == nil)
        #expect(isUnchanged(["If-Match": "\"v2\""], .put) == nil)
        #expect(isUnchanged(["If-Match": "*"], .put, tag: nil) == nil)
        #expect(isUnchanged(["If-None-Match": "*"], .put) == nil)
        #expect(isUnchanged(["If-None-Match": "*"], .put, tag: nil) == false)
    }

    @Test func `a date counts only where no tag is given`() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        #expect(HTTPDate.parse(date) == 784_111_777 && HTTPDate.text(784_111_777) == date)
        #expect(isUnchanged(["If-Modified-Since": date], modified: 784_111_777) == true)
        #expect(isUnchanged(["If-Modified-Since": date], modified: 784_111_778) == false)
        #expect(isUnchanged(["If-Modified-Since": date, "If-None-Match": "\"v2\""], modified: 784_111_777) == false)
        #expect(isUnchanged(["If-Unmodified-Since": date], .put, modified: 784_111_778) == nil)
        for wrong in ["", "yesterday", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 8:49:37 GMT"] {
            #expect(HTTPDate.parse(wrong) == nil)
        }
    }

    @Test(arguments: [
        ("bytes=0-0", "0"), ("bytes=3-", "3456789"), ("bytes=8-100", "89"), ("bytes=-2", "89"), ("bytes=-100", "0123456789"),
        ("BYTES=1-2", "12"),
        // What is not understood is as if it were not there.
        ("bytes=2-1", "0123456789"), ("bytes=0-1,3-4", "0123456789"), ("bytes=-", "0123456789"), ("lines=0-1", "0123456789"),
        ("bytes=+1-2", "0123456789"), ("bytes=99999999999999999999-", "0123456789"),
    ])
    func `a range means these bytes`(_ range: String, _ expected: String) async throws {
        let digits = Handler { try Representation(contentType: "text/plain", bytes: Array("0123456789".utf8)).response(to: $0) }
        #expect(try await Way.router.ask(digits, "GET", "/", ["Range": range]).text == expected)
    }

    @Test(arguments: [true, false]) func `only a certificate that can be verified is insisted on`(_ isTrusted: Bool) async throws {
        let app = Handler { _ in Response() }.behind([SecurityHeaders(hasTrustedCertificate: isTrusted)])
        #expect(try await Way.tls.ask(app, "GET", "/").headers["Strict-Transport-Security"] == (isTrusted ? "max-age=31536000" : nil))
        #expect(try await Way.plain.ask(app, "GET", "/").headers["Strict-Transport-Security"] == nil)
    }
}
