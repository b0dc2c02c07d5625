//! Which format a file has: by its content, never by its extension, and always with a reason.

use super::foreign::{self, Foreign};
use super::{Format, cls, text, uccapi};
use crate::protocol::lines::{Lines, is_blank};

/// How much is looked at first, and at most, in bytes.
const LOOKS: [usize; 2] = [64 << 10, 1 << 20];

/// What a file turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detected {
    Trace {
        format: Format,
        /// Why, in words for people.
        reason: String,
    },
    /// Nothing but blanks: readable, and without records.
    Blank,
    /// Not a trace: what it is and what to do, as the end of a sentence.
    Refused(String),
}

/// Looks at the start of a file that is not in UTF-16. `name` is used only where binary files look alike.
#[must_use]
pub fn detect(bytes: &[u8], name: &str) -> Detected {
    let first_look = bytes.get(..LOOKS[0]).unwrap_or(bytes);
    if let Some(foreign) = foreign::by_first_bytes(first_look, name) {
        return refused(foreign);
    }
    let all = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if is_blank(all) {
        return Detected::Blank;
    }
    for look in LOOKS {
        let is_whole = look >= all.len();
        if let Some(shape) = shape_of(all.get(..look).unwrap_or(all), is_whole || look == LOOKS[1]) {
            return match shape {
                Shape::Trace(format, line) => {
                    Detected::Trace { format, reason: format!("line {} starts like a {}", line + 1, format.title()) }
                }
                Shape::Foreign(foreign) => refused(foreign),
            };
        }
        if is_whole {
            break;
        }
    }
    // Every trace holds messages, so bare ones are looked for last.
    if let Some(reason) = text::reason(all.get(..LOOKS[1]).unwrap_or(all)) {
        return Detected::Trace { format: Format::Text, reason };
    }
    Detected::Refused(
        "no line of it looks like a trace; open the client's *.UccApilog or the text of Search-CsClsLogging".to_owned(),
    )
}

fn refused(Foreign { name, advice }: Foreign) -> Detected {
    Detected::Refused(format!("this is {name}; {advice}"))
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// With the number of the first line of that shape, from 0.
    Trace(Format, usize),
    Foreign(Foreign),
}

/// The trace that first has two lines of its shape; where `settle` is set, the first line of any shape decides.
/// What is foreign is not settled sooner: a trace may hold lines of other logs between its records and before them.
fn shape_of(text: &[u8], settle: bool) -> Option<Shape> {
    let mut seen: Vec<Shape> = Vec::new();
    for (number, line) in Lines::new(text).enumerate() {
        let Some(shape) = shape_of_line(line.text, number) else { continue };
        let same = |other: &&Shape| match (other, &shape) {
            (Shape::Trace(a, _), Shape::Trace(b, _)) => a == b,
            (a, b) => *a == b,
        };
        match seen.iter().find(same) {
            Some(first @ Shape::Trace(..)) => return Some(*first),
            Some(Shape::Foreign(_)) => {}
            None => seen.push(shape),
        }
    }
    seen.first().copied().filter(|_| settle)
}

fn shape_of_line(line: &[u8], number: usize) -> Option<Shape> {
    if uccapi::is_prefixed(line) {
        return Some(Shape::Trace(Format::Uccapi, number));
    }
    if let Some(source) = cls::source_of(line) {
        let is_cpu = !source.is_empty() && source.iter().all(u8::is_ascii_digit);
        return Some(Shape::Trace(if is_cpu { Format::OcsLogger } else { Format::Cls }, number));
    }
    foreign::BY_LINE.iter().find(|(is, _)| is(line)).map(|(_, foreign)| Shape::Foreign(*foreign))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "11/20/2024|14:21:21.071 2A10:C74 INFO  :: Function: x\r\n";
    const SERVER: &str = "TL_INFO(TF_PROTOCOL) [FEPOOL01\\FE01]1E6C.0B40::11/20/2024-13:21:21.118.0000A2B3 (SIPStack,A::B:c.cpp(265)) [2] $$begin_record\n";

    fn format_of(text: &str) -> Option<Format> {
        match detect(text.as_bytes(), "x.txt") {
            Detected::Trace { format, .. } => Some(format),
            _ => None,
        }
    }

    #[test]
    fn formats_by_content() {
        let ocs = SERVER.replace("FEPOOL01\\FE01", "1");
        assert_eq!(format_of(CLIENT), Some(Format::Uccapi));
        assert_eq!(format_of(&format!("\u{FEFF}{CLIENT}")), Some(Format::Uccapi));
        assert_eq!(format_of(SERVER), Some(Format::Cls));
        assert_eq!(format_of(&ocs), Some(Format::OcsLogger));
        assert_eq!(format_of(&format!("{SERVER}Message-Body: {CLIENT}{SERVER}{CLIENT}")), Some(Format::Cls));
    }

    /// A search of server traces may print entries of the web server's log between its records, and before them.
    #[test]
    fn lines_of_other_logs_in_a_trace_do_not_make_it_one_of_those() {
        let web = "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time\n2024-11-20 13:50:01\n";
        assert_eq!(format_of(&format!("{SERVER}{web}{SERVER}")), Some(Format::Cls));
        assert_eq!(format_of(&format!("{web}{SERVER}{web}{SERVER}")), Some(Format::Cls));
        assert_eq!(format_of(&format!("{SERVER}{web}")), Some(Format::Cls));
        assert_eq!(
            format_of(&format!("{SERVER}{web}{}{SERVER}", "2024-11-20 13:50:02\n".repeat(9_000))),
            Some(Format::Cls)
        );
        assert_eq!(format_of(&format!("{web}{SERVER}")), None);
    }

    #[test]
    fn foreign_files_are_refused_by_name() {
        let mut etl = vec![0u8; 4096];
        etl[..4].copy_from_slice(&0x0001_0000u32.to_le_bytes());
        for (bytes, name, word) in [
            (&b"\xFF\xD8\xFF\xE0..JFIF"[..], "x.txt", "JPEG"),
            (&etl, "trace.txt", "ETL"),
            (b"x", "x.txt", "no line of it"),
            (b"#Software: Microsoft Internet Information Services 10.0\n#Fields: date time\n", "u_ex.log", "IIS"),
        ] {
            let Detected::Refused(why) = detect(bytes, name) else { panic!("{word} was not refused") };
            assert!(why.contains(word), "{why}");
        }
        assert_eq!(detect(b"", "x"), Detected::Blank);
        assert_eq!(detect(b"\xEF\xBB\xBF \r\n\n", "x"), Detected::Blank);
    }
}
