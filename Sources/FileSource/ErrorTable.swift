import Glibc
import SMBWire

/// One line of the table from which every error of a source is made: what a person reads about an `errno` in a situation.
struct ErrorRow {
    enum Situation: Hashable {
        /// Reaching the server and the share.
        case connecting
        /// Working on a share once it is reached, or on a local folder.
        case listing, reading
    }
    var errors: [Int32]
    var situations: Set<Situation> = [.connecting, .listing, .reading]
    var type: SourceError.Class
    var code: String
    var message: String
    var suggestion: String
    var isRetryable = false
    var concernsSource = false

    var error: SourceError {
        SourceError(
            type: type, code: code, message: message, suggestion: suggestion, isRetryable: isRetryable, concernsSource: concernsSource)
    }
}

extension ErrorRow {
    private static let working: Set<Situation> = [.listing, .reading]
    private static let checkCredentials = "Check the user name, password and domain, and that this user may use the share."
    private static let checkServer = "Check that the server is on and that the network between is up; the work continues when it answers."

    /// The first line that fits counts.
    ///
    /// Source: `errno(3)`; libsmbclient 4.17, measured.
    static let smb: [ErrorRow] =
        [
            // EACCES says the same of a login and of a file; the situation tells which.
            ErrorRow(
                errors: [EACCES, EPERM], situations: [.connecting], type: .authentication, code: "ACCESS_REFUSED",
                message: "The server refused the login", suggestion: checkCredentials, concernsSource: true),
            ErrorRow(
                errors: [ENOENT, ENODEV], situations: [.connecting], type: .fileSystem, code: "SHARE_NOT_FOUND",
                message: "The server has no share of this name",
                suggestion: "Check the share's name; the server's administration lists its shares.",
                concernsSource: true),
            ErrorRow(
                errors: [ECONNREFUSED], type: .network, code: "CONNECTION_REFUSED", message: "Nothing answers on this port of the server",
                suggestion: "Check the port, and that the SMB service is running and not behind a firewall.", isRetryable: true,
                concernsSource: true),
            ErrorRow(
                errors: [ETIMEDOUT], type: .network, code: "TIMEOUT", message: "The server did not answer in time",
                suggestion: checkServer, isRetryable: true, concernsSource: true),
            ErrorRow(
                errors: [EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN], type: .network, code: "HOST_UNREACHABLE",
                message: "There is no way to the server", suggestion: checkServer, isRetryable: true, concernsSource: true),
            ErrorRow(
                errors: [ECONNABORTED, ECONNRESET, ENETRESET, ENOTCONN, EPIPE, ESHUTDOWN], type: .network, code: "CONNECTION_LOST",
                message: "The server ended the connection", suggestion: checkServer, isRetryable: true, concernsSource: true),
            ErrorRow(
                errors: [EINVAL], situations: [.connecting], type: .network, code: "HOST_UNKNOWN",
                message: "The server's name is not known, or it does not speak SMB as configured",
                suggestion: "Check the host name, the name server, and the protocol, encryption and signing that are configured.",
                isRetryable: true, concernsSource: true),
            ErrorRow(
                errors: [ENOTSUP, EPROTO, EPROTONOSUPPORT], situations: [.connecting], type: .network, code: "PROTOCOL_MISMATCH",
                message: "The server does not offer what is required of it",
                suggestion: "Check encryption, signing and the lowest protocol that are configured.", concernsSource: true),
            ErrorRow(
                errors: [EACCES, EPERM], situations: working, type: .fileSystem, code: "PERMISSION_DENIED",
                message: "The user may not read this", suggestion: "Give the user read permission on the server, or leave the folder out."),
            ErrorRow(
                errors: [ENOENT], situations: working, type: .fileSystem, code: "NOT_FOUND", message: "It is not there any more",
                suggestion: "It was deleted or moved after its folder was listed; the next scan shows."),
            ErrorRow(
                errors: [ENOMEM], situations: [.listing], type: .system, code: "FOLDER_TOO_LARGE",
                message: "The folder has more entries than fit into the memory allowed for one connection",
                suggestion: "Divide the folder, raise the memory limit of the connections, or mount the share and index the mounted folder."
            ),
            ErrorRow(
                errors: [ENOSYS], type: .system, code: "LISTING_UNVERIFIED",
                message: "This version of libsmbclient does not let on whether a listing is complete",
                suggestion: "Use libsmbclient 4.17, or mount the share and index the mounted folder.", concernsSource: true),
            ErrorRow(
                errors: [EBUSY, ETXTBSY, EAGAIN, EDEADLK], situations: working, type: .fileSystem, code: "LOCKED",
                message: "Another program has it open for itself", suggestion: "It is tried again; close the program that writes it.",
                isRetryable: true),
        ] + shared

