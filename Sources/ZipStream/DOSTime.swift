/// A point in time as MS-DOS writes it: local time in the format's words, UTC here, for the same archive must have the same bytes anywhere.
///
/// Source: PKWARE APPNOTE 6.3.10 §4.4.6.
struct DOSTime {
    let date: UInt16
    let time: UInt16

    /// The first and the last point in time that it can tell: 1980-01-01 00:00:00 and 2107-12-31 23:59:58.
    private static let range: ClosedRange<Int64> = 315_532_800...4_354_819_198

    /// The last even second that is not after the given one; the nearest end of the range for one outside of it.
    init(unixSeconds: Int64) {
        let seconds = min(max(unixSeconds, DOSTime.range.lowerBound), DOSTime.range.upperBound)
        let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = DOSTime.civil(daysSince1970: days)
        date = UInt16((year - 1980) << 9 | month << 5 | day)
        time = UInt16((second / 3600) << 11 | (second / 60 % 60) << 5 | second % 60 / 2)
    }

    /// The Gregorian date of a day that is not before 1970, with years reckoned from March so that the leap day is the last.
    private static func civil(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
        // Days since 0000-03-01, in eras of 400 years.
        let days = daysSince1970 + 719_468
        let (era, dayOfEra) = days.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}
