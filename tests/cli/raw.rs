//! A second, slow reader of traces that shares nothing with the program: enough to know which messages
//! of a file speak of an address and which status they have.

use std::collections::BTreeSet;

const ADDRESS_HEADERS: [&str; 5] = ["from", "to", "contact", "p-asserted-identity", "referred-by"];

/// A message with where its record starts in the file.
pub struct RawMessage<'a> {
    pub offset: usize,
    start_line: &'a str,
    head: Vec<&'a str>,
}

/// The framed messages of a client log, and the protocol records of a server trace and of its applications.
pub fn messages(text: &str) -> Vec<RawMessage<'_>> {
    let lines: Vec<(usize, &str)> = {
        let mut at = 0;
        let starts = text.split_inclusive('\n').map(move |line| {
            at += line.len();
            (at - line.len(), line.trim_end_matches(['\r', '\n']))
        });
        starts.collect()
    };
    let mut found: Vec<RawMessage<'_>> = Vec::new();
    for (number, (offset, line)) in lines.iter().enumerate() {
        let rest = || lines.iter().skip(number + 1).map(|(_, line)| *line);
        let next = rest().next().unwrap_or_default();
        let start_line = if line.contains(" :: Sending Packet -") || line.contains(" :: Data Received -") {
            next.split_once(" :: ").map(|(_, text)| text)
        } else if line.starts_with("TL_") && line.ends_with("$$begin_record") {
            rest().take_while(|line| *line != "$$end_record").find_map(|line| line.strip_prefix("Start-Line: "))
        } else if line.starts_with("TL_") && (next.starts_with("<<<<") || next.starts_with(">>>>")) {
            rest().nth(1)
        } else {
            None
        };
        let Some(start_line) = start_line.filter(|line| line.contains("SIP/2.0")) else { continue };
        let after = rest().skip_while(|line| !line.ends_with(start_line)).skip(1);
        let head = after.take_while(|line| !line.is_empty() && !line.starts_with("Message-Body:")).collect();
        found.push(RawMessage { offset: *offset, start_line, head });
    }
    found
}

impl RawMessage<'_> {
    pub fn status(&self) -> Option<u16> {
        self.start_line.strip_prefix("SIP/2.0 ")?.split(' ').next()?.parse().ok()
    }

    /// Whether the start line or an address header names `sip:ADDRESS`.
    pub fn names(&self, address: &str) -> bool {
        let uri = format!("sip:{address}");
        let holds = |text: &str| {
            let text = text.to_lowercase();
            text.match_indices(&uri).any(|(at, _)| {
                let next = text[at + uri.len()..].chars().next();
                next.is_none_or(|next| matches!(next, '>' | ';' | ' ' | ',' | ':' | '?'))
            })
        };
        let is_address_header = |line: &&str| {
            let name = line.split(':').next().unwrap_or_default().to_lowercase();
            ADDRESS_HEADERS.contains(&name.as_str())
        };
        holds(self.start_line) || self.head.iter().copied().filter(is_address_header).any(holds)
    }
}

/// Offsets of the messages of a trace that name an address and have a status.
pub fn offsets(text: &str, address: &str, status: u16) -> BTreeSet<u64> {
    let wanted = |message: &RawMessage<'_>| message.status() == Some(status) && message.names(address);
    messages(text).into_iter().filter(wanted).map(|message| message.offset as u64).collect()
}
