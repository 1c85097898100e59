import Foundation

/// Where a source's files are: a share on an SMB server, or a folder.
public enum SourceAddress: Hashable, Sendable, CustomStringConvertible {
    case smb(SMBAddress)
    /// An absolute path without a `/` at its end (but `/` itself).
    case folder(String)

    /// One text for one place, without user or password: `smb://nas/radiology/2026%20archive` or `/srv/dicom`.
    public var canonicalURL: String {
        switch self {
        case .smb(let address): address.canonicalURL
        case .folder(let path): path
        }
    }

    public var description: String { canonicalURL }

    /// Reads a SOURCE argument: `smb://[[domain;]user@]host[:port]/share[/path]`, or a folder.
    ///
    /// In a URL, `%` begins a two-digit code as in every URL; `?` and `#` stand for themselves, since SMB has neither queries nor fragments.
    /// - Parameter workingDirectory: what a relative folder is relative to.
    /// - Throws: ``SourceAddressError``, whose text repeats nothing that could be a password.
    public init(argument: String, workingDirectory: String) throws(SourceAddressError) {
        if argument.isEmpty { throw SourceAddressError("a source must not be empty; write smb://host/share/path or a folder") }
        if argument.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw SourceAddressError("a source must not contain control characters")
        }
        if argument.hasPrefix("\\\\") {
            throw SourceAddressError("write smb://host/share/path, with forward slashes, instead of \\\\host\\share\\path")
        }
        guard let colon = argument.range(of: "://") else {
            self = .folder(Self.absolute(argument, workingDirectory: workingDirectory))
            return
        }
        switch argument[..<colon.lowerBound].lowercased() {
        case "smb": self = .smb(try SMBAddress(afterScheme: argument[colon.upperBound...]))
        case "cifs": throw SourceAddressError("write smb:// instead of cifs://")
        case "file": throw SourceAddressError("write the folder's path, without file://")
        case let scheme:
            let name = scheme.allSatisfy { $0.isASCII && $0.isLetter } ? "\(scheme)://" : "this"
            throw SourceAddressError("\(name) is not a kind of source; write smb://host/share/path or a folder")
        }
    }

    static func absolute(_ path: String, workingDirectory: String) -> String {
        let joined = path.hasPrefix("/") ? path : workingDirectory + "/" + path
        var components: [Substring] = []
        for component in joined.split(separator: "/") where component != "." {
            if component == ".." { _ = components.popLast() } else { components.append(component) }
        }
        return "/" + components.joined(separator: "/")
    }
}

/// Why a SOURCE argument is none.
public struct SourceAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    init(_ description: String) { self.description = description }
}

/// A folder of a share on an SMB server.
public struct SMBAddress: Hashable, Sendable {
    public static let defaultPort = 445

    /// A name in small letters, or an IP address; an IPv6 address in the form of RFC 5952, without brackets.
    public let host: String
    public let port: Int
    public let share: String
    /// The folder below the share's root, without `/` at either end, not percent-encoded; empty for the root.
    public let path: String
    /// From the URL, when it names one; no part of the place.
    public let username: String?
    public let domain: String?

    /// - Throws: ``SourceAddressError`` naming the part that is not allowed.
    public init(
        host: String, port: Int = SMBAddress.defaultPort, share: String, path: String = "", username: String? = nil, domain: String? = nil
    ) throws(SourceAddressError) {
        self.host = try Self.checkedHost(host)
        guard (1...65535).contains(port) else { throw SourceAddressError("the port must be a number from 1 to 65535") }
        self.port = port
        self.share = try Self.checkedShare(share)
        self.path = try Self.checkedPath(path)
        (self.username, self.domain) = (username, domain)
    }

    /// `smb://host[:port]/share[/path]`, an IPv6 address in brackets: host and share in small letters, since SMB takes no notice of their case; port 445 left out.
    public var canonicalURL: String {
        let portText = port == Self.defaultPort ? "" : ":\(port)"
        let tail = path.isEmpty ? "" : "/" + Self.encoded(path)
        let hostText = host.contains(":") ? "[\(host)]" : host
        return "smb://\(hostText)\(portText)/\(Self.encoded(share.lowercased()))\(tail)"
    }

    init(afterScheme rest: Substring) throws(SourceAddressError) {
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var authority = parts[0]
        var user: (name: String, domain: String?)?
        // A password may hold an unencoded "@" or "/", so its ":" is looked for before anything of it could be shown.
        if let at = authority.lastIndex(of: "@") {
            user = try Self.user(authority[..<at])
            authority = authority[authority.index(after: at)...]
        } else if rest.contains("@"), !authority.hasPrefix("["), let colon = authority.firstIndex(of: ":"),
            !Self.isPort(authority[authority.index(after: colon)...])
        {
            throw Self.passwordInURL
        }
        let (host, port) = try Self.hostAndPort(authority)
        let components = (parts.count > 1 ? parts[1] : "").split(separator: "/", maxSplits: 1)
        guard let share = components.first else { throw SourceAddressError("the URL names no share; write smb://host/share") }
        try self.init(
            host: host, port: port, share: try Self.decoded(share, in: "share"),
            path: try Self.decoded(components.count > 1 ? components[1] : "", in: "path"), username: user?.name, domain: user?.domain)
    }

