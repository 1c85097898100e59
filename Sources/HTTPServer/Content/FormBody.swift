extension Request {
    /// The fields of a form that a page without scripts sent.
    ///
    /// - Parameter limit: in bytes.
    /// - Throws: ``Problem``: 415 when it is of another type, 413 when it is longer, 400 when it is malformed.
    ///
    /// Source: the URL standard, "application/x-www-form-urlencoded parsing".
    public func formBody(upTo limit: Int = 64 << 10) async throws -> QueryParameters {
        let types = headers.values("Content-Type")
        let type = (types.first ?? "").prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard types.count == 1, type == "application/x-www-form-urlencoded" else {
            throw Problem(
                .unsupportedMediaType, "FORM_EXPECTED", "The body must be a form, sent as application/x-www-form-urlencoded.")
        }
        guard let form = QueryParameters(encoded: try await body.collect(upTo: limit)) else {
            throw Problem(.badRequest, "MALFORMED_FORM", "The form's percent-encoding is wrong, or what it encodes is not UTF-8.")
        }
        return form
    }
}
