//! The one sentence of an explanation that says why: what somebody reads who has ten seconds.

/// Picks the sentence. What is likely to have gone wrong says more than what happened; where a sentence only tells which
/// answer came, the meaning of its code says more than the number.
#[must_use]
pub fn why(explanation: &str) -> String {
    let all = sentences(explanation);
    let likely = all.iter().find(|one| one.starts_with("Most likely ") && !one.starts_with("Most likely first:"));
    if let Some(likely) = likely {
        return (*likely).to_owned();
    }
    let first = all.first().copied().unwrap_or_default();
    if gives_reason(first) {
        return first.to_owned();
    }
    let of_code = all.iter().find_map(|one| Some(one.strip_prefix("Code ")?.split_once(": ")?.1));
    let later = || all.iter().copied().find(|one| gives_reason(one));
    of_code.or_else(later).unwrap_or(first).to_owned()
}

fn gives_reason(sentence: &str) -> bool {
    [": ", " because ", ", and "].iter().any(|words| sentence.contains(words))
}

/// Splits a text where a sentence ends and another begins.
fn sentences(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(['.', '\n']) {
        let rest = text.get(at + 1..).unwrap_or_default();
        let next = rest.trim_start();
        let begins = next.starts_with(|c: char| c.is_uppercase() || c == '"') && rest.len() > next.len();
        if begins || next.is_empty() {
            all.extend(text.get(start..=at).map(str::trim).filter(|one| !one.is_empty()));
            start = at + 1;
        }
    }
    all.extend(text.get(start..).map(str::trim).filter(|one| !one.is_empty()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_that_says_why() {
        for (explanation, wanted) in [
            (
                "fepool01.contoso.com refused it 43 times, \"The web ticket is invalid\". Most likely the certificate of \
                 the web site (port 4443) is wrong: its subject has to be fepool01.contoso.com. Or others.",
                "Most likely the certificate of the web site (port 4443) is wrong: its subject has to be \
                 fepool01.contoso.com.",
            ),
            (
                "The sign-in ended with 404. Code 4005 (\"Destination URI does not exist\"): The server does not know the \
                 address. Most likely first: User not enabled; Address mistyped. Seen once.",
                "The server does not know the address.",
            ),
            (
                "The sign-in ended with 504: the next server could not be reached. Code 1046 (\"Failed\"): No connection.",
                "The sign-in ended with 504: the next server could not be reached.",
            ),
            (
                "Authentication failed 2 times between 10:00:05 and 10:00:12. The client sent its token, and the server \
                 started over: the credentials were refused.",
                "The client sent its token, and the server started over: the credentials were refused.",
            ),
            ("The log shows no answer", "The log shows no answer"),
            ("", ""),
        ] {
            assert_eq!(why(explanation), wanted);
        }
    }

    #[test]
    fn a_dot_in_a_name_ends_no_sentence() {
        assert_eq!(
            sentences("At 10:00:05.100 sip.contoso.com said no. It is \"1.2\".\nAnna: Yes."),
            ["At 10:00:05.100 sip.contoso.com said no.", "It is \"1.2\".", "Anna: Yes."]
        );
    }
}
