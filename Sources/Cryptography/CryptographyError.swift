internal import COpenSSL

/// What OpenSSL refused. Never holds a key, a password or what was to be encrypted.
public struct CryptographyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The C function.
    public let operation: String
    /// OpenSSL's reason.
    public let message: String

    /// Takes the reason from the calling thread's error queue, and empties that.
    ///
    /// Source: `ERR_get_error`.
    init(_ operation: String) {
        self.operation = operation
        let code = ERR_get_error()
        message = ERR_reason_error_string(code).map { String(cString: $0) } ?? "unknown reason"
        ERR_clear_error()
    }

    public var description: String { "OpenSSL's \(operation) failed: \(message)" }
}
