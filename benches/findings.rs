//! What a frame of the window costs with thousands of findings beside the list: layout and tessellation of all panels
//! on the CPU, without a window.
//!
//! ```text
//! cargo bench --bench findings
//! ```

#[path = "../tests/support/refused.rs"]
#[allow(dead_code, reason = "tests use the rest")]
mod refused;

use std::time::{Duration, Instant};
use uccello::cli::Input;
use uccello::window::{Window, theme};

/// People who are refused, each in two findings.
const PEOPLE: u64 = 10_000;
const FRAMES: usize = 300;
const SIZE: egui::Vec2 = egui::vec2(1280.0, 800.0);
/// Over the cards.
const POINTER: egui::Pos2 = egui::pos2(120.0, 400.0);

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("refused-UccApi-0.UccApilog");
    let log: String = (0..PEOPLE)
        .map(|number| refused::client_log_from(number * 600, 100, &format!("user{number}@contoso.com"), &[false]))
        .collect();
    std::fs::write(&path, log).expect("a log");
    let ctx = egui::Context::default();
    theme::install(&ctx);
    let input = Input { files: vec![path], clock: vec![] };
    let mut stage = Stage { window: Window::for_context(&ctx, Some(input)), ctx, time: 0.0 };
    let start = Instant::now();
    while stage.window.app().is_busy() || stage.window.app().findings.is_none() {
        stage.frame(vec![]);
    }
    let findings = stage.window.app().findings.as_ref().map_or(0, |findings| findings.cards.len());
    println!("{findings} findings of {PEOPLE} people after {:.1} s", start.elapsed().as_secs_f64());
    // Beyond the first few, so that all are shown.
    for _ in 0..14 {
        let key = |pressed| egui::Event::Key {
            key: egui::Key::F7,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers: egui::Modifiers::NONE,
        };
        let slowest = stage.frame(vec![key(true), key(false)]);
        if slowest > Duration::from_millis(20) {
            println!("a frame in which a finding was chosen took {:.1} ms", ms(slowest));
        }
    }
    while stage.window.app().is_busy() {
        stage.frame(vec![]);
    }
    stage.frame(vec![egui::Event::PointerMoved(POINTER)]);
    let wheel = |delta| egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, delta),
        modifiers: egui::Modifiers::NONE,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
    };
    let mut times: Vec<Duration> = (0..FRAMES).map(|_| stage.frame(vec![wheel(-2_000.0)])).collect();
    times.sort();
    println!(
        "a frame of the whole window while the cards are scrolled: median {:.2} ms, slowest of {FRAMES} {:.2} ms",
        ms(times[times.len() / 2]),
        ms(times[times.len() - 1])
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

struct Stage {
    window: Window,
    ctx: egui::Context,
    time: f64,
}

impl Stage {
    /// One frame, and what it cost.
    fn frame(&mut self, events: Vec<egui::Event>) -> Duration {
        self.time += 1.0 / 60.0;
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, SIZE)),
            time: Some(self.time),
            events,
            ..Default::default()
        };
        let start = Instant::now();
        let output = self.ctx.run_ui(input, |ui| self.window.panels(ui));
        let shapes = self.ctx.tessellate(output.shapes.clone(), output.pixels_per_point);
        let cost = start.elapsed();
        std::hint::black_box(shapes);
        output.drop_without_applying_deltas();
        cost
    }
}
