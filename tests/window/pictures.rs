//! Pictures of the main views, in both themes.

use super::{incident, only_section, open, picture, settle, support, type_into};
use egui::Key;
use egui_kittest::kittest::Queryable as _;

#[test]
fn pictures_of_the_main_views() {
    let mut results = egui_kittest::SnapshotResults::new();
    for (theme, name) in support::THEMES {
        let start = open(theme, [1280.0, 800.0], &[]);
        picture(&mut results, start, &format!("window_start_{name}"));

        let mut ladder = incident(theme);
        type_into(&mut ladder, Key::U, "anna@contoso.com");
        ladder.key_press(Key::Escape);
        settle(&mut ladder);
        ladder.get_all_by_label_contains("401 Unauthorized (REGISTER), challenge").next().expect("a challenge").click();
        settle(&mut ladder);
        picture(&mut results, ladder, &format!("window_ladder_{name}"));

        let mut code = incident(theme);
        only_section(&mut code, "Codes");
        code.get_by_label_contains("Code 28032").click();
        settle(&mut code);
        code.get_all_by_label_contains("code 28032, failure").next().expect("a refusal").click();
        settle(&mut code);
        picture(&mut results, code, &format!("window_code_{name}"));

        let mut nothing = incident(theme);
        type_into(&mut nothing, Key::F, "uri:nobody@contoso.com");
        picture(&mut results, nothing, &format!("window_nothing_{name}"));
    }
}
