//! Words that many findings need: how often, since when, how long, and lists of names.

use crate::format::Millis;
use crate::index::{Index, RowId};

/// `once`, `twice`, `3 times`.
#[must_use]
pub fn often(count: usize) -> String {
    match count {
        ..=1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

/// `once, at 09:00:01`, or `3 times between 09:00:01 and 09:04:10`: times as the window shows them, where the log has any.
pub fn how_often(index: &Index, count: usize, rows: impl IntoIterator<Item = RowId>) -> String {
    let mut first_last: Option<(RowId, RowId)> = None;
    for row in rows {
        let (first, last) = first_last.unwrap_or((row, row));
        let at = index.position(row);
        first_last = Some((
            if at < index.position(first) { row } else { first },
            if at > index.position(last) { row } else { last },
        ));
    }
    let known = |row: RowId| Some(index.time(row)).filter(|time| *time != Millis::NEVER);
    let time = |row: RowId| known(row).map(|time| time.format("%H:%M:%S"));
    let times = first_last.and_then(|(first, last)| Some((time(first)?, time(last)?)));
    let often = often(count);
    match times {
        None => often,
        Some((first, _)) if count <= 1 => format!("{often}, at {first}"),
        Some((first, last)) => format!("{often} between {first} and {last}"),
    }
}

/// `1 challenge`, `3 challenges`.
pub fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// `350 ms`, `12 s`, `10 min 3 s`, `8 h 5 min`; of any sign.
pub fn duration(ms: i64) -> String {
    let ms = ms.unsigned_abs();
    if ms < 1_000 {
        return format!("{ms} ms");
    }
    let seconds = (ms + 500) / 1_000;
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (hours, minutes) => format!("{hours} h {} min", minutes % 60),
    }
}

/// Names as one piece of a sentence, each once: `NTLM, Kerberos and TLS-DSK`, and of many the first three.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.into_iter().collect();
    let mut seen = Vec::new();
    names.retain(|name| {
        !seen.contains(name) && {
            seen.push(*name);
            true
        }
    });
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [only] => (*only).to_owned(),
        [one, two, three, rest @ ..] if rest.len() > 1 => format!("{one}, {two}, {three} and {} more", rest.len()),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_lists_read_well() {
        let spoken: Vec<String> = [350, 12_400, -603_000, 29_100_000].into_iter().map(duration).collect();
        assert_eq!(spoken, ["350 ms", "12 s", "10 min 3 s", "8 h 5 min"]);
        assert_eq!(list(["NTLM", "Kerberos", "NTLM", "TLS-DSK"]), "NTLM, Kerberos and TLS-DSK");
        assert_eq!(list(["a", "b", "c", "d"]), "a, b, c and d");
        assert_eq!(list(["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
        assert_eq!(list([]), "nothing");
        assert_eq!([0, 1, 2, 3].map(often), ["once", "once", "twice", "3 times"]);
        assert_eq!(counted(2, "challenge"), "2 challenges");
    }
}