    private static let passwordInURL = SourceAddressError(
        "a password does not belong in the URL, where others can see it; write smb://user@host/share and give the password"
            + " with --password-file, in FILEROOM_SMB_PASSWORD or in the configuration")

    private static func user(_ text: Substring) throws(SourceAddressError) -> (name: String, domain: String?) {
        if text.contains(":") { throw passwordInURL }
        let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        let name = try decoded(parts[parts.count - 1], in: "user name")
        if name.isEmpty { throw SourceAddressError("the user name before \"@\" is empty; leave out the \"@\" for a guest") }
        return (name, parts.count == 2 ? try decoded(parts[0], in: "domain") : nil)
    }

    private static func isPort(_ text: Substring) -> Bool { !text.isEmpty && text.allSatisfy { $0.isASCII && $0.isNumber } }

    private static func hostAndPort(_ authority: Substring) throws(SourceAddressError) -> (String, Int) {
        var (host, rest) = (authority.prefix { $0 != ":" }, authority.drop { $0 != ":" })
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw invalidIPv6Address }
            (host, rest) = (authority[..<end].dropFirst(), authority[end...].dropFirst())
            guard host.contains(":"), rest.isEmpty || rest.hasPrefix(":") else { throw invalidIPv6Address }
        }
        guard !rest.isEmpty else { return (String(host), defaultPort) }
        guard isPort(rest.dropFirst()), let port = Int(rest.dropFirst()) else {
            throw SourceAddressError("the port must be a number from 1 to 65535; an IPv6 address stands in brackets")
        }
        return (String(host), port)
    }

    private static let invalidIPv6Address = SourceAddressError(
        "an IPv6 address must be complete and without a zone, and in a URL in brackets, such as smb://[2001:db8::7]/share")

    private static func checkedHost(_ host: String) throws(SourceAddressError) -> String {
        if host.isEmpty { throw SourceAddressError("the host is missing; write smb://host/share") }
        if host.contains(":") {
            guard let address = ipv6Address(host) else { throw invalidIPv6Address }
            return address
        }
        let isName = host.unicodeScalars.allSatisfy { scalar in
            scalar == "-" || scalar == "." || scalar == "_"
                || (scalar.isASCII ? scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) : true)
        }
        guard isName, host.utf8.count <= 253 else { throw SourceAddressError("the host must be a name or an IP address") }
        return host.lowercased()
    }

    /// An IPv6 address in its one form; nil for what is none, and for one with a zone, which means something on one machine only.
    ///
    /// Source: `inet_pton(3)`, RFC 5952.
    private static func ipv6Address(_ text: String) -> String? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { form in
            inet_ntop(AF_INET6, &address, form.baseAddress, socklen_t(form.count)).map { String(cString: $0) }
        }
    }

    private static func checkedShare(_ share: String) throws(SourceAddressError) -> String {
        // The characters that SMB forbids in share names ([MS-FSCC] 2.1.6).
        let forbidden: Set<Unicode.Scalar> = ["\"", "\\", "/", "[", "]", ":", "|", "<", ">", "+", "=", ";", ",", "*", "?"]
        if share.isEmpty { throw SourceAddressError("the share is missing; write smb://host/share") }
        if share.unicodeScalars.contains(where: { forbidden.contains($0) || $0.value < 0x20 }) || share == "." || share == ".." {
            throw SourceAddressError("the share must be one name, without \" \\ / [ ] : | < > + = ; , * ?")
        }
        return share
    }

    private static func checkedPath(_ path: String) throws(SourceAddressError) -> String {
        let components = path.split(separator: "/").filter { $0 != "." }
        if components.contains("..") { throw SourceAddressError("the path must not contain \"..\"") }
        if path.unicodeScalars.contains(where: { $0.value < 0x20 }) {
            throw SourceAddressError("the path must not contain control characters")
        }
        return components.joined(separator: "/")
    }

    private static func decoded(_ text: Substring, in part: String) throws(SourceAddressError) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                throw SourceAddressError(
                    "a \"%\" in the \(part) must be followed by two hexadecimal digits; the sign itself is written %25")
            }
            bytes.append(high << 4 | low)
        }
        guard let string = String(validating: bytes, as: UTF8.self) else {
            throw SourceAddressError("the \(part) is not UTF-8 once its codes are decoded")
        }
        return string
    }

    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._~/$!'()@".utf8.contains(byte)
            if isPlain { result.unicodeScalars.append(Unicode.Scalar(byte)) } else { result += "%" + hexadecimal(byte) }
        }
        return result
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
    }
}
