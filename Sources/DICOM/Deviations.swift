/// What was wrong with a file and tolerated.
public struct Deviations: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    // Found while reading; they travel with the header.
    public static let noPrefix = Deviations(rawValue: 1 << 0)
    public static let noMetaInformation = Deviations(rawValue: 1 << 1)
    public static let damagedMetaInformation = Deviations(rawValue: 1 << 2)
    public static let noTransferSyntax = Deviations(rawValue: 1 << 3)
    public static let wrongTransferSyntax = Deviations(rawValue: 1 << 4)
    public static let truncated = Deviations(rawValue: 1 << 5)
    public static let outOfOrder = Deviations(rawValue: 1 << 6)
    public static let duplicateElement = Deviations(rawValue: 1 << 7)
    public static let oddLength = Deviations(rawValue: 1 << 8)
    public static let wrongValueRepresentation = Deviations(rawValue: 1 << 9)
    public static let unknownValueRepresentation = Deviations(rawValue: 1 << 10)
    public static let damagedSequence = Deviations(rawValue: 1 << 11)
    public static let longValue = Deviations(rawValue: 1 << 12)
    public static let noSOPInstanceUID = Deviations(rawValue: 1 << 13)
    public static let noSOPClassUID = Deviations(rawValue: 1 << 14)
    public static let noStudyInstanceUID = Deviations(rawValue: 1 << 15)
    public static let noSeriesInstanceUID = Deviations(rawValue: 1 << 16)
    public static let conflictingMetaInformation = Deviations(rawValue: 1 << 17)
    public static let damagedDeflate = Deviations(rawValue: 1 << 18)
    public static let unreasonable = Deviations(rawValue: 1 << 19)
    public static let unreadableValue = Deviations(rawValue: 1 << 20)
    public static let identifiedByMetaInformation = Deviations(rawValue: 1 << 21)

    // Found while decoding text; never in a packed header.
    public static let unknownCharacterSet = Deviations(rawValue: 1 << 24)
    public static let misspeltCharacterSet = Deviations(rawValue: 1 << 25)
    public static let undeclaredCharacters = Deviations(rawValue: 1 << 26)
    public static let undecodableText = Deviations(rawValue: 1 << 27)

    /// What a packed header can carry.
    static let packable = Deviations(rawValue: (1 << 22) - 1)

    /// One sentence for each, in a fixed order.
    public var words: [String] {
        Deviations.sentences.compactMap { contains($0.deviation) ? $0.words : nil }
    }

    private static let sentences: [(deviation: Deviations, words: String)] = [
        (.noPrefix, "no preamble and DICM prefix"),
        (.noMetaInformation, "no file meta information"),
        (.damagedMetaInformation, "file meta information is malformed"),
        (.noTransferSyntax, "no TransferSyntaxUID; the encoding was guessed"),
        (.wrongTransferSyntax, "encoded otherwise than its TransferSyntaxUID says"),
        (.truncated, "the file ends inside its header"),
        (.outOfOrder, "elements are not in ascending order"),
        (.duplicateElement, "an element occurs twice; the last one counts"),
        (.oddLength, "a value has an odd length"),
        (.wrongValueRepresentation, "an element has a value representation other than the standard's"),
        (.unknownValueRepresentation, "an element has an unknown value representation"),
        (.damagedSequence, "items and delimiters of a sequence do not match"),
        (.longValue, "a value is longer than \(ValueStore.longestValue) bytes and was cut"),
        (.noSOPInstanceUID, "no SOPInstanceUID"),
        (.noSOPClassUID, "no SOPClassUID"),
        (.noStudyInstanceUID, "no StudyInstanceUID"),
        (.noSeriesInstanceUID, "no SeriesInstanceUID"),
        (.conflictingMetaInformation, "file meta information names another SOP class or instance than the data set"),
        (.identifiedByMetaInformation, "SOP class or instance UID taken from the file meta information"),
        (.damagedDeflate, "the deflated data set is damaged"),
        (.unreasonable, "the header needs more reading than is reasonable; the rest was left"),
        (.unreadableValue, "a value is encoded in a way that its attribute cannot have, and was left out"),
        (.unknownCharacterSet, "SpecificCharacterSet names an unknown character set"),
        (.misspeltCharacterSet, "SpecificCharacterSet is misspelt"),
        (.undeclaredCharacters, "text has characters outside its declared character sets"),
        (.undecodableText, "text has bytes that its character set does not define"),
    ]
}
