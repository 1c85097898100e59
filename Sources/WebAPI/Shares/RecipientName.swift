/// A DICOM person's name as a recipient reads it.
enum RecipientName {
    /// `Müller^Anna Maria^^Dr.` as `Müller, Anna Maria`: the first writing's family and given names. Source: PS3.5 §6.2.1.
    static func shown(_ name: String?) -> String? {
        let groups = (name ?? "").split(separator: "=", omittingEmptySubsequences: true)
        let parts = (groups.first ?? "").split(separator: "^", omittingEmptySubsequences: false).prefix(3)
        let given = parts.dropFirst().filter { !$0.isEmpty }.joined(separator: " ")
        let shown = [parts.first.map(String.init) ?? "", given].filter { !$0.isEmpty }.joined(separator: ", ")
        return shown.isEmpty ? nil : shown
    }
}
