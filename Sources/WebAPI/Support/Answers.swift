internal import Foundation
internal import HTTPServer

extension Response {
    /// A JSON answer. Nothing on the way may keep it: answers hold what only this caller may see.
    static func json(_ status: HTTPStatus, _ value: JSON) -> Response {
        json(status, bytes: value.bytes)
    }

    /// A JSON answer that encodes itself.
    static func json(_ status: HTTPStatus = .ok, encoding value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return json(status, bytes: Array(try encoder.encode(value)))
    }

    /// A JSON answer that is written already.
    static func json(_ status: HTTPStatus = .ok, bytes: [UInt8]) -> Response {
        var response = Response(status, contentType: "application/json", bytes: bytes)
        response.headers["Cache-Control"] = "no-store"
        return response
    }

    /// An answer without a body.
    static func empty(_ status: HTTPStatus = .noContent) -> Response {
        Response(status, headers: ["Cache-Control": "no-store"])
    }
}
