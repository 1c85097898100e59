/// The candidate that a mistyped name most probably meant, or nil when none is near.
///
/// Near means: at most a third of the letters changed, inserted, removed or swapped with their neighbour; or the beginning of a single candidate.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = normalized(name)
    if wanted.isEmpty { return nil }
    var nearest: (name: String, distance: Int)?
    var completions: [String] = []
    for candidate in candidates {
        let letters = normalized(candidate)
        if wanted.count > 1, letters.starts(with: wanted) { completions.append(candidate) }
        let distance = editDistance(wanted, letters)
        guard distance <= max(1, max(wanted.count, letters.count) / 3), distance < min(wanted.count, letters.count) else { continue }
        if nearest.map({ distance < $0.distance }) ?? true { nearest = (candidate, distance) }
    }
    return nearest?.name ?? (completions.count == 1 ? completions.first : nil)
}

/// `retryAttempts`, `retry-attempts` and `RETRY_ATTEMPTS` are one name written in three habits.
private func normalized(_ name: String) -> [Character] { name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }.map { $0 } }

/// The number of insertions, removals, changes and swaps of neighbours that turn one word into the other (optimal string alignment).
func editDistance(_ first: [Character], _ second: [Character]) -> Int {
    var rows = [Array(0...second.count)]
    for (i, letter) in first.enumerated() {
        var row = [i + 1]
        for (j, other) in second.enumerated() {
            var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (letter == other ? 0 : 1))
            if i > 0, j > 0, letter == second[j - 1], first[i - 1] == other { best = min(best, rows[i - 1][j - 1] + 1) }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[first.count][second.count]
}
