//! The map that `src/lib.rs` draws: which room may use which, and what only one room may do.
//!
//! The source is read as text: comments and strings are blanked, `use` trees are spread out, and every path
//! that is left is held against the rules. A complaint names file and line.

use std::path::{Path, PathBuf};

/// The rooms from the ground up. A room may use what stands on a lower level, and itself.
const LEVELS: [(&str, u8); 12] = [
    ("source", 0),
    ("format", 1),
    ("index", 2),
    ("query", 3),
    ("trace", 4),
    ("diagnosis", 5),
    ("ladder", 5),
    ("export", 6),
    ("app", 6),
    ("window", 7),
    ("cli", 7),
    ("main", 8),
];

/// Pure and alone: it uses none of the rooms, and all of them may use it.
const ALONE: &str = "protocol";

/// Arrows within one level: from, to, which names of it (none: all), and the reason.
const ALSO_ALLOWED: [(&str, &str, &[&str], &str); 2] = [
    ("app", "export", &[], "the window's status line and its copies are written as the exports are"),
    ("window", "cli", &["Input", "Renderer"], "the window starts with what the command line names; it runs no verb"),
];

/// Paths that only some files may name: the start of the path, the files, and why.
const RESERVED: [(&str, &[&str], &str); 7] = [
    ("memmap2", &["src/source/"], "only source touches files"),
    ("std::fs", &["src/source/", SAVES], "only source touches files; what is saved is written by export/save"),
    ("std::thread", &["src/index/build.rs", "src/app/jobs"], "only these two start threads"),
    ("rayon", &["src/index/", "src/query/"], "loops over blocks run on all cores; nothing else does"),
    ("egui", &["src/window/", "src/app/"], "only window and app know of egui"),
    ("eframe", &["src/window/", "src/app/"], "only window and app know of egui"),
    ("egui_extras", &["src/window/"], "only window paints"),
];

/// Writes what the user asked for, where the user said.
const SAVES: &str = "src/export/save.rs";
/// What it may do with files: write an answer, take its own back, never read a trace.
const WRITES: [&str; 4] =
    ["std::fs::write", "std::fs::create_dir_all", "std::fs::File::create_new", "std::fs::remove_file"];

/// A path of the source, such as `crate::index::Index`, with its line from 1.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    line: usize,
    path: Vec<String>,
}

#[test]
fn every_room_uses_only_what_the_design_allows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    rust_files(&root.join("src"), &mut files);
    assert!(files.len() > 30, "the source was found");
    let complaints: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let text = std::fs::read_to_string(file).expect("a readable source file");
            let name = file.strip_prefix(root).expect("a file of the project").to_string_lossy().replace('\\', "/");
            complaints(&name, &text)
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn every_room_of_the_source_stands_on_the_map() {
    let known = |name: &str| name == ALONE || name == "lib" || LEVELS.iter().any(|(room, _)| *room == name);
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).expect("the source") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(
            known(name.trim_end_matches(".rs")),
            "src/{name} is no room of the design; put it on the map or elsewhere"
        );
    }
}

