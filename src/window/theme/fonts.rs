//! The fonts of the window: which ones, how large, and made so that a trace stands in them as it was written.

use egui::{FontData, FontDefinitions, FontFamily, FontId};
use std::sync::Arc;

const BODY_SIZE_PT: f32 = 13.0;
const SMALL_SIZE_PT: f32 = 11.5;
pub(super) const HEADING_SIZE_PT: f32 = 16.0;
const MONO_SIZE_PT: f32 = 12.5;

pub(super) const SEMIBOLD: &str = "semibold";

/// Text of lists, buttons, sentences.
#[must_use]
pub fn body_font() -> FontId {
    FontId::proportional(BODY_SIZE_PT)
}

/// Words that lead: names of lanes, start lines, findings.
#[must_use]
pub fn strong_font() -> FontId {
    FontId::new(BODY_SIZE_PT, FontFamily::Name(SEMIBOLD.into()))
}

/// Column titles, counts, hints.
#[must_use]
pub fn small_font() -> FontId {
    FontId::proportional(SMALL_SIZE_PT)
}

/// Column titles and badges.
#[must_use]
pub fn small_strong_font() -> FontId {
    FontId::new(SMALL_SIZE_PT, FontFamily::Name(SEMIBOLD.into()))
}

/// Text of the log itself, times, numbers that stand under each other.
#[must_use]
pub fn mono_font() -> FontId {
    FontId::monospace(MONO_SIZE_PT)
}

/// Commands beside sentences, which look as large as these.
#[must_use]
pub fn mono_small_font() -> FontId {
    FontId::monospace(SMALL_SIZE_PT)
}

pub(super) fn fonts() -> FontDefinitions {
    const INTER: &[u8] = include_bytes!("../../../assets/fonts/Inter-Regular.otf");
    const INTER_SEMIBOLD: &[u8] = include_bytes!("../../../assets/fonts/Inter-SemiBold.otf");
    const JETBRAINS_MONO: &[u8] = include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf");
    let mut fonts = FontDefinitions::default();
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let ours = [
        (FontFamily::Proportional, "Inter", INTER),
        (FontFamily::Monospace, "JetBrains Mono", JETBRAINS_MONO),
        (FontFamily::Name(SEMIBOLD.into()), "Inter SemiBold", INTER_SEMIBOLD),
    ];
    for (family, name, data) in ours {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_owned(without_ligatures(data))));
        fonts.families.entry(family).or_insert_with(|| fallback.clone()).insert(0, name.to_owned());
    }
    fonts
}

/// The font without its contextual alternates (`calt`): in a trace `</` and `->` are two characters.
///
/// egui asks a font for all it offers and cannot be told otherwise, so the feature's tag in the copy in
/// memory becomes one that nobody asks for (OpenType, `GSUB`, feature list). Anything unexpected leaves
/// the font as it is.
fn without_ligatures(font: &[u8]) -> Vec<u8> {
    let mut font = font.to_vec();
    for at in contextual_tags(&font).unwrap_or_default() {
        if let Some(tag) = font.get_mut(at..at + 4) {
            tag.copy_from_slice(b"zzzz");
        }
    }
    font
}

/// Where the tag `calt` stands in the feature list of a font's `GSUB` table.
fn contextual_tags(font: &[u8]) -> Option<Vec<usize>> {
    let short = |at: usize| Some(usize::from(u16::from_be_bytes(font.get(at..at + 2)?.try_into().ok()?)));
    let long = |at: usize| usize::try_from(u32::from_be_bytes(font.get(at..at + 4)?.try_into().ok()?)).ok();
    let tables = short(4)?;
    let entry = (0..tables).map(|table| 12 + table * 16).find(|&at| font.get(at..at + 4) == Some(b"GSUB"))?;
    let gsub = long(entry + 8)?;
    let list = gsub + short(gsub + 6)?;
    let tags = (0..short(list)?).map(|feature| list + 2 + feature * 6);
    Some(tags.filter(|&at| font.get(at..at + 4) == Some(b"calt")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ligatures_are_found_and_put_away() {
        let fonts = fonts();
        for name in ["Inter", "Inter SemiBold", "JetBrains Mono"] {
            let plain = &fonts.font_data[name].font;
            assert_eq!(contextual_tags((**plain).as_ref()), Some(Vec::new()), "{name}");
        }
        assert_eq!(contextual_tags(b"no font at all"), None);
    }
}
