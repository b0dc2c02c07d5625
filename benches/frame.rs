//! What a frame of the message list costs at fifty million rows: layout and tessellation on the CPU,
//! without a window.
//!
//! ```text
//! cargo bench --bench frame
//! ```

use std::time::{Duration, Instant};
use uccello::window::rows::{Column, Columns, Rows, RowsState, paint_cell};
use uccello::window::theme;

const ROWS: u64 = 50_000_000;
const FRAMES: usize = 300;

fn main() {
    let ctx = egui::Context::default();
    theme::install(&ctx);
    let mut state = RowsState::default();
    let columns = ["Time", "Since", "From → to", "Seen at", "Code", "Message"].map(|title| Column::new(title, 150.0));
    let mut columns = Columns::new(columns.to_vec());
    let mut times = Vec::new();
    for frame in 0..FRAMES + 20 {
        // Every frame shows other rows: no text of the frame before can be used again.
        state.select((frame as u64 * 7_919_191) % ROWS);
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 1000.0))),
            time: Some(frame as f64 / 60.0),
            ..Default::default()
        };
        let start = Instant::now();
        let output = ctx.run_ui(input, |ui| {
            columns.header_ui(ui);
            Rows::new("Messages", ROWS).show(ui, &mut state, |ui, row, rect, state| {
                let text = format!("REGISTER sip:contoso.com SIP/2.0 {row}");
                for cell in columns.cells(rect) {
                    paint_cell(ui, cell, &text, state.text(theme::of(ui)), theme::body_font());
                }
                text
            });
        });
        let shapes = ctx.tessellate(output.shapes.clone(), output.pixels_per_point);
        let cost = start.elapsed();
        std::hint::black_box(shapes);
        output.drop_without_applying_deltas();
        if frame >= 20 {
            times.push(cost);
        }
    }
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    println!(
        "a frame of the list at {ROWS} rows, 6 cells a row: median {:.2} ms, slowest of {FRAMES} {:.2} ms",
        ms(times[times.len() / 2]),
        ms(times[times.len() - 1])
    );
}
