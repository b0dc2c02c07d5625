//! What the diagnosis found, in the window: cards, evidence, people, and what a message means.

use super::support::refused::{client_log, client_log_from};
use super::{
    INCIDENT, incident, only_section, open, picture, press, query_text, settle, shown, start, start_with, support,
    type_into, wait_for, window,
};
use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::Path;
use std::sync::Arc;
use uccello::app::{Around, LadderOf};
use uccello::window::Window;

type Shown = Harness<'static, Option<Window>>;

/// A folder with the logs of some people.
fn logs(people: &[(&str, &[bool])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (user, outcomes) in people {
        let name = user.split('@').next().unwrap_or(user);
        let path = folder.path().join(format!("{name}-UccApi-0.UccApilog"));
        std::fs::write(path, client_log(user, outcomes)).expect("a written log");
    }
    folder
}

/// Anna is refused twice, Ben is refused once and then signs in, Carla signs in.
fn refused() -> tempfile::TempDir {
    logs(&[("anna@contoso.com", &[false, false]), ("ben@contoso.com", &[false, true]), ("carla@contoso.com", &[true])])
}

fn open_refused(theme: Theme, size: [f32; 2]) -> Shown {
    let folder = refused();
    // The files are mapped: they may go while they are shown, but for those who look at them later.
    open(theme, size, &[&folder.keep()])
}

fn card(harness: &Shown, user: &str) -> String {
    let cards = harness.get_all_by_label_contains("Finding, ");
    let labels = cards.filter_map(|node| node.accesskit_node().label());
    labels.into_iter().find(|label| label.contains(user)).unwrap_or_default()
}

#[test]
fn of_hundreds_of_findings_only_those_in_sight_are_drawn() {
    let users: Vec<String> = (0..150).map(|number| format!("user{number}@contoso.com")).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log: String = (0..).zip(&users).map(|(at, user)| client_log_from(at * 6_000, 1_000, user, &[false])).collect();
    let path = folder.path().join("many-UccApi-0.UccApilog");
    std::fs::write(&path, log).expect("a log");
    let mut harness = open(Theme::Dark, [1280.0, 1700.0], &[&path]);
    let drawn = |harness: &Shown| harness.query_all_by_label_contains("Finding, ").count();
    harness.get_by_label("Show all 300").click();
    settle(&mut harness);
    assert!(harness.query_by_label("Show all 300").is_none());
    assert!((3..25).contains(&drawn(&harness)), "{}", drawn(&harness));
    harness.get_all_by_label_contains("Finding, failure, ").next().expect("a card").click();
    settle(&mut harness);
    for (key, wanted) in [(Key::End, 299), (Key::ArrowUp, 298), (Key::Home, 0)] {
        press(&mut harness, key);
        // What was guessed of the heights is put right where it comes into sight.
        settle(&mut harness);
        assert_eq!(window(&harness).app().chosen.as_ref().map(|chosen| chosen.number), Some(wanted));
        let spoken = window(&harness).app().card().expect("a card").spoken.clone();
        let card = harness.get_by_label(&spoken).rect();
        assert!(card.top() > 128.0 && card.bottom() < 1_672.0, "it is in sight: {card:?}");
        assert!((3..25).contains(&drawn(&harness)), "{}", drawn(&harness));
    }
}

#[test]
fn a_refused_sign_in_is_a_card_with_user_times_and_count() {
    let harness = open_refused(Theme::Dark, [1280.0, 800.0]);
    let anna = card(&harness, "anna@contoso.com");
    assert!(anna.starts_with("Finding, failure, "), "{anna}");
    assert!(anna.contains("10:00:05.100 to 10:00:12.100") && anna.ends_with(", failed 2 times"), "{anna}");
    let ben = card(&harness, "ben@contoso.com");
    assert!(ben.starts_with("Finding, warning, "), "a later sign-in mends it: {ben}");
    let follows = harness.get_by_label_contains("A server trace is needed to see why anna@contoso.com cannot sign in");
    assert!(label(&follows).contains("follows from the one above"), "it stands under its cause");
}

fn label(node: &egui_kittest::Node<'_>) -> String {
    node.accesskit_node().label().unwrap_or_default()
}

/// How many rows of the list are marked, as far as they are in sight.
fn marked(harness: &Shown) -> usize {
    harness.get_all_by_role(Role::ListBoxOption).filter(|node| label(node).ends_with(", evidence")).count()
}

#[test]
fn a_card_marks_its_evidence_and_fills_ladder_and_detail_until_escape() {
    let mut harness = open_refused(Theme::Dark, [1280.0, 1400.0]);
    harness.get_by_label_contains("Finding, failure, ").click();
    settle(&mut harness);
    let app = window(&harness).app();
    let finding = app.card().expect("a finding that is looked at");
    assert_eq!((finding.user.as_str(), app.ladder_of), ("anna@contoso.com", LadderOf::Finding));
    let evidence = finding.evidence.len();
    assert_eq!((evidence, marked(&harness)), (4, 4), "two refused tokens with their answers");
    assert_eq!(app.ladder.arrows.len(), evidence);
    let detail = app.detail.as_ref().expect("the message that decides");
    assert_eq!((detail.entry.status, detail.entry.cseq), (Some(401), Some(3)), "not a challenge, but the refusal");
    harness.get_by_label("This finding");
    harness.get_by_label("Proved by the log");
    harness.get_by_label_contains("Refused token: the server starts over");
    // Why and what to check stand before the long explanation, which is folded.
    harness.get_by_label_contains("the credentials were refused");
    assert!(harness.query_by_label_contains("Authentication failed twice").is_none());
    harness.get_by_label("More about the finding").click();
    settle(&mut harness);
    harness.get_by_label_contains("Authentication failed twice");
    harness.get_by_label("Less about the finding").click();
    settle(&mut harness);
    harness.get_by_label_contains("Copy check, Get-CsUser -Identity 'sip:anna@contoso.com'").click();
    settle(&mut harness);
    harness.get_by_label("Key record (2 of 4)");

    press(&mut harness, Key::Escape);
    assert!(window(&harness).app().card().is_none());
    assert_eq!((marked(&harness), window(&harness).app().ladder_of), (0, LadderOf::Dialog));
    assert!(window(&harness).app().detail.is_some(), "the message stays");
    assert!(harness.query_by_label("This finding").is_none());
}

#[test]
fn what_failed_why_and_what_to_check_are_in_sight_at_once() {
    for log in ["external-sign-in", "wrong-password", "kerberos-spn", "federation-certificate", "user-not-enabled"] {
        let mut harness = open(Theme::Dark, [1280.0, 800.0], &[&Path::new("sample-logs").join(log)]);
        press(&mut harness, Key::F7);
        let card = window(&harness).app().card().expect("a finding");
        let bottom = harness.get_by_label("Next evidence").rect().top();
        let check = card.checks.first().expect("a check");
        let copied = check.command.as_ref().map(|command| format!("Copy check, {command}"));
        let first = copied.unwrap_or_else(|| check.text.clone());
        for name in [card.title.clone(), card.why.clone(), first] {
            assert!(!name.is_empty(), "{log}");
            // A sentence may stand over the message too.
            let found = harness.get_all_by_label(&name).next().expect("it is shown").rect();
            assert!(found.bottom() < bottom, "{log}: {name} at {found:?}");
        }
        assert!(card.why.len() < 260, "{log}: {}", card.why);
    }
}

#[test]
fn steps_are_all_in_sight_or_said_to_follow() {
    // The third step stands in sight; what there is no room for below is the text of the message.
    let mut harness = incident(Theme::Dark);
    press(&mut harness, Key::F7);
    harness.get_by_label("3.");
    assert!(harness.query_by_label_contains(" below").is_none());
    harness.get_by_label("More about the finding");
    harness.get_by_label("Explained").click();
    settle(&mut harness);
    harness.get_by_label("Likely causes");
    harness.get_by_label_contains("General checks for this code");
    // The message was asked for: the steps give way to it, and say how many follow.
    let below = harness.get_by_label_contains("below");
    assert!(label(&below).contains("more step"), "{}", label(&below));
    below.click();
    settle(&mut harness);
    assert!(harness.query_by_label("3.").is_some_and(|step| step.rect().bottom() < 470.0));
}

#[test]
fn keys_walk_findings_and_their_evidence() {
    let mut harness = open_refused(Theme::Dark, [1280.0, 800.0]);
    let user = |harness: &Shown| window(harness).app().card().map(|card| card.user.clone()).unwrap_or_default();
    press(&mut harness, Key::F7);
    assert_eq!(user(&harness), "anna@contoso.com");
    harness.get_by_label("Key record (2 of 4)");
    press(&mut harness, Key::F8);
    harness.get_by_label("Key record (3 of 4)");
    harness.get_by_label("Next evidence").click();
    settle(&mut harness);
    harness.get_by_label("Key record (4 of 4)");
    press(&mut harness, Key::F8);
    harness.get_by_label("Key record (4 of 4)");
    harness.key_press_modifiers(Modifiers::SHIFT, Key::F8);
    settle(&mut harness);
    harness.get_by_label("Key record (3 of 4)");
    // The list of cards has the keyboard after a click, and keeps its arrows.
    harness.get_by_label_contains("Finding, failure, ").click();
    settle(&mut harness);
    let number = |harness: &Shown| window(harness).app().chosen.as_ref().map(|chosen| chosen.number);
    for (key, wanted) in [(Key::ArrowDown, 1), (Key::ArrowDown, 2), (Key::ArrowUp, 1), (Key::Home, 0), (Key::Enter, 0)]
    {
        press(&mut harness, key);
        assert_eq!(number(&harness), Some(wanted), "{key:?}");
    }
    assert_eq!(user(&harness), "anna@contoso.com");
    harness.key_press_modifiers(Modifiers::SHIFT, Key::F7);
    settle(&mut harness);
    assert_eq!(user(&harness), "anna@contoso.com", "there is none before the first");
    harness.get_by_label("Leave the finding").click();
    settle(&mut harness);
    assert_eq!(user(&harness), "");
}

#[test]
fn evidence_that_the_filter_hides_is_shown_all_the_same() {
    let mut harness = open_refused(Theme::Dark, [1280.0, 800.0]);
    type_into(&mut harness, Key::U, "carla@contoso.com");
    harness.key_press(Key::Escape);
    settle(&mut harness);
    harness.get_by_label_contains("Finding, failure, ").click();
    settle(&mut harness);
    assert_eq!(query_text(&harness), "");
    assert!(window(&harness).app().selected_place().is_some(), "what decides is selected and listed");
    // A filter that shows the evidence stays.
    press(&mut harness, Key::Escape);
    type_into(&mut harness, Key::U, "anna@contoso.com");
    harness.key_press(Key::Escape);
    settle(&mut harness);
    press(&mut harness, Key::F7);
    assert_eq!(query_text(&harness), "uri:anna@contoso.com");
    press(&mut harness, Key::Escape);
    assert_eq!(query_text(&harness), "uri:anna@contoso.com", "Escape leaves the finding first");
    press(&mut harness, Key::Escape);
    assert_eq!(query_text(&harness), "");
}

#[test]
fn what_is_normal_is_folded_under_one_row() {
    let mut harness = open_refused(Theme::Dark, [1280.0, 1400.0]);
    assert!(harness.query_by_label_contains("Finding, normal").is_none());
    harness.get_by_label_contains("normal things explained").click();
    settle(&mut harness);
    let first = harness.get_by_label_contains("Finding, normal, The first 401 is normal");
    assert!(label(&first).contains("3 people"), "said once about all of them");
    first.click();
    settle(&mut harness);
    harness.get_by_label_contains("First challenge of a sign-in: normal");
    harness.get_by_label_contains("normal things explained").click();
    settle(&mut harness);
    assert!(harness.query_by_label_contains("Finding, normal").is_none());
}

#[test]
fn what_is_normal_is_walked_to_where_nothing_fails() {
    let mut harness = open(Theme::Dark, [1280.0, 800.0], &[Path::new("sample-logs/healthy-ntlm")]);
    press(&mut harness, Key::F7);
    assert!(harness.query_all_by_label_contains("Finding, ").count() > 1);
    assert!(window(&harness).app().card().is_some());
    // Its row opens for it, and may be folded all the same.
    harness.get_by_label_contains("normal things explained").click();
    settle(&mut harness);
    assert_eq!(harness.query_all_by_label_contains("Finding, ").count(), 0);
}

#[test]
fn people_say_how_it_went_and_filter() {
    let mut harness = open_refused(Theme::Dark, [1280.0, 1400.0]);
    let all = shown(&harness);
    harness.get_by_label("Person ben@contoso.com, last signed in, 2 attempts, 1 failed");
    let anna = "Person anna@contoso.com, last refused, 2 attempts, 2 failed";
    harness.get_by_label(anna).click();
    settle(&mut harness);
    assert_eq!(query_text(&harness), "uri:anna@contoso.com");
    assert!(shown(&harness) < all);
    harness.get_by_label(anna).click();
    settle(&mut harness);
    assert_eq!((query_text(&harness), shown(&harness)), ("", all));
}

#[test]
fn servers_are_counted_and_filter() {
    let mut harness = incident(Theme::Dark);
    only_section(&mut harness, "Servers");
    let server = harness.get_by_label_contains("Server EDGE01, ");
    let said = label(&server);
    server.click();
    settle(&mut harness);
    assert_eq!(query_text(&harness), "machine:EDGE01");
    assert_eq!(said, format!("Server EDGE01, {} messages", shown(&harness)));
}

#[test]
fn a_code_is_explained_with_its_meaning_and_what_to_check() {
    let mut harness = incident(Theme::Dark);
    type_into(&mut harness, Key::F, "diag:28032");
    harness.key_press(Key::Escape);
    settle(&mut harness);
    harness.get_all_by_label_contains("code 28032, failure").next().expect("a refusal").click();
    settle(&mut harness);
    let known = uccello::diagnosis::knowledge::Knowledge::built_in().explain_code(28032, None);
    harness.get_by_label(&known.meaning);
    assert!(harness.query_by_label("Likely causes").is_none(), "the text of the message comes first");
    harness.get_by_label_contains("X-MS-Server-Fqdn: ");
    press(&mut harness, Key::E);
    assert!(harness.query_by_label_contains("X-MS-Server-Fqdn: ").is_none());
    harness.get_by_label("Likely causes");
    harness.get_by_label_contains(known.causes.first().expect("causes"));
    harness.get_by_label_contains(known.sureness.in_words());
    harness.get_by_label("Text").click();
    settle(&mut harness);
    harness.get_by_label_contains("X-MS-Server-Fqdn: ");
}

#[test]
fn authentication_is_decoded() {
    let mut harness = open(Theme::Dark, [1280.0, 800.0], &[Path::new("sample-logs/healthy-ntlm")]);
    harness.get_all_by_label_contains("REGISTER contoso.com, request").nth(2).expect("the last token").click();
    settle(&mut harness);
    harness.get_by_label_contains("Last token of the NTLM handshake");
    press(&mut harness, Key::E);
    harness.get_by_label("The client sends NTLM");
    harness.get_by_label("Workstation");
}

#[test]
fn nothing_fails_and_no_sign_in_say_what_was_looked_at() {
    let harness = open(Theme::Dark, [1280.0, 800.0], &[Path::new("sample-logs/healthy-ntlm")]);
    harness.get_by_label("Nothing fails");
    harness.get_by_label_contains("Looked at 1 sign-in attempt of 1 person");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("quiet.UccApilog");
    std::fs::write(&path, "11/20/2024|14:21:21.071 2A10:C74 INFO  :: nothing to see\r\n".repeat(3)).expect("a log");
    let harness = open(Theme::Dark, [1280.0, 800.0], &[&path]);
    harness.get_by_label("No sign-in in this log");
    harness.get_by_label_contains("Nothing fails in what is there. Looked at ");
}

#[test]
fn a_diagnosis_that_breaks_off_says_so_and_leaves_list_and_ladder() {
    let mut harness = start_with(Theme::Dark, [1280.0, 800.0], &[Path::new(INCIDENT)], |around| Around {
        diagnose: Arc::new(|_| std::panic::resume_unwind(Box::new("a mistake in a rule"))),
        ..around
    });
    settle(&mut harness);
    harness.get_by_label("Diagnosing stopped");
    harness.get_by_label_contains("the list and the ladder are still complete");
    assert!(harness.query_by_label_contains(" so far").is_none());
    assert!(harness.query_by_label_contains("Looking for what fails").is_none());
    assert!(shown(&harness) > 600);
    harness.get_all_by_label_contains("REGISTER contoso.com, request").next().expect("a row").click();
    settle(&mut harness);
    assert!(!window(&harness).app().ladder.arrows.is_empty());
}

#[test]
fn findings_of_a_log_that_is_still_read_are_so_far() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("long.txt");
    let once = std::fs::read("sample-logs/external-sign-in/fe01-cls.txt").expect("a sample");
    std::fs::write(&path, once.repeat((24 << 20) / once.len())).expect("a long trace");
    let mut harness = start(Theme::Dark, [1280.0, 800.0], &[&path]);
    harness.get_by_label("Looking for what fails…");
    harness.get_by_label_contains("Findings  so far");
    settle(&mut harness);
    assert!(harness.query_by_label_contains(" so far").is_none());
    assert!(window(&harness).app().findings.is_some());
}