    /// What a local folder gives.
    static let local: [ErrorRow] =
        [
            ErrorRow(
                errors: [EACCES, EPERM], type: .fileSystem, code: "PERMISSION_DENIED", message: "The user may not read this",
                suggestion: "Give the account that runs Fileroom read permission, or leave the folder out."),
            ErrorRow(
                errors: [ENOENT], type: .fileSystem, code: "NOT_FOUND", message: "It is not there any more",
                suggestion: "It was deleted or moved after its folder was listed; if the next scan says so again, look at it on the mount."
            ),
            ErrorRow(
                errors: [ELOOP], type: .fileSystem, code: "SYMBOLIC_LINK", message: "It is a symbolic link, which is not followed",
                suggestion: "Add the folder that it leads to as a source of its own."),
            ErrorRow(
                errors: [ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH, ENOTCONN, ECONNABORTED, ECONNRESET, ESTALE], type: .network,
                code: "MOUNT_UNREACHABLE", message: "The server behind the mounted folder does not answer", suggestion: checkServer,
                isRetryable: true),
            ErrorRow(
                errors: [EBUSY, EAGAIN, EINTR], type: .fileSystem, code: "LOCKED", message: "Another program has it open for itself",
                suggestion: "It is tried again; close the program that writes it.", isRetryable: true),
        ] + shared

    private static let shared: [ErrorRow] = [
        ErrorRow(
            errors: [ENOTDIR], type: .fileSystem, code: "NOT_A_FOLDER", message: "It is a file where a folder was",
            suggestion: "It was replaced after its folder was listed; the next scan shows."),
        ErrorRow(
            errors: [EISDIR], type: .fileSystem, code: "IS_A_FOLDER", message: "It is a folder where a file was",
            suggestion: "It was replaced after its folder was listed; the next scan shows."),
        ErrorRow(
            errors: [ENXIO, ESPIPE, ENODEV], type: .fileSystem, code: "NOT_A_FILE", message: "It is not an ordinary file",
            suggestion: "FIFOs, sockets and devices are not read."),
        ErrorRow(
            errors: [ENAMETOOLONG], type: .fileSystem, code: "NAME_TOO_LONG", message: "Its path is longer than can be asked for",
            suggestion: "Make it a source of its own that begins further down, or shorten the folders' names."),
        ErrorRow(
            errors: [EILSEQ], type: .fileSystem, code: "NAME_INVALID", message: "Its name cannot be expressed",
            suggestion: "Rename it on the server."),
        ErrorRow(
            errors: [ENOMEM], type: .system, code: "OUT_OF_MEMORY",
            message: "It does not fit into the memory that is allowed for one connection",
            suggestion: "If it is a folder with very many files, divide it; else give Fileroom more memory."),
        ErrorRow(
            errors: [EMFILE, ENFILE], type: .system, code: "TOO_MANY_OPEN_FILES", message: "Too many files are open",
            suggestion: "Raise the limit of open files (ulimit -n) or use fewer workers.", isRetryable: true),
        ErrorRow(
            errors: [EIO, ENODATA, EREMOTEIO, EUCLEAN], type: .fileSystem, code: "READ_ERROR", message: "The storage could not read it",
            suggestion: "Check the storage's disks and its event log.", isRetryable: true),
    ]

    /// The error for an `errno`; a general one for an `errno` that no line has.
    static func error(_ code: Int32, _ situation: Situation, in table: [ErrorRow]) -> SourceError {
        if let row = table.first(where: { $0.errors.contains(code) && $0.situations.contains(situation) }) { return row.error }
        return SourceError(
            type: .system, code: "ERRNO_\(code)", message: "It failed: \(String(cString: strerror(code)))",
            suggestion: "Try again; if it stays, look into the log of the server or of this machine.", isRetryable: true,
            concernsSource: situation == .connecting)
    }
}