#[test]
fn arrows_that_are_not_allowed_are_found_with_file_and_line() {
    let bad = [
        (
            "src/format/cls.rs",
            "//! crate::query is fine here\nuse crate::query::Query;\n",
            ":2: format may not use query",
        ),
        (
            "src/index/mod.rs",
            "use crate::{\n    format::Millis,\n    trace::{Outcome, Role},\n};",
            ":3: index may not use trace",
        ),
        ("src/protocol/message.rs", "fn f(x: &crate::format::Millis) {}", ":1: protocol may not use format"),
        ("src/ladder/mod.rs", "\nuse crate::diagnosis::Finding;", ":2: ladder may not use diagnosis"),
        ("src/export/mod.rs", "use crate::app::App;", ":1: export may not use app"),
        ("src/window/list.rs", "use crate::cli::run;", ":1: window may not use cli"),
        ("src/query/mod.rs", "use super::ladder::Ladder;", ":1: query may not use ladder"),
        ("src/query/parse/token.rs", "use super::super::super::trace;", ":1: query may not use trace"),
        ("src/index/mod.rs", "use memmap2::Mmap;", ":1: memmap2"),
        ("src/index/open.rs", "use std::{fs, io};", ":1: std::fs"),
        ("src/cli/mod.rs", "fn f() { std::fs::write(p, t) }", ":1: std::fs"),
        ("src/export/save.rs", "fn f() { std::fs::read(\"x\") }", ":1: std::fs"),
        ("src/ladder/mod.rs", "let _ = std::thread::spawn(|| {});", ":1: std::thread"),
        ("src/export/html.rs", "use egui as painter;", ":1: egui"),
        ("src/trace/mod.rs", "let c = '\"'; use rayon::prelude::*;", ":1: rayon"),
    ];
    for (file, text, wanted) in bad {
        let found = complaints(file, text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with(&format!("{file}{wanted}")), "{found:?}");
    }
}

