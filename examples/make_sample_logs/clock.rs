//! The clock of the stories: a moment in time, and the ways logs write it down.
//!
//! Nothing here asks the computer for the time: a story says when things happen, so that the same story
//! always gives the same bytes.

use std::ops::{Add, Sub};

/// A moment, in milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub i64);

/// The distance of a local clock from UTC, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcOffset(pub i64);

pub const UTC: UtcOffset = UtcOffset(0);
/// Where the clients of the stories live.
pub const UTC_PLUS_1: UtcOffset = UtcOffset(60);

/// 2024-11-20, the day on which everything happens.
const STORY_DAY: i64 = days_from_civil(2024, 11, 20);

/// A time of the story day, in UTC.
pub const fn at(hour: i64, minute: i64, second: i64, milli: i64) -> Time {
    Time(STORY_DAY * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000 + milli)
}

impl Add<i64> for Time {
    type Output = Self;

    fn add(self, millis: i64) -> Self {
        Self(self.0 + millis)
    }
}

impl Sub<i64> for Time {
    type Output = Self;

    fn sub(self, millis: i64) -> Self {
        Self(self.0 - millis)
    }
}

/// Calendar fields of a moment, as a wall clock shows them.
pub struct Wall {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    pub milli: i64,
    /// 0 is Sunday.
    pub weekday: i64,
}

impl Time {
    pub fn wall(self, offset: UtcOffset) -> Wall {
        let local = self.0 + offset.0 * 60_000;
        let days = local.div_euclid(86_400_000);
        let in_day = local.rem_euclid(86_400_000);
        let (year, month, day) = civil_from_days(days);
        Wall {
            year,
            month,
            day,
            hour: in_day / 3_600_000,
            minute: in_day / 60_000 % 60,
            second: in_day / 1000 % 60,
            milli: in_day % 1000,
            weekday: (days + 4).rem_euclid(7),
        }
    }

    /// `11/20/2024|14:21:21.118`, as a client log writes it.
    pub fn client_stamp(self, offset: UtcOffset) -> String {
        self.month_first(offset, '|')
    }

    /// `11/20/2024-13:21:21.118`, as a server trace writes it.
    pub fn server_stamp(self, offset: UtcOffset) -> String {
        self.month_first(offset, '-')
    }

    fn month_first(self, offset: UtcOffset, separator: char) -> String {
        let w = self.wall(offset);
        format!(
            "{:02}/{:02}/{:04}{separator}{:02}:{:02}:{:02}.{:03}",
            w.month, w.day, w.year, w.hour, w.minute, w.second, w.milli
        )
    }

    /// `Wed, 20 Nov 2024 13:21:21 GMT`, as SIP and HTTP headers write it.
    pub fn gmt(self) -> String {
        let w = self.wall(UTC);
        format!(
            "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
            pick(&["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"], w.weekday),
            w.day,
            pick(&MONTHS, w.month - 1),
            w.year,
            w.hour,
            w.minute,
            w.second
        )
    }

    /// `2024-11-20T13:21:21Z`, as XML writes it.
    pub fn iso(self) -> String {
        let w = self.wall(UTC);
        format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", w.year, w.month, w.day, w.hour, w.minute, w.second)
    }

    /// `241120132121Z`, as certificates write it (ASN.1 `UTCTime`).
    pub fn asn1(self) -> String {
        let w = self.wall(UTC);
        format!("{:02}{:02}{:02}{:02}{:02}{:02}Z", w.year % 100, w.month, w.day, w.hour, w.minute, w.second)
    }

    /// Ticks of 100 ns since 1601, as Windows structures hold it.
    pub fn filetime(self) -> u64 {
        u64::try_from((self.0 + 11_644_473_600_000) * 10_000).unwrap_or(0)
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn pick(names: &[&'static str], index: i64) -> &'static str {
    usize::try_from(index).ok().and_then(|i| names.get(i)).copied().unwrap_or("???")
}

/// Days since 1970-01-01 of a date in the Gregorian calendar.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a count of days since 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}
