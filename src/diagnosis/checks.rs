//! What to check next, as one step: a sentence for the reader, and a command to be typed where there is one.

use std::collections::HashSet;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// In words; empty where the command says all.
    pub text: String,
    /// To be typed as it stands.
    pub command: Option<String>,
}

/// Programs that are run by name. What looks like `Get-CsUser` is known by its form.
const PROGRAMS: [&str; 25] = [
    "certutil", "cmdkey", "curl", "dcdiag", "dig", "gpresult", "gpupdate", "iisreset", "ipconfig", "klist", "netdom",
    "netsh", "netstat", "nltest", "nslookup", "openssl", "ping", "portqry", "reg", "repadmin", "setspn", "telnet",
    "tracert", "uccello", "w32tm",
];
/// What cmdlets begin with.
const VERBS: [&str; 24] = [
    "Add", "Clear", "Disable", "Enable", "Export", "Find", "Get", "Grant", "Import", "Install", "Invoke", "Move",
    "New", "Remove", "Resolve", "Restart", "Search", "Select", "Set", "Start", "Stop", "Sync", "Test", "Update",
];
/// Words of a sentence that never stand in a command.
const ENDS: [&str; 7] = [" on ", " of ", " for ", " and ", " shows ", " (and ", " then "];

impl Check {
    /// Tells commands from what is said about them: `On the Edge: nslookup fe01.contoso.com, is it there?` One text may
    /// hold several commands, which are a step each.
    #[must_use]
    pub fn all_of(text: &str) -> Vec<Self> {
        let text = text.trim();
        let Some((lead, command, tail)) = split(text) else {
            return vec![Self { text: text.to_owned(), command: None }];
        };
        let command = Some(command.to_owned());
        let next = without_and(tail);
        if split(next).is_some() {
            let mut all = vec![Self { text: sentence(lead, ""), command }];
            all.extend(Self::all_of(&capital(next)));
            return all;
        }
        vec![Self { text: sentence(lead, tail), command }]
    }

    /// The steps of several texts; none is said twice.
    pub fn of_texts<'t>(texts: impl IntoIterator<Item = &'t String>) -> Vec<Self> {
        let mut known = HashSet::new();
        texts.into_iter().flat_map(|text| Self::all_of(text)).filter(|check| known.insert(check.words())).collect()
    }

    /// All of it in one line, for screen readers and tests.
    #[must_use]
    pub fn words(&self) -> String {
        let parts = [Some(self.text.as_str()).filter(|text| !text.is_empty()), self.command.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// `Get-CsUser`, `Test-NetConnection`.
#[must_use]
pub fn is_cmdlet(word: &str) -> bool {
    word.split_once('-').is_some_and(|(verb, noun)| {
        let is_word = |word: &str| {
            let small = word.chars().filter(char::is_ascii_lowercase).count();
            word.starts_with(|c: char| c.is_ascii_uppercase())
                && word.chars().all(|c| c.is_ascii_alphanumeric())
                && small > 0
        };
        VERBS.contains(&verb) && is_word(noun)
    })
}

/// What stands before the first command, the command, and what stands behind it.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let marks = [": ", "? ", ". ", "; "].into_iter().flat_map(|mark| text.match_indices(mark).map(|(at, _)| at + 2));
    let run = text.starts_with("Run ").then_some(4);
    let mut starts: Vec<usize> = [0].into_iter().chain(run).chain(marks).collect();
    starts.sort_unstable();
    starts.into_iter().find_map(|start| {
        let (lead, rest) = text.split_at_checked(start)?;
        let (command, tail) = rest.split_at_checked(command_length(rest)?)?;
        Some((lead, command.trim_end(), tail))
    })
}

/// How long the command at the start of a text is; `None` where it starts with none.
fn command_length(text: &str) -> Option<usize> {
    let word = text.split([' ', ',', ':', ';']).next().filter(|word| !word.is_empty())?;
    let is_cmdlet = is_cmdlet(word);
    if !is_cmdlet && !PROGRAMS.contains(&word) {
        return None;
    }
    let length = end_of(text);
    let (command, tail) = text.split_at_checked(length)?;
    let arguments = command.get(word.len()..)?.trim();
    // A sentence may begin with such a name too, and goes on like one: `Get-CsUser, Enabled`, `ping is blocked`.
    let is_sentence = if arguments.is_empty() {
        let goes_on =
            [": ", " on ", ", and ", ", is ", ", the ", ", which "].iter().any(|begin| tail.starts_with(begin));
        !is_cmdlet || !(tail.is_empty() || goes_on)
    } else {
        is_cmdlet && !arguments.starts_with(['-', '|', '"', '$', '(', ';']) && !is_argument(arguments)
    };
    (!is_sentence && !command.ends_with(['.', '?'])).then_some(length)
}

/// What a cmdlet may take without naming it: a path, a host name, a number; no word of a sentence.
fn is_argument(arguments: &str) -> bool {
    arguments
        .split(' ')
        .next()
        .is_some_and(|first| first.contains(['\\', '.', '/', '<']) && !first.ends_with([',', '.']))
}

/// Where a command ends and a sentence about it begins. What stands in quotes and brackets is passed over.
fn end_of(text: &str) -> usize {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, c) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        if depth == 0 && quote.is_none() {
            let after = |mark: &str| rest.strip_prefix(mark);
            let is_small = |next: &str| next.starts_with(|c: char| c.is_lowercase());
            let ends = after(", ").is_some_and(is_small)
                || after("; ").is_some_and(|next| command_length(next).is_none())
                || after(": ").is_some()
                || after("? ").is_some()
                || after(". ").is_some()
                || ENDS.iter().any(|word| rest.starts_with(word));
            if ends {
                return at;
            }
        }
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (_, Some(open)) if c == open => quote = None,
            ('(' | '{' | '[', None) => depth += 1,
            (')' | '}' | ']', None) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    text.len()
}

