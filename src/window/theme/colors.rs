//! The colours of both themes, as numbers.

#![expect(clippy::disallowed_methods, reason = "colours stand here")]

use super::{Ladder, Syntax, Timeline, Tokens, ToneColors};
use egui::Color32;

const fn rgb(hex: u32) -> Color32 {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}

#[expect(clippy::cast_possible_truncation, reason = "at most 255")]
const fn scale(part: u8, alpha: u8) -> u8 {
    (part as u16 * alpha as u16 / 255) as u8
}

/// `alpha` of the colour over what is there (premultiplied).
const fn veil(hex: u32, alpha: u8) -> Color32 {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color32::from_rgba_premultiplied(scale(red, alpha), scale(green, alpha), scale(blue, alpha), alpha)
}

const fn tone(text: u32, soft: u32) -> ToneColors {
    ToneColors { text: rgb(text), soft: rgb(soft) }
}

pub(super) static LIGHT: Tokens = Tokens {
    dark: false,
    window: rgb(0xF2_F4F7),
    panel: rgb(0xFF_FFFF),
    raised: rgb(0xFF_FFFF),
    field: rgb(0xFF_FFFF),
    header: rgb(0xF7_F8FA),
    hairline: rgb(0xE2_E6EC),
    hairline_strong: rgb(0xC6_CDD7),
    text_strong: rgb(0x11_151C),
    text: rgb(0x2A_313C),
    text_weak: rgb(0x59_6473),
    accent: rgb(0x3F_4FC4),
    on_accent: rgb(0xFF_FFFF),
    selection: rgb(0xDC_E3FC),
    selection_resting: rgb(0xE8_EBF2),
    selection_text: rgb(0x11_151C),
    selection_text_weak: rgb(0x4C_5667),
    hover: rgb(0xEE_F1F7),
    stripe: rgb(0xF9_FAFC),
    search_hit: rgb(0xFF_E8A6),
    button: rgb(0xFF_FFFF),
    button_hover: rgb(0xF4_F6FA),
    button_pressed: rgb(0xE6_EAF2),
    thumb: rgb(0xC3_CAD5),
    thumb_hover: rgb(0x9F_A9B8),
    thumb_pressed: rgb(0x7C_8798),
    shadow: veil(0x0D_1420, 36),
    tones: [
        tone(0x56_6170, 0xF0_F2F5),
        tone(0x2F_5180, 0xE9_F0F9),
        tone(0x4F_6178, 0xED_F1F5),
        tone(0x1A_6A3A, 0xE3_F4E9),
        tone(0x85_4D00, 0xFD_F0D6),
        tone(0xB0_221F, 0xFD_E9E7),
    ],
    syntax: Syntax {
        start_line: rgb(0x11_151C),
        header_name: rgb(0x55_6072),
        important_name: rgb(0x2F_42AE),
        value: rgb(0x2A_313C),
        address: rgb(0x0B_6478),
        number: rgb(0x8A_3D86),
        quoted: rgb(0x1D_6B3C),
        parameter: rgb(0x5F_6978),
        diagnostics: rgb(0xA3_1F1C),
        diagnostics_background: rgb(0xFD_EDEB),
        body: rgb(0x2A_313C),
        prefix: rgb(0x59_6473),
    },
    ladder: Ladder {
        lane_line: rgb(0xC6_CDD7),
        lane_text: rgb(0x11_151C),
        label: rgb(0x2A_313C),
        note: rgb(0x4F_5968),
        note_background: rgb(0xF2_F4F7),
    },
    timeline: Timeline {
        all: rgb(0xA9_B8CF),
        challenge: rgb(0xE3_A52B),
        failure: rgb(0xC9_1F24),
        range: rgb(0x3F_4FC4),
        outside: veil(0xF2_F4F7, 185),
        cursor: rgb(0x11_151C),
    },
};

pub(super) static DARK: Tokens = Tokens {
    dark: true,
    window: rgb(0x14_171C),
    panel: rgb(0x1A_1D23),
    raised: rgb(0x24_2830),
    field: rgb(0x10_1216),
    header: rgb(0x1F_232A),
    hairline: rgb(0x2C_313A),
    hairline_strong: rgb(0x43_4B57),
    text_strong: rgb(0xF3_F5F9),
    text: rgb(0xD2_D8E1),
    text_weak: rgb(0x9A_A4B3),
    accent: rgb(0x93_A5FF),
    on_accent: rgb(0x10_1322),
    selection: rgb(0x2B_365F),
    selection_resting: rgb(0x2C_313C),
    selection_text: rgb(0xFF_FFFF),
    selection_text_weak: rgb(0xB9_C2D6),
    hover: rgb(0x24_2932),
    stripe: rgb(0x1D_2027),
    search_hit: rgb(0x41_350C),
    button: rgb(0x26_2B33),
    button_hover: rgb(0x30_3640),
    button_pressed: rgb(0x3A_414D),
    thumb: rgb(0x43_4B57),
    thumb_hover: rgb(0x5B_6573),
    thumb_pressed: rgb(0x78_8393),
    shadow: veil(0x00_0000, 110),
    tones: [
        tone(0xA3_ADBB, 0x25_2A32),
        tone(0xA6_C4EC, 0x1F_2C3F),
        tone(0x9F_B0C6, 0x25_2C36),
        tone(0x74_D49A, 0x19_3325),
        tone(0xF2_BA5E, 0x3A_2D14),
        tone(0xFF_938A, 0x42_2022),
    ],
    syntax: Syntax {
        start_line: rgb(0xF3_F5F9),
        header_name: rgb(0x9F_A9B8),
        important_name: rgb(0xA9_B7FF),
        value: rgb(0xD2_D8E1),
        address: rgb(0x6F_CFE0),
        number: rgb(0xE3_A6DE),
        quoted: rgb(0x86_D3A2),
        parameter: rgb(0x95_9FAE),
        diagnostics: rgb(0xFF_A49C),
        diagnostics_background: rgb(0x3A_1F22),
        body: rgb(0xD2_D8E1),
        prefix: rgb(0x9A_A4B3),
    },
    ladder: Ladder {
        lane_line: rgb(0x43_4B57),
        lane_text: rgb(0xF3_F5F9),
        label: rgb(0xD2_D8E1),
        note: rgb(0xA9_B2C0),
        note_background: rgb(0x24_2830),
    },
    timeline: Timeline {
        all: rgb(0x4E_5E78),
        challenge: rgb(0xD8_A83C),
        failure: rgb(0xFF_4D52),
        range: rgb(0x93_A5FF),
        outside: veil(0x14_171C, 185),
        cursor: rgb(0xF3_F5F9),
    },
};