#[test]
fn arrows_that_are_allowed_are_not_complained_about() {
    let good = [
        ("src/format/cls.rs", "use crate::protocol::Message; use super::clock; use crate::format::Millis;"),
        ("src/query/parse/token.rs", "use super::super::term; /* crate::window */ let s = \"crate::window\";"),
        ("src/query/parse.rs", "let s = r#\"a \" crate::cli::run\"#; let c = '\\''; fn f<'a>(x: &'a str) {}"),
        ("src/app/mod.rs", "let n = crate::export::with_separators(1); use egui::Context;"),
        ("src/cli/mod.rs", "use crate::app; use std::io::Write;"),
        ("src/export/save.rs", "use crate::index::Index; std::fs::write(p, t)?;"),
        ("src/window/mod.rs", "use crate::cli::{Input, Renderer};"),
        ("src/main.rs", "use uccello::cli; use uccello::window;"),
        ("src/source/map.rs", "use std::fs::File; use memmap2::Mmap;"),
    ];
    for (file, text) in good {
        assert_eq!(complaints(file, text), [""; 0], "{text}");
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the source") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

/// Everything a file does that its room may not.
fn complaints(file: &str, text: &str) -> Vec<String> {
    let inside = file.trim_start_matches("src/").trim_end_matches(".rs");
    let room = inside.split('/').next().unwrap_or_default();
    let depth = inside.split('/').filter(|part| *part != "mod").count();
    let mut complaints = Vec::new();
    for named in paths(&tokens(&without_text(text))) {
        let mut say = |what: String| complaints.push(format!("{file}:{}: {what}", named.line));
        if let Some(other) = room_of(&named.path, depth)
            && let Some(reason) = forbidden(room, other, named.path.last().map_or("", String::as_str))
        {
            say(format!("{room} may not use {other} ({reason})"));
        }
        let path = named.path.join("::");
        for (reserved, files, reason) in RESERVED {
            let is_it = path == reserved || path.starts_with(&format!("{reserved}::"));
            let may = files.iter().any(|allowed| file.starts_with(allowed))
                && !(file == SAVES && reserved == "std::fs" && !WRITES.contains(&path.as_str()));
            if is_it && !may {
                say(format!("{reserved} may not be named here: {reason}"));
            }
        }
    }
    // A tree of several names is one arrow.
    complaints.dedup();
    complaints
}

/// The room a path leads to; `depth` is how many `super` lead to the root of the crate.
fn room_of(path: &[String], depth: usize) -> Option<&str> {
    let supers = path.iter().take_while(|part| *part == "super").count();
    let after = match path.first()?.as_str() {
        "crate" | "uccello" => path.get(1),
        "super" if supers >= depth => path.get(supers),
        _ => None,
    }?;
    (after == ALONE || LEVELS.iter().any(|(room, _)| room == after)).then_some(after.as_str())
}

/// Why `room` may not use `name` of `other`; `None` where it may.
fn forbidden(room: &str, other: &str, name: &str) -> Option<&'static str> {
    let level = |name: &str| LEVELS.iter().find(|(room, _)| *room == name).map(|(_, level)| *level);
    if room == other || other == ALONE || room == "lib" {
        return None;
    }
    let (Some(own), Some(others)) = (level(room), level(other)) else {
        return Some("it imports nothing of ours");
    };
    let also = ALSO_ALLOWED
        .iter()
        .any(|(from, to, names, _)| (*from, *to) == (room, other) && (names.is_empty() || names.contains(&name)));
    match own.cmp(&others) {
        _ if also => None,
        std::cmp::Ordering::Greater => None,
        std::cmp::Ordering::Equal => Some("rooms of one level do not know each other"),
        std::cmp::Ordering::Less => Some("nothing on the left knows anything on its right"),
    }
}

/// The source with comments, strings and characters blanked; lines stay where they are.
fn without_text(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let mut kept = String::new();
    let mut here = 0;
    while here < chars.len() {
        let end = match at(here) {
            '/' if at(here + 1) == '/' => end_after(&chars, here, &['\n']) - 1,
            '/' if at(here + 1) == '*' => end_after(&chars, here, &['*', '/']),
            'r' if at(here + 1) == '"' || (at(here + 1) == '#' && matches!(at(here + 2), '"' | '#')) => {
                let marks = chars.iter().skip(here + 1).take_while(|c| **c == '#').count();
                let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', marks)).collect();
                end_after(&chars, here + 2 + marks, &close)
            }
            '"' => end_of_string(&chars, here + 1),
            '\'' if at(here + 1) == '\\' => end_after(&chars, here + 3, &['\'']),
            '\'' if at(here + 2) == '\'' => here + 3,
            _ => here,
        };
        let end = end.min(chars.len());
        if end == here {
            kept.push(at(here));
            here += 1;
        } else {
            kept.extend(chars.get(here..end).unwrap_or_default().iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            here = end;
        }
    }
    kept
}

fn end_after(chars: &[char], from: usize, close: &[char]) -> usize {
    let rest = chars.get(from..).unwrap_or_default();
    rest.windows(close.len()).position(|window| window == close).map_or(chars.len() + 1, |at| from + at + close.len())
}

fn end_of_string(chars: &[char], from: usize) -> usize {
    let mut at = from;
    while let Some(c) = chars.get(at) {
        match c {
            '"' => return at + 1,
            '\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

/// Words, `::`, braces, commas and everything else that ends a path, each with its line.
fn tokens(text: &str) -> Vec<(usize, String)> {
    let mut tokens: Vec<(usize, String)> = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let length = match first {
                _ if word > 0 => word,
                ':' if rest.starts_with("::") => 2,
                _ => first.len_utf8(),
            };
            let (token, after) = rest.split_at(length);
            if !token.trim().is_empty() {
                tokens.push((line, token.to_owned()));
            }
            rest = after;
        }
    }
    tokens
}

/// Every path of the source; the trees of `use` are spread out.
fn paths(tokens: &[(usize, String)]) -> Vec<Named> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        at = tree(tokens, at, &[], &mut found).max(at + 1);
    }
    found
}

/// Reads a path and the tree after it, and gives the place where it ends.
fn tree(tokens: &[(usize, String)], from: usize, before: &[String], found: &mut Vec<Named>) -> usize {
    let is_word = |token: &str| token.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let token = |at: usize| tokens.get(at).map_or("", |(_, token)| token.as_str());
    let mut path = before.to_vec();
    let mut at = from;
    let line = tokens.get(from).map_or(0, |(line, _)| *line);
    while is_word(token(at)) {
        path.push(token(at).to_owned());
        at += 1;
        if token(at) != "::" {
            break;
        }
        at += 1;
        if token(at) == "{" {
            at += 1;
            while !matches!(token(at), "}" | "") {
                at = tree(tokens, at, &path, found).max(at + 1);
            }
            return at + 1;
        }
    }
    if path.len() > before.len() {
        found.push(Named { line, path });
    }
    at
}
