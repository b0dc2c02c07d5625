//! The incidents of the samples: the one of the README diagnosed with all of its files and with some of them, and what
//! others must say.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use uccello::diagnosis::{Diagnosis, Finding, Severity};
use uccello::index::{Index, Progress, build, open};

const ANNA: &str = "anna@contoso.com";
const ANNAS_LOG: &str = "external-sign-in/anna-UccApi-0.UccApilog";
const BENS_LOG: &str = "external-sign-in/ben-UccApi-0.UccApilog";
const SERVERS: &str = "external-sign-in/fe01-cls.txt";

fn diagnose(files: &[&str]) -> (Arc<Index>, Diagnosis) {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-logs");
    let paths: Vec<PathBuf> = files.iter().map(|file| samples.join(file)).collect();
    let opened = open(&paths, &[]);
    assert_eq!(opened.errors, [""; 0], "every sample can be read");
    let files: Vec<_> = opened.files.into_iter().map(Arc::new).collect();
    let index = build(&files, &Progress::default(), |_| {});
    let diagnosis = Diagnosis::of(&index);
    (index, diagnosis)
}

fn found<'a>(diagnosis: &'a Diagnosis, rule: &str, user: &str) -> &'a Finding {
    let mut own =
        diagnosis.findings.iter().filter(|finding| finding.rule == rule && finding.user.as_deref() == Some(user));
    let one = own.next().unwrap_or_else(|| panic!("{rule} is not found for {user}"));
    assert!(own.next().is_none(), "{rule} is found twice for {user}");
    one
}

/// What is said of the web services, without what other rules find.
fn of_web(diagnosis: &Diagnosis) -> Vec<(&str, Severity, Option<&str>, Option<&str>)> {
    const RULES: [&str; 12] = [
        "fetching-user-certificate",
        "certificate-fetch-failed",
        "autodiscover-challenge",
        "web-ticket-issued",
        "web-ticket-rejected-by-issuer",
        "web-ticket-from-other-pool",
        "web-ticket-rejected-by-some",
        "no-token-sent",
        "grant-type-refused",
        "claim-mismatch",
        "autodiscover-redirect",
        "no-home-pool",
    ];
    let own = diagnosis.findings.iter().filter(|finding| RULES.contains(&finding.rule));
    own.map(|finding| (finding.rule, finding.severity, finding.user.as_deref(), finding.caused_by)).collect()
}

#[test]
fn the_wrong_certificate_of_the_pool_keeps_anna_out() {
    let (index, diagnosis) = diagnose(&["external-sign-in"]);
    let failures: Vec<_> = diagnosis
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Failure)
        .map(|finding| (finding.rule, finding.user.as_deref(), finding.caused_by))
        .collect();
    assert_eq!(
        failures,
        [
            ("web-ticket-rejected-by-issuer", Some(ANNA), None),
            ("certificate-fetch-failed", Some(ANNA), Some("web-ticket-rejected-by-issuer")),
        ]
    );

    let tickets = found(&diagnosis, "web-ticket-rejected-by-issuer", ANNA);
    assert_eq!(tickets.count, 43, "as many as there are answers 28032");
    for words in ["fepool01.contoso.com", "webext.contoso.com", "external web site (port 4443)", "fe01 and fe02"] {
        assert!(tickets.explanation.contains(words), "{words} in {}", tickets.explanation);
    }
    assert!(tickets.title.contains("fepool01.contoso.com"), "{}", tickets.title);
    let ben = "ben@contoso.com signed in meanwhile on the same pool with a user certificate (TLS-DSK)";
    assert!(tickets.explanation.contains(ben), "{}", tickets.explanation);
    assert!(tickets.checks.iter().any(|check| check.contains("Get-CsCertificate")));
    assert!(tickets.checks.iter().any(|check| check.contains("0.0.0.0:4443")));

    let certificate = found(&diagnosis, "certificate-fetch-failed", ANNA);
    assert_eq!((certificate.count, certificate.endpoint.as_deref()), (5, Some("0fbb2a5a8c")));

    // Evidence is of what it speaks of, each record once.
    for finding in [tickets, certificate] {
        let mut rows = finding.evidence.clone();
        rows.sort_unstable();
        rows.dedup();
        assert_eq!(rows.len(), finding.evidence.len());
        assert!(rows.iter().all(|&row| index.entry(row).is_some()));
    }
}