#[test]
fn a_finding_grows_with_a_log_that_is_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("anna-UccApi-0.UccApilog");
    let log = client_log("anna@contoso.com", &[false, false]);
    let half = log
        .find("Call-ID: 0001")
        .and_then(|at| log.get(..at)?.rfind("11/20/2024|10:00:07.100 2A10:C74 INFO  :: Sending"));
    let half = half.expect("the second attempt");
    std::fs::write(&path, &log[..half]).expect("a log");
    std::fs::write(folder.path().join("zoe-UccApi-0.UccApilog"), client_log("zoe@contoso.com", &[false]))
        .expect("a log");
    let mut harness = open(Theme::Dark, [1280.0, 1400.0], &[folder.path()]);
    // Zoe's log stands behind the one that grows: the rows that prove her finding move.
    harness.get_by_label_contains("Finding, failure, The server refused the credentials of zoe").click();
    settle(&mut harness);
    let selected = |harness: &Shown| {
        let detail = window(harness).app().detail.clone().expect("a selected message");
        (detail.entry.file.clone(), detail.entry.offset)
    };
    let was = selected(&harness);
    let mut file = std::fs::File::options().append(true).open(&path).expect("the log");
    std::io::Write::write_all(&mut file, &log.as_bytes()[half..]).expect("more");
    wait_for(
        &mut harness,
        "credentials of anna@contoso.com, anna@contoso.com, 10:00:05.100 to 10:00:12.100, failed 2 times",
    );
    settle(&mut harness);
    assert_eq!(selected(&harness), was);
    assert_eq!(marked(&harness), 2, "the same messages are marked");
    assert_eq!(window(&harness).app().card().map(|card| card.user.as_str()), Some("zoe@contoso.com"));
}