fn without_and(tail: &str) -> &str {
    let tail = tail.trim_start_matches([',', ';', ':', '.', '?']).trim();
    tail.strip_prefix("and ").unwrap_or(tail)
}

/// What is said around a command, as one sentence to be read before it.
fn sentence(lead: &str, tail: &str) -> String {
    let lead = lead.trim();
    let lead = lead.strip_prefix("Run").map_or(lead, str::trim_start);
    let trimmed = tail.trim_start_matches([',', ';', ':']).trim();
    let tail = match trimmed.split_once(' ') {
        Some(("and", rest)) => {
            let names_more = rest.starts_with("to ") || rest.split(' ').next().is_some_and(|word| word.contains('.'));
            if names_more { format!("also {rest}") } else { rest.to_owned() }
        }
        Some(("shows", _)) => format!("it {trimmed}"),
        Some(("which", rest)) => format!("it {rest}"),
        Some(("then", _)) => format!("run this, {trimmed}"),
        _ => trimmed.to_owned(),
    };
    if lead.is_empty() || tail.is_empty() {
        return capital(if tail.is_empty() { lead } else { &tail });
    }
    match lead.strip_suffix(':') {
        Some(lead) if tail.starts_with('(') => capital(&format!("{lead} {tail}")),
        Some(_) => capital(&format!("{lead} {tail}")),
        None => capital(&format!("{lead} {}", capital(&tail))),
    }
}

/// The same as the start of a sentence; names of hosts stay as they are.
fn capital(text: &str) -> String {
    let is_name = text.split(' ').next().is_some_and(|word| word.trim_end_matches([':', '.']).contains('.'));
    match text.chars().next().filter(|_| !is_name && command_length(text).is_none()) {
        Some(first) => first.to_uppercase().chain(text.chars().skip(1)).collect(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_sentences() {
        let only = |command: &'static str| (command, vec![("", Some(command))]);
        let advice = |text: &'static str| (text, vec![(text, None)]);
        for (text, wanted) in [
            only("Get-CsUser -Identity \"sip:anna@contoso.com\" | Format-List SipAddress, Enabled"),
            only("nslookup -type=srv _sip._tls.contoso.com"),
            only("w32tm /query /status"),
            only("Test-NetConnection fe01.contoso.com -Port 5061"),
            only("certutil -verify -urlfetch edge.cer"),
            only("Get-CsAllowedDomain -Identity x.com; Get-CsBlockedDomain -Identity x.com"),
            only("Search-CsClsLogging -StartTime ([datetime]'2024-11-20T08:59:00Z') -Uri \"a, b: c\" -MatchAny"),
            advice("Look at Result-Code in the security record."),
            advice("Front-End services: are they up?"),
            advice("Get-CsUser, Enabled"),
            advice("Get-CsUser and Get-CsUserPoolInfo for the sender"),
            advice("Run nslookup for its name on the client"),
            ("On the Edge: nslookup fe01.contoso.com", vec![("On the Edge:", Some("nslookup fe01.contoso.com"))]),
            (
                "On every front end: netsh http show sslcert ipport=0.0.0.0:4443: the same thumbprint?",
                vec![("On every front end: the same thumbprint?", Some("netsh http show sslcert ipport=0.0.0.0:4443"))],
            ),
            (
                "On the Edge: Get-ChildItem Cert:\\LocalMachine\\Root, is the root of the issuer in it?",
                vec![(
                    "On the Edge: is the root of the issuer in it?",
                    Some("Get-ChildItem Cert:\\LocalMachine\\Root"),
                )],
            ),
            ("Get-CsSipDomain: is x.com in it?", vec![("Is x.com in it?", Some("Get-CsSipDomain"))]),
            ("klist purge, then sign in again", vec![("Run this, then sign in again", Some("klist purge"))]),
            (
                "Run netsh http show sslcert on every Front End, ports 443 and 4443",
                vec![("On every Front End, ports 443 and 4443", Some("netsh http show sslcert"))],
            ),
            (
                "On PC-7: cmdkey /list shows saved passwords; an old one is sent again.",
                vec![("On PC-7: it shows saved passwords; an old one is sent again.", Some("cmdkey /list"))],
            ),
            (
                "Was the pool failed over? Get-CsPoolBackupRelationship -PoolFqdn POOL",
                vec![("Was the pool failed over?", Some("Get-CsPoolBackupRelationship -PoolFqdn POOL"))],
            ),
            (
                "nslookup sip.x.com, and inside: nslookup sipinternal.x.com",
                vec![("", Some("nslookup sip.x.com")), ("Inside:", Some("nslookup sipinternal.x.com"))],
            ),
        ] {
            let found = Check::all_of(text);
            let found: Vec<_> = found.iter().map(|check| (check.text.as_str(), check.command.as_deref())).collect();
            assert_eq!(found, wanted, "{text}");
        }
    }

    #[test]
    fn a_step_is_said_once() {
        let texts = ["klist purge".to_owned(), "klist purge".to_owned(), "Look at it".to_owned()];
        assert_eq!(Check::of_texts(&texts).len(), 2);
    }
}
