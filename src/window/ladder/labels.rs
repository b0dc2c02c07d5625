//! What stands on an arrow: all that is known where there is room, and less of it, piece by piece, where there is not.

use crate::ladder::Arrow;
use crate::trace::short_target;

/// What stands on an arrow, first in the colour of its outcome, then smaller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    pub main: String,
    pub weak: String,
}

/// From the longest to the shortest. The number of a request in its dialog goes first; what a web request asks for
/// always stays.
pub fn wordings(arrow: &Arrow) -> Vec<Wording> {
    let mut all: Vec<Wording> = Vec::new();
    let mut add = |main: &str, weak: &[&str]| {
        let weak = weak.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", ");
        let wording = Wording { main: main.to_owned(), weak };
        if all.last() != Some(&wording) {
            all.push(wording);
        }
    };
    // A web request of a client log is called by its path alone.
    if arrow.label.starts_with('/') {
        let short = short_target(&arrow.label);
        for weak in [&[&arrow.label, &*arrow.detail][..], &[&*arrow.label], &[&*short]] {
            add("call", weak);
        }
        return all;
    }
    let parts = || arrow.detail.split(", ");
    let find = |is: &dyn Fn(&str) -> bool| parts().find(|part| is(part)).unwrap_or_default();
    let code = find(&|part| part.starts_with("code "));
    let path = find(&|part| part.starts_with('/'));
    let short = short_target(path);
    let label = arrow.label.as_str();
    let (number, is_answer) = match label.split_once(' ') {
        Some((number, _)) if number.bytes().all(|byte| byte.is_ascii_digit()) => (number, true),
        _ => (label, false),
    };
    add(label, &[&arrow.detail]);
    add(label, &[path, code]);
    add(label, &[&short, code]);
    if path.is_empty() || is_answer || label.starts_with("0x") || label == "done" {
        add(label, &[code]);
        add(label, &[]);
        add(number, &[code]);
        add(number, &[]);
    } else {
        add(label, &[&short]);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Millis;
    use crate::index::RowId;
    use crate::trace::Outcome;

    #[test]
    fn labels_lose_what_says_least_first() {
        for (label, detail, wanted) in [
            ("INVITE", "CSeq 1", vec!["INVITE | CSeq 1", "INVITE | "]),
            (
                "504 Server time-out",
                "CSeq 1, code 1010",
                vec![
                    "504 Server time-out | CSeq 1, code 1010",
                    "504 Server time-out | code 1010",
                    "504 Server time-out | ",
                    "504 | code 1010",
                    "504 | ",
                ],
            ),
            ("GET", "/Autodiscover/X.svc/root/user", vec!["GET | /Autodiscover/X.svc/root/user", "GET | …/root/user"]),
            (
                "/Autodiscover/X.svc/root/user",
                "OAuth",
                vec![
                    "call | /Autodiscover/X.svc/root/user, OAuth",
                    "call | /Autodiscover/X.svc/root/user",
                    "call | …/root/user",
                ],
            ),
        ] {
            let (row, time) = (RowId(0), Millis(0));
            let (label, detail) = (label.to_owned(), detail.to_owned());
            let arrow = Arrow { row, copy: None, from: 0, to: 1, time, label, detail, outcome: Outcome::Request };
            let found: Vec<_> = wordings(&arrow).iter().map(|w| format!("{} | {}", w.main, w.weak)).collect();
            assert_eq!(found, wanted);
        }
    }
}
