//! The program in a real window, as a person would use it: started with the sample incident, an address
//! typed into the SIP URI box, a message clicked, a code clicked.
//!
//! Needs an X display, `xdotool` and ImageMagick's `import`, so plain `cargo test` passes over it:
//! `xvfb-run -s "-screen 0 1280x800x24" cargo test --test real_window`. The pictures are kept in
//! `target/tmp/real-window/`.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

struct Program {
    child: Child,
    window: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Starts the program with its settings in a folder of the test, and waits for its window.
    fn start(inputs: &[&str]) -> Self {
        assert!(std::env::var_os("DISPLAY").is_some(), "this test needs a display: run it under xvfb-run");
        let settings = pictures().join("settings");
        let _ = std::fs::remove_dir_all(&settings);
        std::fs::create_dir_all(&settings).expect("a folder for settings");
        let child = Command::new(env!("CARGO_BIN_EXE_uccello"))
            .args(inputs)
            .env("XDG_DATA_HOME", &settings)
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        let id = child.id().to_string();
        let mut program = Self { child, window: String::new() };
        program.window = until("the window appears", || {
            let found = xdotool(&["search", "--onlyvisible", "--pid", &id]);
            found.lines().last().map(str::to_owned)
        });
        xdotool(&["windowmove", &program.window, "0", "0", "windowsize", &program.window, "1280", "800"]);
        // Keys go nowhere until the window has the focus, which takes a moment.
        until("the window has the keyboard", || {
            xdotool(&["windowfocus", &program.window]);
            (xdotool(&["getwindowfocus"]).trim() == program.window).then_some(())
        });
        program
    }

    fn title(&self) -> String {
        xdotool(&["getwindowname", &self.window]).trim().to_owned()
    }

    /// Waits until the count of shown messages in the title is what is wanted, and gives it.
    fn wait_for_count(&self, is: impl Fn(u64) -> bool) -> u64 {
        until("the count in the title changes", || {
            let title = self.title();
            let count = title.split(" – ").nth(1)?.split(' ').next()?.replace(',', "");
            count.parse().ok().filter(|&count| is(count))
        })
    }

    fn picture(&self, name: &str) {
        let path = pictures().join(name);
        let done = Command::new("import").args(["-window", &self.window]).arg(&path).status();
        assert!(done.expect("ImageMagick is installed").success());
        assert!(path.metadata().is_ok_and(|file| file.len() > 10_000), "a picture of the window");
    }
}

fn pictures() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("real-window");
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    folder
}

fn xdotool(arguments: &[&str]) -> String {
    let output = Command::new("xdotool").args(arguments).output().expect("xdotool is installed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[expect(clippy::disallowed_methods, reason = "another process gives no sign but its window")]
fn pause() {
    std::thread::sleep(Duration::from_millis(200));
}

fn until<T>(what: &str, mut is: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = is() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "{what}, within {PATIENCE:?}");
        pause();
    }
}

/// How many messages the terminal finds for a query: what the window must show too.
fn expected(query: &str) -> u64 {
    let output = Command::new(env!("CARGO_BIN_EXE_uccello"))
        .args(["messages", "sample-logs/external-sign-in", "--format", "ndjson", "--where", query])
        .output()
        .expect("the program runs");
    assert!(output.status.success());
    output.stdout.iter().filter(|&&byte| byte == b'\n').count() as u64
}

#[test]
fn an_address_typed_into_the_box_narrows_the_list_to_that_user() {
    let program = Program::start(&["sample-logs/external-sign-in"]);
    let all = expected("");
    program.wait_for_count(|count| count == all);
    pause();
    program.picture("1-opened.png");

    xdotool(&["key", "ctrl+u"]);
    xdotool(&["type", "--delay", "30", "anna@contoso.com"]);
    let of_anna = expected("uri:anna@contoso.com");
    assert!(of_anna > 0 && of_anna < all);
    program.wait_for_count(|count| count == of_anna);
    pause();
    program.picture("2-one-user.png");

    // A click into the list gives it the keyboard; Down selects the next message.
    xdotool(&["mousemove", "520", "330", "click", "1"]);
    pause();
    xdotool(&["key", "Down"]);
    pause();
    program.picture("3-a-message.png");
    assert_eq!(program.wait_for_count(|_| true), of_anna, "selecting a message filters nothing");

    // Escape clears the filter. A finding is looked at and left again, and filters nothing.
    xdotool(&["key", "Escape"]);
    program.wait_for_count(|count| count == all);
    xdotool(&["mousemove", "100", "200", "click", "1"]);
    pause();
    program.picture("4-a-finding.png");
    xdotool(&["key", "Escape"]);
    pause();
    assert_eq!(program.wait_for_count(|_| true), all);

    // Findings and people are folded; the first code of the side list filters by it.
    for heading in ["150", "179"] {
        xdotool(&["mousemove", "60", heading, "click", "1"]);
        pause();
    }
    xdotool(&["mousemove", "100", "242", "click", "1"]);
    let with_code = program.wait_for_count(|count| count < all);
    assert_eq!(with_code, expected("diag:28032"));
    pause();
    program.picture("5-a-code.png");
}
