//! A security association that came to its end and was renewed.

use super::Rule;
use crate::diagnosis::case::{group, who};
use crate::diagnosis::sign_in::Kind;
use crate::diagnosis::words::{duration, how_often};
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// An association ends with the Kerberos ticket or the user certificate, and after eight hours at the latest
/// ([MS-SIPAE] 3.2.2). In a long log that repeats all day.
pub const RULE: Rule = Rule { slug: "reauthentication", severity: Severity::Normal, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let renewed = case.sign_ins.iter().filter_map(|own| match own.kind {
        Kind::Renewed { age_ms } => Some((who(own.attempt), (own.attempt, age_ms))),
        _ => None,
    });
    let groups = group(renewed);
    groups
        .into_iter()
        .map(|((user, endpoint), renewals)| {
            let rows = || renewals.iter().flat_map(|(attempt, _)| attempt.rows());
            let age = renewals.iter().filter_map(|(_, age_ms)| *age_ms).next_back();
            let after = age.map(|age_ms| format!(" after {}", duration(age_ms))).unwrap_or_default();
            Finding::new(&RULE, Confidence::Proved, "The security association was renewed, which is normal")
                .about(user, endpoint)
                .times(renewals.len())
                .because(format!(
                    "An association lives for eight hours at most, less where the Kerberos ticket or the user \
                     certificate ends earlier. The server asked for credentials again{after}, and accepted them: {}.",
                    how_often(case.index, renewals.len(), rows())
                ))
                .proved_by(rows())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, fires, rules};

    fn day(client: &mut Client, hours: i64) {
        for _ in 0..hours {
            client.wait(3_600);
            client.refresh("NTLM");
        }
    }

    #[test]
    fn a_renewal_after_eight_hours_of_refreshes_is_normal() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        day(&mut anna, 7);
        anna.wait(3_000);
        anna.ntlm_again();
        let found = rules(&[&anna]);
        assert!(found.contains(&"reauthentication normal anna@contoso.com x1".to_owned()), "{found:?}");
        assert!(found.contains(&"signed-in normal anna@contoso.com x1".to_owned()), "{found:?}");
        assert!(!found.iter().any(|rule| rule.contains("warning") || rule.contains("failure")), "{found:?}");
    }

    #[test]
    fn the_log_may_begin_after_the_handshake() {
        let mut anna = Client::new("anna@contoso.com");
        anna.refresh("NTLM");
        day(&mut anna, 7);
        anna.wait(600);
        anna.ntlm_again();
        assert_eq!(
            rules(&[&anna]),
            ["reauthentication normal anna@contoso.com x1", "ntlm-handshake normal anna@contoso.com x1"]
        );
    }

    #[test]
    fn an_early_one_is_none() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        day(&mut anna, 2);
        anna.ntlm_again();
        assert!(!fires("reauthentication", &[&anna]));
        assert!(!fires("association-lost", &[&anna]));
    }
}
