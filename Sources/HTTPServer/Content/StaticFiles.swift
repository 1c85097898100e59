internal import CGnuTLS
internal import Foundation

/// The files of a folder, read once into memory, under addresses that name their content: `/assets/<hash>/js/app.js` never changes and is kept by
/// browsers for ever. `index.html` is a template that knows the hash.
public struct StaticFiles: Sendable {
    /// Names the content of the whole folder.
    public let hash: String
    /// Where the files are: `/assets/<hash>`.
    public var base: String { "/assets/\(hash)" }
    private let files: [String: File]
    private let index: File

    private struct File: Sendable {
        var contentType: String
        var bytes: [UInt8]
        /// Nil when it is no smaller.
        var gzip: [UInt8]?
        var tag: EntityTag
    }

    /// Reads a folder; blocks meanwhile. Links are followed as long as they stay within the folder; hidden files are left out.
    ///
    /// - Throws: ``ServerError`` when the folder has no `index.html`, or cannot be read.
    public init(folder: String) throws {
        guard
            let root = realpath(folder, nil).map({ pointer in
                defer { free(pointer) }
                return String(cString: pointer)
            })
        else { throw ServerError("The folder \(folder) of web pages cannot be found.") }
        var contents = try Self.read(root)
        guard let template = contents.removeValue(forKey: "index.html") else {
            throw ServerError("The folder \(folder) has no index.html.")
        }
        var all: [UInt8] = []
        for (path, bytes) in contents.sorted(by: { $0.key < $1.key }) + [("index.html", template)] {
            all += Array(path.utf8) + [0] + Self.sha256(bytes)
        }
        let hash = String(Self.hexadecimal(Self.sha256(all)).prefix(16))
        self.hash = hash
        files = contents.reduce(into: [:]) { $0[$1.key] = Self.file($1.key, $1.value) }
        let page = String(decoding: template, as: UTF8.self).replacingOccurrences(of: "{{assets}}", with: "/assets/\(hash)")
        index = Self.file("index.html", Array(page.utf8))
    }

    /// The page that every address of the application shows. Browsers ask each time whether it is still the same.
    public func page(for request: Request) throws -> Response { try Self.answer(index, request, cacheControl: "no-cache") }

    /// A file under ``base``, whose path is the request's segments behind `assets`.
    ///
    /// - Throws: ``Problem`` 404, also for the files of another version.
    public func asset(for request: Request) throws -> Response {
        guard request.segments.count > 2, request.segments[0] == "assets", request.segments[1] == hash,
            !request.segments.contains(where: { $0.utf8.contains(UInt8(ascii: "/")) }),
            let file = files[request.segments[2...].joined(separator: "/")]
        else { throw Problem(.notFound, "NOT_FOUND", "There is nothing at this address.") }
        return try Self.answer(file, request, cacheControl: "public, max-age=31536000, immutable")
    }

    private static func answer(_ file: File, _ request: Request, cacheControl: String) throws -> Response {
        var headers: HeaderFields = ["Cache-Control": cacheControl]
        if file.gzip != nil { headers.addVary("Accept-Encoding") }
        let coding = request.headers["Accept-Encoding"].flatMap(ContentCoding.init(accepting:))
        guard coding == .gzip, request.headers["Range"] == nil, let gzip = file.gzip else {
            return try Representation(contentType: file.contentType, bytes: file.bytes, tag: file.tag, headers: headers).response(
                to: request)
        }
        headers["Content-Encoding"] = "gzip"
        // Other bytes, another strong tag.
        let tag = EntityTag(file.tag.value + "-gzip")
        return try Representation(contentType: file.contentType, bytes: gzip, tag: tag, headers: headers).response(to: request)
    }

    private static func file(_ path: String, _ bytes: [UInt8]) -> File {
        let type = contentType(of: path)
        let isText = type.contains("charset") || type.contains("json") || type.contains("svg")
        let gzip = isText && bytes.count >= 512 ? Deflater.compress(bytes, .gzip, level: 9) : nil
        return File(
            contentType: type, bytes: bytes, gzip: gzip.flatMap { $0.count < bytes.count ? $0 : nil },
            tag: EntityTag(String(hexadecimal(sha256(bytes)).prefix(32))))
    }

    /// By the name's end; what is not known is bytes, which no browser runs.
    static func contentType(of path: String) -> String {
        let end = path.lastIndex(of: ".").map { path[path.index(after: $0)...].lowercased() } ?? ""
        return types[end] ?? "application/octet-stream"
    }

    private static let types = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8", "txt": "text/plain; charset=utf-8", "json": "application/json", "map": "application/json",
        "webmanifest": "application/manifest+json", "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg",
        "webp": "image/webp", "avif": "image/avif", "gif": "image/gif", "ico": "image/x-icon", "woff2": "font/woff2",
        "wasm": "application/wasm",
    ]

    /// Every file by its path below the root. More than 64 MiB is no web front but a mistake.
    private static func read(_ root: String) throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        var total = 0
        guard let walk = FileManager.default.enumerator(atPath: root) else { throw ServerError("The folder \(root) cannot be read.") }
        for case let path as String in walk where !path.split(separator: "/").contains(where: { $0.hasPrefix(".") }) {
            guard let real = realpath(root + "/" + path, nil) else { continue }
            defer { free(real) }
            let target = String(cString: real)
            var isFolder: ObjCBool = false
            guard target.hasPrefix(root + "/"), FileManager.default.fileExists(atPath: target, isDirectory: &isFolder), !isFolder.boolValue
            else {
                continue
            }
            guard let data = FileManager.default.contents(atPath: target) else { throw ServerError("The file \(target) cannot be read.") }
            total += data.count
            guard total <= 64 << 20 else { throw ServerError("The folder \(root) holds more than 64 MiB: is it the folder of web pages?") }
            contents[path] = Array(data)
        }
        return contents
    }

    private static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let code = gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, bytes.count, &digest)
        precondition(code == 0, "GnuTLS has no SHA-256")
        return digest
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
