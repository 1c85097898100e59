extension Request {
    /// The body of a request that must be JSON.
    ///
    /// - Parameter limit: in bytes.
    /// - Returns: the bytes as they came; whether they are JSON is for the decoder to say.
    /// - Throws: ``Problem`` 415 when it is of another type, 413 when it is longer.
    public func jsonBody(upTo limit: Int = 64 << 10) async throws -> [UInt8] {
        let type = headers.values("Content-Type")
        let parts = (type.first ?? "").lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" && $0 != "\"" } }
        let isUTF8 = parts.dropFirst().allSatisfy { !$0.hasPrefix("charset=") || $0 == "charset=utf-8" }
        guard type.count == 1, parts.first == "application/json", isUTF8 else {
            throw Problem(
                .unsupportedMediaType, "NOT_JSON", "The request's body must be JSON: send Content-Type: application/json.",
                headers: ["Accept": "application/json"])
        }
        guard headers["Content-Encoding"] == nil else {
            throw Problem(
                .unsupportedMediaType, "CODING_NOT_SUPPORTED", "The request's body must not be compressed.",
                headers: ["Accept-Encoding": "identity"])
        }
        return try await body.collect(upTo: limit)
    }
}
