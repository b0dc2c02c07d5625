//! Client and server ask for different strength of NTLM.

use super::Rule;
use crate::diagnosis::refusal::{Cause, finding};
use crate::diagnosis::words::how_often;
use crate::diagnosis::{Case, Finding, Severity};

/// `SIP_E_AUTH_NTLMMISMATCH`, or `SEC_E_UNSUPPORTED_FUNCTION` in a security record of the server.
pub const RULE: Rule = Rule { slug: "ntlm-level-mismatch", severity: Severity::Failure, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let groups = case.refused_for(Cause::NtlmLevel);
    groups
        .into_iter()
        .map(|((user, endpoint), refusals)| {
            let how_often = how_often(case.index, refusals.len(), refusals.iter().flat_map(|own| own.round.rows()));
            finding(&RULE, &refusals, "NTLM security settings of client and server do not match")
                .about(user, endpoint)
                .because(format!(
                    "The server refused the NTLM token of {} {how_often}, and names the reason: the client cannot do \
                     what the server's policy asks for (128-bit encryption, NTLMv2 session security). To the user it \
                     looks like a wrong password. Inside the network Kerberos hides it.",
                    user.unwrap_or("the user")
                ))
                .check("secpol.msc on client and server: Network security: Minimum session security for NTLM SSP based clients, and servers.")
                .check("reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa /v LmCompatibilityLevel")
                .check("Get-CsProxyConfiguration | Format-List Identity, UseNtlmForClientToProxyAuth")
                .check("Mend the client, or its firmware, before the server's policy is lowered. The domain controllers' policy counts, too.")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, Server, fires, rules};

    const MISMATCH: &str = "ms-diagnostics: 1000;reason=\"Final handshake failed\";source=\"fe01.contoso.com\";\
                            HRESULT=\"0xC3E93EE4(SIP_E_AUTH_NTLMMISMATCH)\"";

    #[test]
    fn the_answer_names_the_mismatch() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        anna.answer("401 Unauthorized", &format!("{}\n{MISMATCH}", anna.offers()));
        let found = rules(&[&anna]);
        assert!(found.contains(&"ntlm-level-mismatch failure anna@contoso.com x1".to_owned()), "{found:?}");
        assert_eq!(found.iter().filter(|rule| rule.contains("failure")).count(), 1, "{found:?}");
    }

    #[test]
    fn the_security_record_of_the_server_names_it() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        let mut fe01 = Server::copies("FEPOOL01", "FE01", &anna);
        fe01.security("0x80090302 SEC_E_UNSUPPORTED_FUNCTION", &anna.call_id(), 3);
        assert!(rules(&[&anna, &fe01]).contains(&"ntlm-level-mismatch failure anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_plain_refusal_and_another_package_are_none() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        let mut ben = Client::new("ben@contoso.com");
        ben.tls_dsk_handshake();
        ben.answer("401 Unauthorized", &format!("{}\n{MISMATCH}", ben.offers()));
        assert!(!fires("ntlm-level-mismatch", &[&anna, &ben]));
    }
}
