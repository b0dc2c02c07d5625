//! `report`: the diagnosis as a document.

use super::{ANNA, Folder, STORY, read, uccello};
use sha2::{Digest as _, Sha256};

fn report(arguments: &[&str], name: &str) -> String {
    let folder = Folder::new();
    let out = format!("{}/{name}", folder.path());
    assert_eq!(uccello(&[&["report"], arguments, &["-o", &out]].concat()).printed(), "");
    std::fs::read_to_string(out).expect("the report")
}

#[test]
fn a_page_needs_nothing_beside_itself_and_names_nobody() {
    let page = report(&[STORY], "report.html");
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    for word in ["<svg", "<h1>", "<h2>Findings</h2>", "What the files hold", "prefers-color-scheme", "SHA-256"] {
        assert!(page.contains(word), "{word} is missing");
    }
    for word in ["<script", "<link", "src=", "href", "@import", "url(", "contoso", "anna@", "FE01", "198.51.100.23"] {
        assert!(!page.contains(word), "{word} is in the page");
    }
    assert!(!page.contains("href=\"http"), "nothing leads out of the page");
    for element in ["main", "section", "h2", "h3", "pre", "svg", "figure", "dl", "g", "text", "p"] {
        let opened = page.matches(&format!("<{element}>")).count() + page.matches(&format!("<{element} ")).count();
        assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
    }
}

#[test]
fn names_stay_where_they_are_wanted_and_secrets_never_do() {
    let text = report(&[STORY, "--no-redact", "--format", "markdown"], "report.txt");
    assert!(text.starts_with("# Uccello report\n"), "{text}");
    assert!(text.contains("anna@contoso.com") || text.contains("ben@contoso.com"), "{text}");
    for secret in ["gssapi-data=\"F", "gssapi-data=\"T", "gssapi-data=\"Y", "response=\"0", "rspauth=\"e", "cwt=2BEz"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn the_name_of_the_file_says_the_format() {
    assert!(report(&[ANNA], "a.md").starts_with("# Uccello report"));
    assert!(report(&[ANNA], "a.htm").starts_with("<!DOCTYPE html>"));
}

#[test]
fn stand_ins_are_those_of_redacted_traces() {
    let folder = Folder::new();
    let out = format!("{}/out", folder.path());
    let names = uccello(&["redact", STORY, "-o", &out]).printed();
    let text = report(&[STORY], "a.md");
    for name in names.lines().filter_map(|path| path.rsplit('/').next()) {
        assert!(text.contains(name), "{name}: {text}");
    }
    let own = report(&[&out, "--no-redact"], "b.md");
    let story = |text: &str| text.split("```").nth(1).map(str::to_owned);
    assert_eq!(story(&own), story(&text), "the ladder of the redacted trace is the redacted ladder");
}

#[test]
fn a_query_narrows_the_report_and_is_said() {
    let text = report(&[STORY, "--where", "uri:ben@contoso.com"], "a.md");
    assert!(text.contains("Only what this query selects") && !text.contains("ben@"), "{text}");
    let page = report(&[STORY, "--where", "\"<b>\""], "a.html");
    assert!(page.contains("&lt;b&gt;") && !page.contains("<b>"));
}

#[test]
fn digests_are_those_of_the_files() {
    let digest: String = Sha256::digest(read(ANNA)).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(report(&[ANNA], "a.md").contains(&digest));
}

#[test]
fn the_digest_of_a_packed_log_is_said_to_be_that_of_its_text() {
    let folder = Folder::new();
    let log = read(ANNA);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &log).expect("it goes into memory");
    let archive = folder.file("anna.UccApilog.gz", packed.finish().expect("it goes into memory"));
    let digest: String = Sha256::digest(&log).iter().map(|byte| format!("{byte:02x}")).collect();
    for (name, wanted) in [
        ("a.md", format!("`{digest}`, of the unpacked text, not of the archive")),
        ("a.html", format!("<code>{digest}</code>, of the unpacked text, not of the archive")),
    ] {
        let text = report(&[&archive], name);
        assert!(text.contains(&wanted), "{text}");
    }
    assert!(!report(&[ANNA], "a.md").contains("of the unpacked text"));
}

#[test]
fn a_report_is_never_written_over_a_log() {
    let folder = Folder::new();
    let log = folder.file("anna.UccApilog", read(ANNA));
    for arguments in
        [["report", &log, "-o", &log], ["report", &folder.path(), "-o", &log], ["ladder", &log, "-o", &log]]
    {
        let refusal = uccello(&arguments).refusal();
        assert!(refusal.contains("one of the logs"), "{refusal}");
    }
    assert_eq!(std::fs::read(&log).expect("the log"), read(ANNA));
}

#[test]
fn what_cannot_be_written_or_read_is_said_in_a_sentence() {
    let folder = Folder::new();
    let out = format!("{}/none/report.html", folder.path());
    let refusal = uccello(&["report", ANNA, "-o", &out]).refusal();
    assert!(refusal.contains("cannot be written"), "{refusal}");
    assert_eq!(uccello(&["report", ANNA]).code, Some(2));
    let query = uccello(&["report", ANNA, "--where", "stats:4", "-o", &out]);
    assert_eq!(query.code, Some(2));
    assert!(query.err.contains("stats"));
}
