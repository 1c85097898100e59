import Configuration
import Foundation
import Testing

@Suite struct ScheduleTests {
    private static let berlin = TimeZone(identifier: "Europe/Berlin") ?? .gmt

    /// A moment on Berlin's clock, as `2026-03-28 23:10`.
    private static func moment(_ text: String, in zone: TimeZone = berlin) throws -> Date {
        let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = DateComponents(year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4])
        return try #require(calendar.date(from: parts))
    }

    @Test(arguments: [
        ("0 2 * * *", "2026-11-21 11:00", "2026-11-22 02:00"),
        ("0 2 * * *", "2026-11-21 02:00", "2026-11-22 02:00"),
        ("*/15 * * * *", "2026-11-21 11:01", "2026-11-21 11:15"),
        ("59 23 31 12 *", "2026-12-31 23:59", "2027-12-31 23:59"),
        ("30 7-18/2 * * mon-fri", "2026-11-20 17:31", "2026-11-23 07:30"),
        ("0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00"),
        ("0 0 * * 7", "2026-11-21 11:00", "2026-11-22 00:00"),
        ("0 0 1 jan,jul *", "2026-11-21 11:00", "2027-01-01 00:00"),
        // Either the 13th or a Friday.
        ("0 9 13 * fri", "2026-11-21 11:00", "2026-11-27 09:00"),
    ])
    func `the next run is the first one after now`(text: String, now: String, next: String) throws {
        #expect(try Schedule(text).next(after: Self.moment(now), timeZone: Self.berlin) == Self.moment(next))
    }

    @Test func `a time that the clock skips is made up for when it goes on`() throws {
        let next = try Schedule("30 2 * * *").next(after: Self.moment("2026-03-28 23:10"), timeZone: Self.berlin)
        #expect(try next == Self.moment("2026-03-29 03:00") || next == Self.moment("2026-03-29 03:30"))
    }

    @Test func `a time that comes twice counts once`() throws {
        let schedule = try Schedule("30 2 * * *")
        let first = try #require(try schedule.next(after: Self.moment("2026-10-24 23:10"), timeZone: Self.berlin))
        let second = try #require(schedule.next(after: first, timeZone: Self.berlin))
        #expect(try second == Self.moment("2026-10-26 02:30"))
    }

    @Test(arguments: [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *",
        "1/2 * * * *", "a * * * *", "1,,2 * * * *", "-1 * * * *", "* * * * mon/2", "0 0 30 2 *", "+1 * * * *",
    ])
    func `what is no schedule is refused`(text: String) {
        #expect(throws: ScheduleError.self) { try Schedule(text) }
    }
}
