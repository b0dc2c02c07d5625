//! A ladder as a sequence diagram for Mermaid, which wikis and ticket systems draw.

use super::{label, svg};
use crate::ladder::Ladder;
use crate::trace::Outcome;
use std::fmt::Write as _;

/// Writes a ladder as text for Mermaid: requests as solid arrows, answers as dashed ones, failures with a cross.
#[must_use]
pub fn ladder_mermaid(ladder: &Ladder) -> String {
    let mut text = "sequenceDiagram\n".to_owned();
    for (number, host) in ladder.lanes.iter().enumerate() {
        let _ = writeln!(text, "    participant h{number} as {}<br/>{}", escape(&host.name), host.role.word());
    }
    for arrow in &ladder.arrows {
        let line = match arrow.outcome {
            Outcome::Request => "->>",
            Outcome::Failure => "--x",
            _ => "-->>",
        };
        let (from, to, time) = (arrow.from, arrow.to, arrow.time.clock_time());
        let _ = writeln!(text, "    h{from}{line}h{to}: {}", escape(format!("{time} {}", label(arrow)).trim()));
    }
    if !ladder.lanes.is_empty() {
        for note in svg::notes(ladder) {
            let _ = writeln!(text, "    Note over h0: {}", escape(&note));
        }
    }
    text
}

/// Characters that mean something to Mermaid as its entities.
fn escape(text: &str) -> String {
    let mut own = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '#' | ';' | '<' | '>' | '"' | '&' | '`' | '%' | '{' | '}' | '\\' => {
                let _ = write!(own, "#{};", u32::from(c));
            }
            c if c.is_control() => own.push(' '),
            c => own.push(c),
        }
    }
    // A word `end` would close a block.
    if own.trim().eq_ignore_ascii_case("end") { format!("({own})") } else { own }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Millis;
    use crate::index::RowId;
    use crate::ladder::Arrow;
    use crate::trace::{Host, Role};

    #[test]
    fn names_and_labels_cannot_break_the_diagram() {
        let host = |name: &str| Host { name: name.to_owned(), role: Role::Client };
        let arrow = Arrow {
            row: RowId(0),
            copy: None,
            from: 0,
            to: 1,
            time: Millis(0),
            label: "a;b#c".to_owned(),
            detail: "x\ny".to_owned(),
            outcome: Outcome::Failure,
        };
        let ladder = Ladder { lanes: vec![host("end"), host("b")], arrows: vec![arrow], ..Ladder::default() };
        assert_eq!(
            ladder_mermaid(&ladder),
            "sequenceDiagram\n    participant h0 as (end)<br/>client\n    participant h1 as b<br/>client\n    \
             h0--xh1: 00:00:00.000 a#59;b#35;c (x y)\n"
        );
    }
}
