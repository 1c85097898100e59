public import Foundation

/// When something is to be done again and again: the five fields of cron, in the machine's local time.
///
/// `minute hour day month weekday`, each `*`, a number, a range `1-5`, a step `*/15` or `8-18/2`, or a list of these. Weekdays are 0 to 7, where
/// 0 and 7 are Sunday; months and weekdays may be named in English (`jan`, `mon`). Where both day and weekday say something, either is enough.
/// A time that the clock skips in spring is made up for when the clock goes on; one that comes twice in autumn counts once.
///
/// Source: `crontab(5)`.
public struct Schedule: Hashable, Sendable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    private let minutes, hours, days, months, weekdays: Set<Int>
    private let isAnyDay, isAnyWeekday: Bool

    /// - Throws: ``ScheduleError`` that names the field.
    public init(_ text: String) throws(ScheduleError) {
        let fields = text.split(separator: " ", omittingEmptySubsequences: true).map { $0.lowercased() }
        guard fields.count == 5 else {
            throw ScheduleError("must have five fields: minute hour day month weekday, such as \"0 2 * * *\" for every night at two")
        }
        description = fields.joined(separator: " ")
        minutes = try Self.values(fields[0], "minute", 0...59)
        hours = try Self.values(fields[1], "hour", 0...23)
        days = try Self.values(fields[2], "day", 1...31)
        months = try Self.values(fields[3], "month", 1...12, names: Self.monthNames)
        weekdays = Set(try Self.values(fields[4], "weekday", 0...7, names: Self.weekdayNames).map { $0 % 7 })
        (isAnyDay, isAnyWeekday) = (fields[2].hasPrefix("*"), fields[4].hasPrefix("*"))
        guard next(after: Date(timeIntervalSince1970: 0), timeZone: .gmt) != nil else {
            throw ScheduleError("never happens: no such month has such a day")
        }
    }

    private static let monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    private static func values(
        _ field: String, _ name: String, _ allowed: ClosedRange<Int>, names: [String] = []
    ) throws(ScheduleError) -> Set<Int> {
        func wrong() -> ScheduleError {
            let range = "\(allowed.lowerBound) to \(allowed.upperBound)"
            return ScheduleError("the \(name) \"\(field)\" must be *, or numbers from \(range) as in 1,3-5 or */2")
        }
        func number(_ text: Substring) -> Int? {
            if let index = names.firstIndex(of: String(text)) { return index + allowed.lowerBound }
            guard text.utf8.count <= 2, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else { return nil }
            return allowed.contains(number) ? number : nil
        }
        var values: Set<Int> = []
        for item in field.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "/", omittingEmptySubsequences: false)
            guard (1...2).contains(parts.count) else { throw wrong() }
            let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
            let range: ClosedRange<Int>
            if parts[0] == "*" {
                range = allowed
            } else if ends.count == 2, let first = number(ends[0]), let last = number(ends[1]), first <= last {
                range = first...last
            } else if ends.count == 1, parts.count == 1, let only = number(ends[0]) {
                range = only...only
            } else {
                throw wrong()
            }
            guard let step = parts.count == 1 ? 1 : Int(parts[1]), (1...allowed.upperBound).contains(step) else { throw wrong() }
            values.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
        }
        return values
    }

    // MARK: Times

    /// The next time after a moment; nil only for a schedule that never happens.
    public func next(after moment: Date, timeZone: TimeZone = .current) -> Date? {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        var day = calendar.startOfDay(for: moment)
        // The 29th of February may be eight years away.
        for _ in 0..<(366 * 9) {
            guard let following = calendar.nextDay(after: day) else { return nil }
            if matches(calendar.dateComponents([.month, .day, .weekday], from: day)),
                let time = firstTime(of: day, after: moment, isPlain: following.timeIntervalSince(day) == 86_400, calendar)
            {
                return time
            }
            day = following
        }
        return nil
    }

    private func matches(_ day: DateComponents) -> Bool {
        guard let month = day.month, let number = day.day, let weekday = day.weekday, months.contains(month) else { return false }
        let (isDay, isWeekday) = (days.contains(number), weekdays.contains(weekday - 1))
        return isAnyDay || isAnyWeekday ? isDay && isWeekday : isDay || isWeekday
    }

    /// - Parameter isPlain: whether the day's clock neither skips nor repeats anything, so that times are in order.
    private func firstTime(of day: Date, after moment: Date, isPlain: Bool, _ calendar: Calendar) -> Date? {
        var earliest: Date?
        for hour in hours.sorted() {
            for minute in minutes.sorted() {
                guard let time = calendar.date(bySettingHour: hour, minute: minute, second: 0, of: day), time > moment else { continue }
                if isPlain { return time }
                earliest = min(earliest ?? time, time)
            }
        }
        return earliest
    }
}

extension Calendar {
    fileprivate func nextDay(after day: Date) -> Date? {
        date(byAdding: .day, value: 1, to: day).map(startOfDay)
    }
}

/// Why a text is no schedule.
public struct ScheduleError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    init(_ description: String) { self.description = description }
}
