//! Colours, fonts and sizes: one table for the light and one for the dark window.
//!
//! The only place where a colour is written down as a number. Everything else asks for a role
//! ([`Tokens`]), so that both themes stay complete and every text keeps its contrast (WCAG 2.2, AA: the
//! tests below compute it for each role on each ground it stands on). Draws nothing itself.

mod colors;
mod fonts;

pub use self::fonts::{body_font, mono_font, mono_small_font, small_font, small_strong_font, strong_font};

use self::colors::{DARK, LIGHT};
use self::fonts::{HEADING_SIZE_PT, SEMIBOLD, fonts};
use egui::style::{Selection, WidgetVisuals, Widgets};
use egui::{
    Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Theme, Ui, Visuals, vec2,
};

/// Height of one row of the message list.
pub const ROW_HEIGHT_PT: f32 = 22.0;
/// Height of the row of column titles.
pub const HEADER_HEIGHT_PT: f32 = 24.0;
/// Blank at either side of the text of a cell.
pub const CELL_PADDING_PT: f32 = 8.0;
/// Width of a list's own scroll bar.
pub const SCROLL_BAR_WIDTH_PT: f32 = 12.0;
/// Height of the timeline strip with its labels.
pub const TIMELINE_HEIGHT_PT: f32 = 56.0;
/// The grid all other distances are multiples of.
pub const GRID_PT: f32 = 4.0;
/// Corner radius of buttons, fields and thumbs.
pub const CORNER_RADIUS_PT: u8 = 5;
/// Width of the bar at the left of the selected row.
pub const SELECTION_BAR_PT: f32 = 3.0;

/// What a message is, as far as its colour goes. A challenge is a state, not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tone {
    /// Neither request nor response: an event, a trace line.
    Neutral,
    Request,
    /// A provisional response, 1xx.
    Provisional,
    Success,
    /// A response that asks for credentials: 401, 407.
    Challenge,
    /// A refusal or another final failure.
    Failure,
}

impl Tone {
    /// All tones, in the order of rising attention.
    pub const ALL: [Self; 6] =
        [Self::Neutral, Self::Request, Self::Provisional, Self::Success, Self::Challenge, Self::Failure];

    /// The tone of a response, SIP or HTTP. A redirect is provisional: more follows elsewhere.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            401 | 407 => Self::Challenge,
            200..=299 => Self::Success,
            100..=199 | 300..=399 => Self::Provisional,
            _ => Self::Failure,
        }
    }

    /// The sign that says the same as the colour. All stand in both bundled fonts.
    #[must_use]
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Neutral => "·",
            Self::Request => "→",
            Self::Provisional => "◦",
            Self::Success => "✓",
            Self::Challenge => "◆",
            Self::Failure => "✗",
        }
    }
}

/// The colours of one [`Tone`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToneColors {
    /// Text and glyphs, on panels, stripes, hovered and selected rows, and on `soft`.
    pub text: Color32,
    /// A quiet background, for badges and rows that stand out.
    pub soft: Color32,
}

/// The colours of a message's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syntax {
    pub start_line: Color32,
    pub header_name: Color32,
    pub important_name: Color32,
    pub value: Color32,
    pub address: Color32,
    pub number: Color32,
    pub quoted: Color32,
    /// Parameter names and signs between the parts of a value.
    pub parameter: Color32,
    pub diagnostics: Color32,
    pub diagnostics_background: Color32,
    pub body: Color32,
    /// What the trace says before the message.
    pub prefix: Color32,
}

/// The colours of the ladder. Arrows take their [`Tone`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ladder {
    pub lane_line: Color32,
    pub lane_text: Color32,
    pub label: Color32,
    pub note: Color32,
    pub note_background: Color32,
}

/// The colours of the timeline strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    pub all: Color32,
    pub challenge: Color32,
    pub failure: Color32,
    /// The chosen range, and the line of the selected message.
    pub range: Color32,
    /// Laid over what is not in the chosen range.
    pub outside: Color32,
    pub cursor: Color32,
}

