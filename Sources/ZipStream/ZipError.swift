/// Why an archive could not be laid out or written.
public struct ZipError: Error, Hashable, CustomStringConvertible {
    /// What went wrong.
    public enum Code: Sendable, Hashable {
        /// A name is empty or longer than the format allows.
        case unusableName
        /// A range reaches beyond the archive's end.
        case rangeOutsideArchive
        /// The content's entries are not those that its layout was made of.
        case inconsistentLayout
        /// A read gave another number of bytes than it was asked for.
        case wrongReadLength
    }

    public let code: Code
    /// The entry that it concerns.
    public let index: Int?

    init(_ code: Code, index: Int? = nil) {
        self.code = code
        self.index = index
    }

    public var description: String {
        let entry = index.map { "entry \($0)" } ?? "the archive"
        return switch code {
        case .unusableName: "The name of \(entry) is empty or longer than 65,535 bytes."
        case .rangeOutsideArchive: "The range reaches beyond the end of the archive."
        case .inconsistentLayout: "The layout does not fit \(entry): it was made of other entries."
        case .wrongReadLength: "The content of \(entry) has not the length that was planned."
        }
    }
}
