//! The terminal as scripts meet it: the binary is run, and what it prints is held against the contract.

mod clocks;
mod diagnose;
mod errors;
mod info;
mod ladder;
mod messages;
mod own_tables;
mod packed;
mod pasted;
mod raw;
mod redact;
mod report;

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};

const SAMPLES: &str = "sample-logs";
const STORY: &str = "sample-logs/external-sign-in";
const ANNA: &str = "sample-logs/external-sign-in/anna-UccApi-0.UccApilog";
const BEN: &str = "sample-logs/external-sign-in/ben-UccApi-0.UccApilog";
const SERVER: &str = "sample-logs/external-sign-in/fe01-cls.txt";
const EDGE: &str = "sample-logs/ocs2007r2-edge.txt";
const PASTED: &str = "sample-logs/pasted-register-401.txt";
const REPORT: &str = "sample-logs/sign-in-report.txt";

/// What a run of the program left behind.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs the program where there is no display, in the folder of the project.
fn uccello<S: AsRef<str>>(arguments: &[S]) -> Run {
    // Whoever runs the tests may have tables of their own.
    uccello_of(Path::new(env!("CARGO_TARGET_TMPDIR")), arguments)
}

/// Runs the program of a user whose data are in a folder.
fn uccello_of<S: AsRef<str>>(data: &Path, arguments: &[S]) -> Run {
    let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    let output = Command::new(env!("CARGO_BIN_EXE_uccello"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .env("XDG_DATA_HOME", data)
        .args(arguments)
        .output()
        .expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program prints UTF-8");
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

impl Run {
    /// The output of a run that must have succeeded.
    fn printed(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.err);
        self.out
    }

    /// The one sentence of a run that must have failed and printed nothing.
    fn refusal(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(2), ""), "{}", self.err);
        assert_eq!(self.err.lines().count(), 1, "one sentence is expected: {}", self.err);
        assert!(self.err.starts_with("uccello: "), "{}", self.err);
        self.err
    }
}

/// The objects that `messages --format ndjson` prints.
fn objects(arguments: &[&str]) -> Vec<Value> {
    let all: Vec<&str> = ["messages", "--format", "ndjson"].iter().chain(arguments).copied().collect();
    let printed = uccello(&all).printed();
    printed.lines().map(|line| serde_json::from_str(line).expect("each line is an object of its own")).collect()
}

/// A field of an object as text, without the quotes of a string.
fn field(object: &Value, name: &str) -> String {
    let value = object.get(name).unwrap_or_else(|| panic!("{name} is missing in {object}"));
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(object: &Value, name: &str) -> u64 {
    object.get(name).and_then(Value::as_u64).unwrap_or_else(|| panic!("{name} is no number in {object}"))
}

/// A folder that is gone after the test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Writes a file, and gives its path as an argument.
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("a file in a temporary folder");
        argument(&path)
    }

    fn path(&self) -> String {
        argument(self.0.path())
    }
}

fn argument(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

/// The bytes of a file of the project.
fn read(path: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

#[test]
fn without_a_display_the_traces_are_answered_for_in_the_terminal() {
    let run = uccello(&[BEN]);
    assert!(run.err.contains("no display") && run.err.lines().count() == 1, "it says why no window came: {}", run.err);
    let printed = run.printed();
    assert!(printed.contains("ben-UccApi-0.UccApilog"), "it says what was opened: {printed}");
    assert!(printed.contains("REGISTER") && printed.contains("200 OK"), "it draws the exchange: {printed}");
    assert!(printed.contains("\nNothing fails\n"), "it says what is wrong: {printed}");
}

#[test]
fn without_a_display_and_without_a_trace_there_is_nothing_to_answer() {
    let refusal = uccello::<&str>(&[]).refusal();
    assert!(refusal.contains("no display") && refusal.contains("name a trace"), "{refusal}");
}