/// The colour of every role, for one theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    pub dark: bool,
    /// Bars around the content.
    pub window: Color32,
    /// Lists and texts.
    pub panel: Color32,
    /// Menus, tooltips, dialogs.
    pub raised: Color32,
    /// Text fields.
    pub field: Color32,
    /// The row of column titles.
    pub header: Color32,
    pub hairline: Color32,
    pub hairline_strong: Color32,
    pub text_strong: Color32,
    pub text: Color32,
    pub text_weak: Color32,
    pub accent: Color32,
    /// Text on `accent`.
    pub on_accent: Color32,
    /// The selected row of the list that has the keyboard.
    pub selection: Color32,
    /// The selected row of other lists.
    pub selection_resting: Color32,
    pub selection_text: Color32,
    pub selection_text_weak: Color32,
    pub hover: Color32,
    pub stripe: Color32,
    /// Hits of a search, laid behind the text.
    pub search_hit: Color32,
    pub button: Color32,
    pub button_hover: Color32,
    pub button_pressed: Color32,
    pub thumb: Color32,
    pub thumb_hover: Color32,
    pub thumb_pressed: Color32,
    pub shadow: Color32,
    tones: [ToneColors; 6],
    pub syntax: Syntax,
    pub ladder: Ladder,
    pub timeline: Timeline,
}

impl Tokens {
    /// The colours of a tone.
    #[must_use]
    pub const fn tone(&self, tone: Tone) -> ToneColors {
        self.tones[tone as usize]
    }
}

/// The table of a theme.
#[must_use]
pub fn tokens(dark: bool) -> &'static Tokens {
    if dark { &DARK } else { &LIGHT }
}

/// The table of the theme `ui` is painted in.
#[must_use]
pub fn of(ui: &Ui) -> &'static Tokens {
    tokens(ui.visuals().dark_mode)
}

/// Fonts and both styles. Call once, before the first frame. Which theme is shown stays as it was chosen;
/// at first the system's.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    for (theme, table) in [(Theme::Light, &LIGHT), (Theme::Dark, &DARK)] {
        ctx.set_visuals_of(theme, visuals(table));
        ctx.style_mut_of(theme, shape);
    }
}

