//! Times of traces: milliseconds since 1970 by whatever clock the file was written with, and what is
//! known of that clock.

use crate::protocol::scan::{equal, within};
use chrono::{DateTime, TimeDelta};
use std::fmt;
use wide::u8x16;

/// Milliseconds since 1970-01-01T00:00:00.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

impl Millis {
    /// Where records of a file without times stand: after all others. Written as an empty text.
    pub const NEVER: Self = Self(i64::MAX);

    /// `MM/DD/YYYY` and `hh:mm:ss.mmm` with one byte of any kind between them, 23 bytes: the time of
    /// both client and server traces. `None` where a digit is missing.
    #[must_use]
    #[inline]
    pub fn parse(text: &[u8]) -> Option<Parsed> {
        let text: &[u8; 23] = text.first_chunk()?;
        if !fits(*text.first_chunk()?, &START) || !fits(*text.last_chunk()?, &END) {
            return None;
        }
        let [m1, m0, _, d1, d0, _, y3, y2, y1, y0, _, h1, h0, _, n1, n0, _, s1, s0, _, f2, f1, f0] = *text;
        let two = |tens: u8, ones: u8| i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
        let (year, month, day) = (two(y3, y2) * 100 + two(y1, y0), two(m1, m0), two(d1, d0));
        let (hour, minute, second) = (two(h1, h0), two(n1, n0), two(s1, s0));
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
            return Some(Parsed::NoDate);
        }
        let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
        let millis = i64::from(f2 - b'0') * 100 + two(f1, f0);
        Some(Parsed::At(Self(seconds * 1_000 + millis)))
    }

    /// `Wed, 20 Nov 2024 13:21:21 GMT`, the Date header of a message (RFC 3261 20.17).
    #[must_use]
    pub fn parse_date_header(text: &[u8]) -> Option<Self> {
        if let Some(date) = Self::parse_usual_date(text.trim_ascii()) {
            return Some(date);
        }
        let text = str::from_utf8(text).ok()?.trim();
        DateTime::parse_from_rfc2822(text).ok().map(|date| Self(date.timestamp_millis()))
    }

    /// A Date header as every server writes it. Whatever needs a calendar to be judged is left to the
    /// general parser: the last days of months, a day of the week that does not fit, other zones.
    fn parse_usual_date(text: &[u8]) -> Option<Self> {
        const WEEKDAYS: [&[u8]; 7] = [b"Thu", b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed"];
        const MONTHS: [&[u8]; 12] =
            [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
        let text: &[u8; 29] = text.try_into().ok()?;
        let [w2, w1, w0, b',', b' ', d1, d0, b' ', m2, m1, m0, b' ', y3, y2, y1, y0, b' ', time @ ..] = *text else {
            return None;
        };
        let [h1, h0, b':', n1, n0, b':', s1, s0, b' ', b'G', b'M', b'T'] = time else { return None };
        if ![d1, d0, y3, y2, y1, y0, h1, h0, n1, n0, s1, s0].iter().all(u8::is_ascii_digit) {
            return None;
        }
        let two = |tens: u8, ones: u8| i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
        let month = (1..).zip(MONTHS).find(|(_, name)| *name == [m2, m1, m0])?.0;
        let (year, day) = (two(y3, y2) * 100 + two(y1, y0), two(d1, d0));
        let (hour, minute, second) = (two(h1, h0), two(n1, n0), two(s1, s0));
        let days = days_from_civil(year, month, day);
        let weekday = usize::try_from(days.rem_euclid(7)).ok().and_then(|day| WEEKDAYS.get(day))?;
        let is_sure = (1..=28).contains(&day) && hour < 24 && minute < 60 && second < 60 && *weekday == [w2, w1, w0];
        is_sure.then(|| Self((days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000))
    }

    #[must_use]
    pub fn minus(self, offset: Offset) -> Self {
        Self(self.0.saturating_sub(offset.millis()))
    }

    /// `2024-11-20T13:21:21.071`, without a zone.
    #[must_use]
    pub fn iso(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S%.3f")
    }

    /// `13:21:21.071`
    #[must_use]
    pub fn clock_time(self) -> String {
        self.format("%H:%M:%S%.3f")
    }

    /// By a format of `chrono`; empty where no calendar reaches that far.
    #[must_use]
    pub fn format(self, format: &str) -> String {
        DateTime::from_timestamp_millis(self.0).map(|time| time.format(format).to_string()).unwrap_or_default()
    }
}

/// The first and the last sixteen bytes of a time: a nine stands for any digit, a question mark for any byte.
const START: [u8; 16] = *b"99/99/9999?99:99";
const END: [u8; 16] = *b"999?99:99:99.999";

#[inline]
fn fits(text: [u8; 16], shape: &[u8; 16]) -> bool {
    let shape = u8x16::new(*shape);
    let text = u8x16::new(text);
    let digits = equal(shape, b'9') & within(text, b'0', b'9');
    let others = text.simd_eq(shape) & !equal(shape, b'9');
    (digits | equal(shape, b'?') | others).all()
}

/// What a time of the right shape says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    At(Millis),
    /// Digits in the right places that are no date.
    NoDate,
}

/// Days since 1970-01-01 in the Gregorian calendar, counted from 1 March so that a leap day comes last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Distance of a clock from UTC, in minutes, east positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offset(pub i16);

impl Offset {
    fn millis(self) -> i64 {
        i64::from(self.0) * 60_000
    }

    /// Reads `+01:00`, `-0530`, `Z`.
    ///
    /// # Errors
    /// A sentence saying what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no offset; write it as +01:00 or -05:30");
        if text.eq_ignore_ascii_case("z") || text.eq_ignore_ascii_case("utc") {
            return Ok(Self(0));
        }
        let (sign, digits) = match text.split_at_checked(1) {
            Some(("+", digits)) => (1, digits),
            Some(("-", digits)) => (-1, digits),
            _ => return Err(wrong()),
        };
        // Twice two digits, with or without a colon between them.
        let digits = match digits.split_once(':') {
            Some((hours, minutes)) if hours.len() == 2 => format!("{hours}{minutes}"),
            Some(_) => return Err(wrong()),
            None => digits.to_owned(),
        };
        let is_whole = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number: i16 = digits.parse().ok().filter(|_| is_whole).ok_or_else(wrong)?;
        let (hours, minutes) = (number / 100, number % 100);
        if hours > 14 || minutes > 59 {
            return Err(wrong());
        }
        Ok(Self(sign * (hours * 60 + minutes)))
    }

    /// The offset in real use that is nearest to what was measured: whole and half hours from -12:00 to
    /// +14:00, and the three zones at a quarter to the hour. `None` where none is within 15 minutes.
    #[must_use]
    pub fn nearest(measured: TimeDelta) -> Option<Self> {
        let minutes = measured.num_milliseconds() as f64 / 60_000.0;
        let half_hours = (-24..=28).map(|half| half * 30);
        half_hours
            .chain([5 * 60 + 45, 8 * 60 + 45, 12 * 60 + 45])
            .map(|candidate: i16| (candidate, (f64::from(candidate) - minutes).abs()))
            .filter(|(_, error)| *error <= 15.0)
            .min_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(candidate, _)| Self(candidate))
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let minutes = self.0.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// What is known of the clock a file was written with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    Utc,
    /// Worked out from the log, or set by hand.
    Offset(Offset),
    #[default]
    Unknown,
}

