//! The client version filter.

use super::Rule;
use crate::diagnosis::case::{group, who};
use crate::diagnosis::codes::{checks_of, code_in_words};
use crate::diagnosis::rejection::{Ground, final_answer};
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// REGISTER is refused with 17002 or 17003, or with 488 and a warning; with 200 and 17004 the client is let in and
/// told of an update ([MS-OCER] 8.16).
pub const RULE: Rule = Rule { slug: "client-version-refused", severity: Severity::Failure, find };

const REFUSED: [u32; 2] = [17_002, 17_003];
const ALLOWED: u32 = 17_004;

fn find(case: &Case<'_>) -> Vec<Finding> {
    let mut found = refused(case);
    found.extend(allowed(case));
    found.into_iter().map(|finding| finding.when(case.index)).collect()
}

fn refused(case: &Case<'_>) -> Vec<Finding> {
    case.rejected_for(Ground::ClientVersion)
        .map(|rejection| {
            let agent = rejection.attempts.iter().rev().find_map(|attempt| attempt.user_agent.as_deref());
            let code = rejection.code(&REFUSED);
            let is_proved = code.is_some() || rejection.answers().next().is_some();
            let confidence = if is_proved { Confidence::Proved } else { Confidence::Likely };
            let warning = rejection.answers().filter_map(|answer| answer.warning.as_deref()).last();
            rejection
                .finding(
                    &RULE,
                    confidence,
                    format!("The client of {} is of a version the server refuses", rejection.name()),
                )
                .because(format!(
                    "A rule of the client version policy refuses this client. {}{}{}{}",
                    code_in_words(code.unwrap_or(17_003)),
                    agent.map(|agent| format!(" The client calls itself {agent}.")).unwrap_or_default(),
                    warning.map(|warning| format!(" The server warns: {warning}.")).unwrap_or_default(),
                    rejection.afterwards()
                ))
                .check("Get-CsClientVersionConfiguration | Format-List Enabled, DefaultAction, DefaultURL")
                .check("Get-CsClientVersionPolicy | Select-Object -ExpandProperty Rules")
                .check_all(checks_of(code.unwrap_or(17_003)).into_iter().skip(1))
        })
        .collect()
}

fn allowed(case: &Case<'_>) -> Vec<Finding> {
    let answers = case.trace.attempts().filter_map(|attempt| {
        let answer = final_answer(attempt).filter(|answer| matches!(answer.status, Some(200..=299)))?;
        answer.has_code(ALLOWED).then_some((who(attempt), answer))
    });
    let groups = group(answers);
    groups
        .into_iter()
        .map(|((user, endpoint), answers)| {
            let name = user.unwrap_or("the user");
            Finding::new(&RULE, Confidence::Proved, format!("The client of {name} is let in and offered an update"))
                .about(user, endpoint)
                .severity(Severity::Normal)
                .times(answers.len())
                .proved_by(answers.iter().flat_map(|answer| answer.rows()))
                .because(format!("{} This is no error.", code_in_words(ALLOWED)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, rules};

    fn of_version(found: &[String]) -> Vec<&str> {
        found.iter().map(String::as_str).filter(|rule| rule.starts_with("client-version-refused")).collect()
    }

    #[test]
    fn a_403_with_the_code_of_the_filter() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        anna.answer("403 Forbidden", "ms-diagnostics: 17003;reason=\"Declined with URL\";source=\"fe01.contoso.com\"");
        assert_eq!(of_version(&rules(&[&anna])), ["client-version-refused failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_488_with_a_warning() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.answer("488 Not Acceptable Here", "Warning: 310 lcs.microsoft.com \"This version is not allowed\"");
        assert_eq!(of_version(&rules(&[&anna])), ["client-version-refused failure anna@contoso.com x1"]);
    }

    #[test]
    fn the_verdict_of_the_client() {
        let mut anna = Client::new("anna@contoso.com");
        anna.says("VerifyOnEnableEvent result return ONENABLE_FAILED status=0x80ef0193 diag code=0x426b");
        assert_eq!(of_version(&rules(&[&anna])), ["client-version-refused failure - x1"]);
    }

    #[test]
    fn an_offer_of_an_update_is_no_error() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        let signed = anna.signature("NTLM");
        anna.answer("200 OK", &format!("{signed}\nms-diagnostics: 17004;reason=\"Allowed with URL\""));
        let found = rules(&[&anna]);
        assert_eq!(of_version(&found), ["client-version-refused normal anna@contoso.com x1"]);
        assert!(!found.iter().any(|rule| rule.contains(" failure ")));
    }

    #[test]
    fn a_488_to_a_call_is_about_media() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.new_call();
        anna.request("INVITE", "sip:ben@contoso.com", "ben@contoso.com", "");
        anna.answer("488 Not Acceptable Here", "Warning: 304 fe01 \"Media type not available\"");
        assert!(of_version(&rules(&[&anna])).is_empty());
    }
}