#[test]
fn what_is_normal_in_the_incident_is_said_to_be() {
    let (_, diagnosis) = diagnose(&["external-sign-in"]);
    let challenge = found(&diagnosis, "autodiscover-challenge", ANNA);
    assert_eq!((challenge.severity, challenge.count), (Severity::Normal, 5));
    let issued = found(&diagnosis, "web-ticket-issued", ANNA);
    assert_eq!((issued.severity, issued.count), (Severity::Normal, 19), "client and server are counted once");
    assert!(issued.explanation.contains("8 h"), "{}", issued.explanation);
    let others = of_web(&diagnosis).into_iter().filter(|(_, _, user, _)| *user != Some(ANNA));
    assert_eq!(others.count(), 0, "nothing is wrong with the others");
}

#[test]
fn the_log_of_anna_alone_shows_that_no_certificate_came_but_not_why() {
    for files in [&[ANNAS_LOG][..], &[ANNAS_LOG, BENS_LOG]] {
        let (_, diagnosis) = diagnose(files);
        assert_eq!(
            of_web(&diagnosis),
            [
                ("certificate-fetch-failed", Severity::Failure, Some(ANNA), None),
                ("autodiscover-challenge", Severity::Normal, Some(ANNA), None),
                ("web-ticket-issued", Severity::Normal, Some(ANNA), None),
            ]
        );
        let certificate = found(&diagnosis, "certificate-fetch-failed", ANNA);
        assert_eq!(certificate.count, 5);
        for words in ["webext.contoso.com gave it web tickets", "X-Ms-diagnostics in the trace of the front ends"] {
            assert!(certificate.explanation.contains(words), "{words} in {}", certificate.explanation);
        }
    }
}

#[test]
fn the_trace_of_the_servers_alone_tells_it_all() {
    let (_, diagnosis) = diagnose(&[SERVERS]);
    assert_eq!(
        of_web(&diagnosis),
        [
            ("web-ticket-rejected-by-issuer", Severity::Failure, Some(ANNA), None),
            ("certificate-fetch-failed", Severity::Failure, Some(ANNA), Some("web-ticket-rejected-by-issuer")),
            ("autodiscover-challenge", Severity::Normal, Some(ANNA), None),
            ("web-ticket-issued", Severity::Normal, Some(ANNA), None),
        ]
    );
    assert_eq!(found(&diagnosis, "web-ticket-rejected-by-issuer", ANNA).count, 43);
}

#[test]
fn nothing_is_wrong_with_the_web_services_in_the_other_samples() {
    for files in
        [&[BENS_LOG][..], &["healthy-ntlm"], &["healthy-kerberos"], &["federation-dns"], &["ocs2007r2-edge.txt"]]
    {
        let (_, diagnosis) = diagnose(files);
        assert_eq!(of_web(&diagnosis), [], "{files:?}");
    }
}

#[test]
fn a_pasted_report_of_a_sign_in_is_enough() {
    let (_, diagnosis) = diagnose(&["sign-in-report.txt"]);
    assert_eq!(of_web(&diagnosis), [("certificate-fetch-failed", Severity::Failure, None, Some("identity-mismatch"))]);
}

#[test]
fn times_of_a_refusal_are_not_those_of_the_wrong_clock() {
    let (_, diagnosis) = diagnose(&["clock-skew"]);
    let own = found(&diagnosis, "clock-skew", "quinn@contoso.com");
    assert!(own.explanation.contains("twice between 07:03:55 and 07:04:36"), "{}", own.explanation);
}
