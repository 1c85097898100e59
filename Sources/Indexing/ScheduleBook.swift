internal import Configuration
internal import Foundation

/// Which sources are to be scanned when. A run that is missed is left out, never made up for: the next one finds everything.
struct ScheduleBook {
    private var entries: [String: (schedule: Schedule, next: Date)] = [:]
    private let timeZone: TimeZone

    init(timeZone: TimeZone) { self.timeZone = timeZone }

    /// Takes over what is declared now; what was planned before stays planned.
    mutating func update(_ schedules: [String: Schedule], now: Date) {
        var updated: [String: (schedule: Schedule, next: Date)] = [:]
        for (name, schedule) in schedules {
            guard let next = schedule.next(after: now, timeZone: timeZone) else { continue }
            let known = entries[name].flatMap { $0.schedule == schedule ? $0.next : nil }
            // What was planned is later only if the clock was set back meanwhile.
            updated[name] = (schedule, min(known ?? next, next))
        }
        entries = updated
    }

    /// Those whose time has come, each once however long ago that was.
    mutating func takeDue(now: Date) -> [String] {
        let due = entries.filter { $0.value.next <= now }.map(\.key).sorted()
        for name in due {
            guard let schedule = entries[name]?.schedule, let next = schedule.next(after: now, timeZone: timeZone) else { continue }
            entries[name] = (schedule, next)
        }
        return due
    }

    /// When the next of them is due.
    var next: Date? { entries.values.map(\.next).min() }

    /// When a source is due.
    func next(of name: String) -> Date? { entries[name]?.next }
}