#[test]
fn pictures_of_findings() {
    let mut results = egui_kittest::SnapshotResults::new();
    for (theme, name) in support::THEMES {
        picture(&mut results, open_refused(theme, [1280.0, 800.0]), &format!("findings_{name}"));
        let mut chosen = open_refused(theme, [1280.0, 800.0]);
        chosen.key_press(Key::F7);
        settle(&mut chosen);
        picture(&mut results, chosen, &format!("finding_{name}"));
        let mut wide = open(theme, [1920.0, 1080.0], &[Path::new(INCIDENT)]);
        wide.key_press(Key::F7);
        settle(&mut wide);
        press(&mut wide, Key::E);
        picture(&mut results, wide, &format!("finding_wide_{name}"));
        picture(&mut results, incident(theme), &format!("findings_incident_{name}"));
        let mut ticket = incident(theme);
        press(&mut ticket, Key::F7);
        picture(&mut results, ticket, &format!("finding_incident_{name}"));
        for (log, what) in [("wrong-password", "password"), ("federation-certificate", "federation")] {
            let mut other = open(theme, [1280.0, 800.0], &[&Path::new("sample-logs").join(log)]);
            press(&mut other, Key::F7);
            picture(&mut results, other, &format!("finding_{what}_{name}"));
        }
        let mut more = open(theme, [1280.0, 1100.0], &[Path::new(INCIDENT)]);
        press(&mut more, Key::F7);
        more.get_by_label("More about the finding").click();
        settle(&mut more);
        picture(&mut results, more, &format!("finding_more_{name}"));
        let mut small = open(theme, [1024.0, 700.0], &[Path::new(INCIDENT)]);
        press(&mut small, Key::F7);
        picture(&mut results, small, &format!("finding_small_{name}"));
        let fine = open(theme, [1280.0, 800.0], &[Path::new("sample-logs/healthy-ntlm")]);
        picture(&mut results, fine, &format!("nothing_fails_{name}"));
    }
}
