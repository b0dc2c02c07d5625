//! Ranges of time, as milliseconds since 1970 on the log's own wall clock.
//!
//! A range either stands in the calendar or comes back every day. Knows nothing of zones: which clock a
//! record's time is read from is decided by whoever asks.

use super::BadValue;
use chrono::{NaiveDate, TimeDelta};
use std::fmt;
use std::ops::Range;

const DAY_MS: i64 = 86_400_000;
const LAST_MS_OF_DAY: i64 = DAY_MS - 1;

/// A range of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeRange {
    /// From and to, in milliseconds since 1970; an open end is `i64::MIN` or `i64::MAX`.
    Absolute { from: i64, to: i64 },
    /// Every day, in milliseconds since midnight; wraps over midnight where `from` is later than `to`.
    Daily { from_ms_of_day: i64, to_ms_of_day: i64 },
}

impl TimeRange {
    /// Whether a time, in milliseconds since 1970, lies in the range.
    #[must_use]
    pub fn contains(&self, ms: i64) -> bool {
        match *self {
            Self::Absolute { from, to } => from <= ms && ms <= to,
            Self::Daily { from_ms_of_day: from, to_ms_of_day: to } => {
                let clock = ms.rem_euclid(DAY_MS);
                if from <= to { from <= clock && clock <= to } else { clock >= from || clock <= to }
            }
        }
    }

    /// Reads the value of a `time:` term.
    pub(in crate::query) fn parse(value: &str) -> Result<Self, BadValue> {
        Self::read(value).map_err(|mut bad| {
            if let Some(meant) = near(value) {
                bad.message.push_str(&format!(", was time:{meant} meant?"));
            }
            bad
        })
    }

    fn read(value: &str) -> Result<Self, BadValue> {
        let Some((first, last)) = value.split_once("..") else {
            let only = End::parse(value, 0..value.len())?;
            return Self::between(Some(only), Some(only), value);
        };
        let end = |text: &str, start: usize| {
            (!text.trim().is_empty()).then(|| End::parse(text, start..start + text.len())).transpose()
        };
        Self::between(end(first, 0)?, end(last, first.len() + 2)?, value)
    }

    fn between(first: Option<End>, last: Option<End>, value: &str) -> Result<Self, BadValue> {
        let first_date = first.and_then(|end| end.date_ms);
        let last_date = last.and_then(|end| end.date_ms);
        let range = match (first, last) {
            (None, None) => return Err(expected(0..value.len(), None)),
            _ if first_date.or(last_date).is_none() => {
                return Ok(Self::Daily {
                    from_ms_of_day: first.map_or(0, |end| end.from),
                    to_ms_of_day: last.map_or(LAST_MS_OF_DAY, |end| end.to),
                });
            }
            (first, last) => {
                let date = first_date.or(last_date).unwrap_or_default();
                (
                    first.map_or(i64::MIN, |end| end.date_ms.unwrap_or(date) + end.from),
                    last.map_or(i64::MAX, |end| end.date_ms.unwrap_or(date) + end.to),
                )
            }
        };
        let (from, to) = range;
        if from > to {
            return Err(BadValue::whole(
                "an end later than the start",
                "a range of dates was expected to end after it starts (write the date at both ends if it runs over midnight)",
            ));
        }
        Ok(Self::Absolute { from, to })
    }
}

/// One end: its day, if it names one, and the stretch of the day it covers.
#[derive(Debug, Clone, Copy)]
struct End {
    /// Midnight, in milliseconds since 1970.
    date_ms: Option<i64>,
    from: i64,
    to: i64,
}