impl Clock {
    /// A time of the file in UTC; as written where the clock is not known.
    #[must_use]
    pub fn resolve(self, written: Millis) -> Millis {
        match self {
            _ if written == Millis::NEVER => written,
            Self::Offset(offset) => written.minus(offset),
            Self::Utc | Self::Unknown => written,
        }
    }

    #[must_use]
    pub fn is_known(self) -> bool {
        self != Self::Unknown
    }

    /// RFC 3339 with `Z` where the clock is known, without a zone where it is not.
    #[must_use]
    pub fn rfc3339(self, written: Millis) -> String {
        let mut text = self.resolve(written).iso();
        if self.is_known() {
            text.push('Z');
        }
        text
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utc => f.write_str("utc"),
            Self::Offset(offset) => offset.fmt(f),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_log_agree_with_the_calendar() {
        for (text, iso) in [
            ("11/20/2024-13:21:21.118", "2024-11-20T13:21:21.118"),
            ("02/29/2024|00:00:00.000", "2024-02-29T00:00:00.000"),
            ("01/01/1970-00:00:00.001", "1970-01-01T00:00:00.001"),
            ("12/31/2099-23:59:59.999", "2099-12-31T23:59:59.999"),
        ] {
            let Some(Parsed::At(time)) = Millis::parse(text.as_bytes()) else { panic!("{text}") };
            assert_eq!(time.iso(), iso);
        }
        assert_eq!(Millis::parse(b"13/20/2024-13:21:21.118"), Some(Parsed::NoDate));
        assert_eq!(Millis::parse(b"1/20/2024-13:21:21.1180"), None);
    }

    #[test]
    fn dates_read_at_once_are_those_of_the_general_parser() {
        let general = |text: &str| DateTime::parse_from_rfc2822(text).ok().map(|date| Millis(date.timestamp_millis()));
        for text in [
            "Wed, 20 Nov 2024 13:21:21 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Thu, 29 Feb 2024 23:59:59 GMT",
            "Thu, 20 Nov 2024 13:21:21 GMT",
            "Wed, 31 Nov 2024 13:21:21 GMT",
            "Wed, 20 Nov 2024 24:21:21 GMT",
            "Wed, 20 Nov 2024 13:21:21 +0100",
            "20 Nov 2024 13:21 GMT",
        ] {
            assert_eq!(Millis::parse_date_header(text.as_bytes()), general(text), "{text}");
        }
        assert!(Millis::parse_usual_date(b"Wed, 20 Nov 2024 13:21:21 GMT").is_some());
    }

    #[test]
    fn the_offset_in_real_use_that_is_nearest() {
        let minutes = |m: f64| Offset::nearest(TimeDelta::milliseconds((m * 60_000.0) as i64)).map(|o| o.to_string());
        assert_eq!(minutes(60.1).as_deref(), Some("+01:00"));
        assert_eq!(minutes(-299.0).as_deref(), Some("-05:00"));
        assert_eq!(minutes(344.0).as_deref(), Some("+05:45"));
        assert_eq!(minutes(3.0).as_deref(), Some("+00:00"));
        assert_eq!(minutes(3_000.0), None);
    }

    #[test]
    fn offsets_set_by_hand() {
        assert_eq!(Offset::parse("+01:00"), Ok(Offset(60)));
        assert_eq!(Offset::parse("-0530"), Ok(Offset(-330)));
        for wrong in ["1h", "+99:00", "+-100", "-+530", "+1:000", "+01:00:", "+", "+1", "+\u{e9}01"] {
            assert!(Offset::parse(wrong).is_err(), "{wrong}");
        }
    }
}