/// What both themes share: sizes of text, distances.
fn shape(style: &mut Style) {
    style.text_styles = [
        (TextStyle::Small, small_font()),
        (TextStyle::Body, body_font()),
        (TextStyle::Button, body_font()),
        (TextStyle::Monospace, mono_font()),
        (TextStyle::Heading, FontId::new(HEADING_SIZE_PT, FontFamily::Name(SEMIBOLD.into()))),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(GRID_PT * 2.0, GRID_PT);
    spacing.button_padding = vec2(10.0, 4.0);
    spacing.interact_size.y = 26.0;
    spacing.window_margin = Margin::same(12);
    spacing.menu_margin = Margin::same(6);
    spacing.scroll.bar_width = 8.0;
    spacing.tooltip_width = 420.0;
    style.interaction.selectable_labels = false;
}

fn visuals(tokens: &Tokens) -> Visuals {
    let base = if tokens.dark { Visuals::dark() } else { Visuals::light() };
    let corners = CornerRadius::same(CORNER_RADIUS_PT);
    let widget = |fill: Color32, edge: Color32, ink: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, edge),
        corner_radius: corners,
        fg_stroke: Stroke::new(1.0, ink),
        expansion: 0.0,
    };
    Visuals {
        widgets: Widgets {
            noninteractive: widget(tokens.panel, tokens.hairline, tokens.text),
            inactive: widget(tokens.button, tokens.hairline_strong, tokens.text),
            hovered: widget(tokens.button_hover, tokens.hairline_strong, tokens.text_strong),
            active: widget(tokens.button_pressed, tokens.accent, tokens.text_strong),
            open: widget(tokens.button_pressed, tokens.hairline_strong, tokens.text_strong),
        },
        selection: Selection { bg_fill: tokens.selection, stroke: Stroke::new(1.0, tokens.accent) },
        weak_text_color: Some(tokens.text_weak),
        hyperlink_color: tokens.accent,
        faint_bg_color: tokens.stripe,
        extreme_bg_color: tokens.field,
        text_edit_bg_color: Some(tokens.field),
        code_bg_color: tokens.header,
        warn_fg_color: tokens.tone(Tone::Challenge).text,
        error_fg_color: tokens.tone(Tone::Failure).text,
        window_fill: tokens.raised,
        window_stroke: Stroke::new(1.0, tokens.hairline_strong),
        window_corner_radius: CornerRadius::same(8),
        menu_corner_radius: CornerRadius::same(6),
        window_shadow: Shadow { offset: [0, 8], blur: 24, spread: 0, color: tokens.shadow },
        popup_shadow: Shadow { offset: [0, 4], blur: 12, spread: 0, color: tokens.shadow },
        panel_fill: tokens.window,
        ..base
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, WCAG 2.2.
    fn luminance(color: Color32) -> f64 {
        let [red, green, blue, _] = color.to_array().map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: Color32, other: Color32) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn check(theme: &str, wanted: f64, inks: &[(&str, Color32)], grounds: &[(&str, Color32)]) -> Vec<String> {
        let pairs = inks.iter().flat_map(|ink| grounds.iter().map(move |ground| (ink, ground)));
        pairs
            .filter_map(|((ink, color), (ground, under))| {
                let found = contrast(*color, *under);
                (found < wanted).then(|| format!("{theme}: {ink} on {ground} has {found:.2}, not {wanted}"))
            })
            .collect()
    }

    #[test]
    fn every_text_reaches_aa_on_every_ground_it_stands_on() {
        let mut poor = Vec::new();
        for (theme, t) in [("light", &LIGHT), ("dark", &DARK)] {
            let grounds = [
                ("window", t.window),
                ("panel", t.panel),
                ("raised", t.raised),
                ("field", t.field),
                ("header", t.header),
                ("hover", t.hover),
                ("stripe", t.stripe),
                ("button", t.button),
                ("button hover", t.button_hover),
            ];
            let chosen = [("selection", t.selection), ("resting selection", t.selection_resting)];
            let texts = [("strong", t.text_strong), ("text", t.text), ("weak", t.text_weak), ("accent", t.accent)];
            poor.extend(check(theme, 4.5, &texts, &grounds));
            let on_chosen = [("selection text", t.selection_text), ("weak selection text", t.selection_text_weak)];
            poor.extend(check(theme, 4.5, &on_chosen, &chosen));
            poor.extend(check(theme, 4.5, &[("on accent", t.on_accent)], &[("accent", t.accent)]));
            for tone in Tone::ALL {
                let ToneColors { text, soft } = t.tone(tone);
                let name = format!("{tone:?}");
                let ink = [(name.as_str(), text)];
                poor.extend(check(theme, 4.5, &ink, &grounds));
                poor.extend(check(theme, 4.5, &ink, &chosen));
                poor.extend(check(theme, 4.5, &ink, &[("its soft ground", soft)]));
                poor.extend(check(theme, 4.5, &texts[..3], &[(name.as_str(), soft)]));
            }
            let s = &t.syntax;
            let parts = [
                ("start line", s.start_line),
                ("header name", s.header_name),
                ("important name", s.important_name),
                ("value", s.value),
                ("address", s.address),
                ("number", s.number),
                ("quoted", s.quoted),
                ("parameter", s.parameter),
                ("diagnostics", s.diagnostics),
            ];
            let under = [("panel", t.panel), ("diagnostics", s.diagnostics_background), ("header", t.header)];
            poor.extend(check(theme, 4.5, &parts, &under));
            poor.extend(check(theme, 4.5, &[("body", s.body), ("prefix", s.prefix)], &under));
            poor.extend(check(theme, 4.5, &parts[..8], &[("search hit", t.search_hit)]));
            let l = &t.ladder;
            poor.extend(check(theme, 4.5, &[("lane", l.lane_text), ("label", l.label)], &grounds));
            poor.extend(check(theme, 4.5, &[("note", l.note)], &[("note", l.note_background)]));
            // Signs that are not text: 3 to 1.
            let line = &t.timeline;
            let signs = [("failure bar", line.failure), ("cursor", line.cursor), ("range", line.range)];
            poor.extend(check(theme, 3.0, &signs, &[("window", t.window), ("panel", t.panel)]));
        }
        assert!(poor.is_empty(), "{}", poor.join("\n"));
    }

    #[test]
    fn signs_stand_in_the_bundled_fonts_themselves() {
        let mut definitions = fonts();
        for names in definitions.families.values_mut() {
            names.truncate(1);
        }
        let mut fonts = egui::epaint::text::Fonts::new(egui::epaint::TextOptions::default(), definitions);
        for font in [body_font(), strong_font(), mono_font()] {
            for sign in Tone::ALL.map(Tone::glyph).into_iter().chain(["→", "←", "…", "▲", "▼", "–"]) {
                assert!(fonts.has_glyphs(&font, sign), "{sign} in {font:?}");
            }
        }
    }

    #[test]
    fn tones_differ_by_sign_and_by_word() {
        let mut signs = Tone::ALL.map(Tone::glyph).to_vec();
        signs.sort_unstable();
        signs.dedup();
        assert_eq!(signs.len(), Tone::ALL.len());
    }
}
