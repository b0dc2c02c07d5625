//! Records in few words, for lines in a list and in the terminal.

use crate::format::{Kind, Record};
use crate::protocol::WebCall;
use crate::protocol::lines::{Lines, to_text};

/// `sip:anna@contoso.com;transport=tls` -> `anna@contoso.com`; of a web address what tells it from others,
/// the end of its path.
#[must_use]
pub fn short_target(target: &str) -> String {
    if let Some((_, rest)) = target.split_once(':').filter(|(scheme, _)| matches!(*scheme, "sip" | "sips" | "tel")) {
        return rest.split(';').next().unwrap_or(rest).to_owned();
    }
    let path = target.split('?').next().unwrap_or(target);
    match path.rmatch_indices('/').nth(1) {
        Some((at, _)) if at > 0 => format!("…{}", path.split_at(at).1),
        _ => path.to_owned(),
    }
}

/// A record that holds no message, in few words.
#[must_use]
pub fn in_words(record: &Record<'_>) -> String {
    web_call(record).unwrap_or_else(|| first_words(record.text, record.kind))
}

/// A web-service call of a client in few words: where it goes, and what came of it.
fn web_call(record: &Record<'_>) -> Option<String> {
    let call = WebCall::parse(record.text).filter(|_| record.kind == Kind::WebRequest)?;
    Some(format!("web call {} ({})", short_target(&to_text(call.target)), call.outcome()))
}

/// The first line of a record that holds no message.
fn first_words(text: &[u8], kind: Kind) -> String {
    let lines = || Lines::new(text).map(|line| line.text.trim_ascii()).filter(|line| !line.is_empty());
    // The fields of a typed record say what it is about in their Text.
    let spoken = lines().find_map(|line| line.strip_prefix(b"Text:")).map(<[u8]>::trim_ascii);
    let line = spoken.or_else(|| lines().next());
    let line = line.map(|line| line.get(..400).unwrap_or(line)).map(to_text).unwrap_or_default();
    if line.is_empty() || line == "$$begin_record" { kind.name().to_owned() } else { line }
}
