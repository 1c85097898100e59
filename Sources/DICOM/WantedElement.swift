/// An element that an ``ElementReader`` is to take, and what of the items within it.
public struct WantedElement: Sendable, Hashable {
    public let tag: Tag
    /// Its value representation in the data dictionary; `SQ` where it has items.
    public let valueRepresentation: ValueRepresentation
    /// What is wanted of each of its items.
    public let items: [WantedElement]

    /// An element with a value: text, or whole numbers.
    public init(_ group: UInt16, _ element: UInt16, _ valueRepresentation: ValueRepresentation) {
        tag = Tag(group, element)
        self.valueRepresentation = valueRepresentation
        items = []
    }

    /// A sequence.
    public init(_ group: UInt16, _ element: UInt16, items: [WantedElement]) {
        tag = Tag(group, element)
        valueRepresentation = .sq
        self.items = items
    }
}

/// An element that was found.
public struct FoundElement: Sendable, Hashable {
    public let tag: Tag
    public let valueRepresentation: ValueRepresentation
    /// Its value as UTF-8 text, several values joined by `\`, padding removed, numbers in decimal; empty for a sequence.
    public let text: String
    /// The items of a sequence.
    public let items: [[FoundElement]]
}
