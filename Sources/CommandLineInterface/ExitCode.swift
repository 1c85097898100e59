/// What the program's exit says to whoever started it; the numbers above 63 are those of `sysexits.h`.
public enum ExitCode: Int32, CaseIterable, Sendable {
    case done = 0
    case failure = 1
    case usage = 64
    case noSuchSource = 66
    case unreachable = 69
    case refused = 77
    case paused = 130

    /// One line for the help text.
    public var meaning: String {
        switch self {
        case .done: "done; files that could not be read are counted in the result"
        case .failure: "failed for another reason"
        case .usage: "the arguments or the configuration are wrong"
        case .noSuchSource: "no such source, share, folder or job"
        case .unreachable: "the server cannot be reached"
        case .refused: "the user, the password or access to the source was refused"
        case .paused: "paused by Ctrl-C; the same command continues"
        }
    }
}
