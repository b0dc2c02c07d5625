//! What the window's tests share: a harness with our fonts and themes, painted by the CPU.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod refused;
mod soft;

pub use self::soft::SoftRenderer;

use egui::{Theme, Ui, UiBuilder, Vec2};
use egui_kittest::{Harness, HarnessBuilder};
use uccello::window::theme;

/// Both themes, with the name their pictures carry.
pub const THEMES: [(Theme, &str); 2] = [(Theme::Light, "light"), (Theme::Dark, "dark")];

/// A builder with our fonts, the theme and the CPU renderer; for whole apps (`build_eframe`) as well.
pub fn builder<State>(theme: Theme, size: impl Into<Vec2>) -> HarnessBuilder<State> {
    Harness::<State>::builder()
        .with_size(size)
        .with_theme(theme)
        .with_render_cursor(false)
        // Short steps, so that two clicks can be a double click.
        .with_step_dt(0.05)
        .with_max_steps(40)
        .with_context_setup(move |ctx| {
            theme::install(ctx);
            ctx.set_theme(theme);
        })
        .renderer(SoftRenderer::default())
}

/// A harness around one piece of the window, on the ground it stands on, without margins.
pub fn harness<'a, State: 'a>(
    theme: Theme,
    size: impl Into<Vec2>,
    state: State,
    mut show: impl FnMut(&mut Ui, &mut State) + 'a,
) -> Harness<'a, State> {
    builder(theme, size).build_ui_state(
        move |ui, state| {
            // kittest keeps a margin of its own; ours starts at the very corner.
            let all = ui.ctx().content_rect();
            let mut ui = ui.new_child(UiBuilder::new().max_rect(all));
            ui.set_clip_rect(all);
            ui.painter().rect_filled(all, 0.0, theme::of(&ui).window);
            show(&mut ui, state);
        },
        state,
    )
}