impl End {
    fn parse(text: &str, at: Range<usize>) -> Result<Self, BadValue> {
        let text = text.trim();
        let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
        let (date, clock) = match text.split_once(['T', 't', ' ']) {
            Some((date, clock)) => (Some(date), Some(clock.trim_start())),
            None if text.contains(':') => (None, Some(text)),
            None => (Some(text), None),
        };
        let bad = |wrong| expected(at.clone(), wrong);
        let date_ms = match date {
            None => None,
            Some(date) => {
                let (year, month, day) = split_date(date).ok_or_else(|| bad(None))?;
                let date =
                    NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| bad(Some("there is no such day")))?;
                let days = date.signed_duration_since(NaiveDate::default()).num_days();
                Some(days * DAY_MS)
            }
        };
        let (from, to) = match clock {
            None => (0, LAST_MS_OF_DAY),
            Some(clock) => {
                let parts = split_clock(clock).ok_or_else(|| bad(None))?;
                parts.stretch().ok_or_else(|| bad(Some("there is no such time of day")))?
            }
        };
        Ok(Self { date_ms, from, to })
    }
}

/// What someone may have meant by a time that cannot be read: an hour alone, a range written with a dash or
/// turned round, a date as the client writes it.
fn near(value: &str) -> Option<String> {
    const LONGEST: usize = 60;
    let value = value.trim();
    if value.len() > LONGEST {
        return None;
    }
    let hour = format!("{value:0>2}:00");
    let dots = value.replace("...", "..");
    let dash = if value.contains(':') { value.replacen('-', "..", 1) } else { String::new() };
    let turned = value.split_once("..").filter(|(from, to)| from.contains('-') && to.contains('-'));
    let turned = turned.map(|(from, to)| format!("{}..{}", to.trim(), from.trim())).unwrap_or_default();
    let mut parts = value.splitn(3, '/');
    let date = match (parts.next(), parts.next(), parts.next()) {
        (Some(month), Some(day), Some(year)) => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => String::new(),
    };
    [hour, dots, dash, turned, date].into_iter().find(|text| !text.is_empty() && TimeRange::read(text).is_ok())
}

fn expected(at: Range<usize>, wrong: Option<&str>) -> BadValue {
    let forms = "a time is a clock (14:05, 14:05:30.250), a date (2024-11-20), both (2024-11-20T14:05) or a range (14:00..14:10)";
    BadValue {
        message: wrong.map_or_else(|| forms.to_owned(), |wrong| format!("{wrong}: {forms}")),
        expected: "a time",
        part: Some(at),
    }
}

fn split_date(text: &str) -> Option<(i32, u32, u32)> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let year = i32::try_from(digits(year, 4..=4)?).ok()?;
    Some((year, digits(month, 1..=2)?, digits(day, 1..=2)?))
}

struct Clock {
    hour: u32,
    minute: u32,
    second: Option<u32>,
    /// The value and its unit, in milliseconds.
    fraction: Option<(u32, u32)>,
}

fn split_clock(text: &str) -> Option<Clock> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, second) = match rest.split_once(':') {
        Some((minute, second)) => (minute, Some(second)),
        None => (rest, None),
    };
    let (second, fraction) = match second.map(|second| second.split_once('.').ok_or(second)) {
        None => (None, None),
        Some(Err(second)) => (Some(digits(second, 2..=2)?), None),
        Some(Ok((second, fraction))) => {
            let value = digits(fraction, 1..=3)?;
            let unit = match fraction.len() {
                1 => 100,
                2 => 10,
                _ => 1,
            };
            (Some(digits(second, 2..=2)?), Some((value * unit, unit)))
        }
    };
    Some(Clock { hour: digits(hour, 1..=2)?, minute: digits(minute, 2..=2)?, second, fraction })
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let plain = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

impl Clock {
    /// The first and the last millisecond of the day that this names.
    fn stretch(&self) -> Option<(i64, i64)> {
        let second = self.second.unwrap_or_default();
        if self.hour > 23 || self.minute > 59 || second > 59 {
            return None;
        }
        let (fraction, fraction_unit) = self.fraction.unwrap_or((0, 1_000));
        let unit = if self.second.is_none() { 60_000 } else { fraction_unit };
        let from = i64::from(self.hour * 60 + self.minute) * 60_000 + i64::from(second * 1_000 + fraction);
        Some((from, from + i64::from(unit) - 1))
    }
}

impl fmt::Display for TimeRange {
    /// The value of a `time:` term, as short as it can be said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Daily { from_ms_of_day, to_ms_of_day } => {
                write!(f, "{}..{}", clock_text(from_ms_of_day, Side::Start), clock_text(to_ms_of_day, Side::End))
            }
            Self::Absolute { from, to } => write!(f, "{}..{}", date_text(from, Side::Start), date_text(to, Side::End)),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Start,
    End,
}

/// A clock, without the parts that its side of a range fills in by itself.
fn clock_text(ms_of_day: i64, side: Side) -> String {
    let (whole_second, whole_minute) = match side {
        Side::Start => (0, 0),
        Side::End => (999, 59_999),
    };
    let (hour, minute) = (ms_of_day / 3_600_000, ms_of_day / 60_000 % 60);
    let (second, ms) = (ms_of_day / 1_000 % 60, ms_of_day % 1_000);
    if ms_of_day % 60_000 == whole_minute {
        format!("{hour:02}:{minute:02}")
    } else if ms == whole_second {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}.{ms:03}")
    }
}

/// A date and clock; nothing for an open end, and for one no calendar reaches.
fn date_text(ms: i64, side: Side) -> String {
    let date =
        TimeDelta::try_days(ms.div_euclid(DAY_MS)).and_then(|days| NaiveDate::default().checked_add_signed(days));
    let clock = ms.rem_euclid(DAY_MS);
    match (date, side) {
        (None, _) => String::new(),
        (Some(date), Side::Start) if clock == 0 => date.to_string(),
        (Some(date), Side::End) if clock == LAST_MS_OF_DAY => date.to_string(),
        (Some(date), side) => format!("{date}T{}", clock_text(clock, side)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const H: i64 = 3_600_000;
    const M: i64 = 60_000;
    /// 2024-11-20T00:00:00.
    const DAY: i64 = 1_732_060_800_000;

    fn daily(from: i64, to: i64) -> TimeRange {
        TimeRange::Daily { from_ms_of_day: from, to_ms_of_day: to }
    }

    fn absolute(from: i64, to: i64) -> TimeRange {
        TimeRange::Absolute { from, to }
    }

    #[test]
    fn values() {
        let ten_past = 14 * H + 10 * M + 59_999;
        let cases = [
            ("14:00..14:10", daily(14 * H, ten_past)),
            ("14:00..14:10Z", daily(14 * H, ten_past)),
            ("14:00 .. 14:10", daily(14 * H, ten_past)),
            ("9:05", daily(9 * H + 5 * M, 9 * H + 5 * M + 59_999)),
            ("14:05:30", daily(14 * H + 5 * M + 30_000, 14 * H + 5 * M + 30_999)),
            ("..14:05:30.250", daily(0, 14 * H + 5 * M + 30_250)),
            ("..14:05:30.2", daily(0, 14 * H + 5 * M + 30_299)),
            ("14:05:30.25..", daily(14 * H + 5 * M + 30_250, DAY_MS - 1)),
            ("22:00..02:00", daily(22 * H, 2 * H + 59_999)),
            ("2024-11-20", absolute(DAY, DAY + DAY_MS - 1)),
            ("2024-11-20T14:00..", absolute(DAY + 14 * H, i64::MAX)),
            ("2024-11-20t14:00z..", absolute(DAY + 14 * H, i64::MAX)),
            ("..2024-11-20", absolute(i64::MIN, DAY + DAY_MS - 1)),
            ("2024-11-20T14:00..14:10", absolute(DAY + 14 * H, DAY + ten_past)),
            ("14:00..2024-11-20T14:10", absolute(DAY + 14 * H, DAY + ten_past)),
            ("2024-11-20 14:00..14:10", absolute(DAY + 14 * H, DAY + ten_past)),
            ("2024-11-20..14:10", absolute(DAY, DAY + ten_past)),
            ("14:00..2024-11-20", absolute(DAY + 14 * H, DAY + DAY_MS - 1)),
            ("2024-11-19..2024-11-20", absolute(DAY - DAY_MS, DAY + DAY_MS - 1)),
            ("1969-12-31", absolute(-DAY_MS, -1)),
        ];
        for (text, range) in cases {
            let parsed = TimeRange::parse(text).expect(text);
            assert_eq!(parsed, range, "{text}");
            let again = TimeRange::parse(&parsed.to_string()).expect(text);
            assert_eq!(again, range, "{text} written as {parsed}");
        }
    }

    #[test]
    fn what_is_not_a_time() {
        let cases = [
            ("", 0..0),
            ("..", 0..2),
            ("noon", 0..4),
            ("14", 0..2),
            ("25:00", 0..5),
            ("14:00..14:60", 7..12),
            ("14:00..14:05:61", 7..15),
            ("14:00:00.1234", 0..13),
            ("2024-02-30", 0..10),
            ("2024-13-01T10:00", 0..16),
            ("24-11-20", 0..8),
            ("14:00-14:10", 0..11),
            ("14:00...", 7..8),
            ("\u{661}4:00", 0..6),
            ("14:05:30.", 0..9),
            ("2024-11-20T", 0..11),
        ];
        for (text, at) in cases {
            let error = TimeRange::parse(text).expect_err(text);
            assert_eq!(error.part, Some(at), "{text}");
            assert!(error.message.contains("a time is a clock"), "{text}");
        }
        for text in ["2024-11-21..2024-11-20", "2024-11-20T22:00..02:00"] {
            let error = TimeRange::parse(text).expect_err(text);
            assert!(error.message.contains("end after it starts"), "{text}");
        }
    }

    #[test]
    fn what_may_have_been_meant() {
        let cases = [
            ("14", Some("14:00")),
            ("9", Some("09:00")),
            ("14:00-14:10", Some("14:00..14:10")),
            ("14:00...14:10", Some("14:00..14:10")),
            ("2024-11-21..2024-11-20", Some("2024-11-20..2024-11-21")),
            ("11/20/2024", Some("2024-11-20")),
            ("2024-11-20T22:00..02:00", None),
            ("noon", None),
            ("25", None),
            ("13/45/2024", None),
        ];
        for (text, meant) in cases {
            let message = TimeRange::parse(text).expect_err(text).message;
            match meant {
                Some(meant) => assert!(message.ends_with(&format!(", was time:{meant} meant?")), "{message}"),
                None => assert!(!message.contains("meant?"), "{message}"),
            }
        }
    }

    #[test]
    fn ends_are_included() {
        let ten = TimeRange::parse("14:00..14:10").expect("a range");
        let night = TimeRange::parse("22:00..02:00").expect("a range");
        let cases = [
            (ten, DAY + 14 * H, true),
            (ten, DAY + 14 * H - 1, false),
            (ten, DAY + 14 * H + 11 * M - 1, true),
            (ten, DAY + 14 * H + 11 * M, false),
            (ten, 14 * H - 5 * DAY_MS, true),
            (night, DAY + 23 * H, true),
            (night, DAY + H, true),
            (night, DAY + 2 * H + M - 1, true),
            (night, DAY + 2 * H + M, false),
            (night, DAY + 22 * H - 1, false),
        ];
        for (range, ms, inside) in cases {
            assert_eq!(range.contains(ms), inside, "{range} at {ms}");
        }
        for ms in [i64::MIN, i64::MAX] {
            assert!(absolute(i64::MIN, i64::MAX).contains(ms));
            let _ = ten.contains(ms);
        }
    }
}
