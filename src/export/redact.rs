//! Traces for other people's eyes: every name, address, number and secret replaced, the same one always by the same
//! stand-in.
//!
//! A [`Redactor`] learns everything of an index first, since a name that is told once in an address may stand alone a
//! thousand lines before. Then it writes the same traces, and any other text about them, with stand-ins. What this
//! program makes of a redacted trace is what it makes of the trace: records, codes, dialogs, handshakes and their
//! outcomes stay.

/// Regular expressions, each made when it is first needed.
macro_rules! patterns {
    ($($name:ident = $pattern:expr;)*) => { $(static $name: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let regex = Regex::new($pattern);
        debug_assert!(regex.is_ok(), "{regex:?}");
        regex.ok()
    });)* };
}

mod base64;
mod der;
mod escapes;
mod fields;
mod hosts;
mod learn;
mod names;
mod ntlm;
mod numbers;
mod ordered;
mod pieces;
mod replace;
mod secrets;
mod structure;
mod tls;
mod token;
mod words;

pub use self::secrets::fold as fold_secrets;

use self::learn::Found;
use self::names::Names;
use self::replace::Replacer;
use super::save::{Stopped, Work};
use crate::index::Index;
use crate::protocol::lines::to_text;
use regex::{Captures, Regex};
use rustc_hash::FxHashMap;
use std::io::{self, Write};
use std::sync::LazyLock;

/// Knows what stands instead of what.
#[derive(Debug)]
pub struct Redactor {
    replacer: Replacer,
    /// Of the files of the index.
    file_names: Vec<String>,
}

impl Redactor {
    /// Learns everything that an index holds.
    #[must_use]
    pub fn learn(index: &Index) -> Self {
        Self::learn_with(index, &Work::default()).unwrap_or_else(|Stopped| Self::of(index, Found::default()))
    }

    /// The same as a work that can be watched and stopped.
    ///
    /// # Errors
    /// Where it was stopped.
    pub fn learn_with(index: &Index, work: &Work) -> Result<Self, Stopped> {
        let mut found = Found::default();
        for number in 0..index.files().len() {
            let file = u16::try_from(number).unwrap_or(u16::MAX);
            let learn = |pieces: &mut dyn Iterator<Item = pieces::Piece<'_>>| learned(index, pieces);
            pieces::each_group(index, file, learn, |own, bytes| {
                found.add(own);
                work.step(bytes)
            })?;
        }
        Ok(Self::of(index, found))
    }

    fn of(index: &Index, mut found: Found) -> Self {
        found.settle();
        index.files().iter().for_each(|file| found.file_name(base_name(file.name())));
        let names = Names::of(&found);
        let replacer = Replacer::new(&found, names);
        let file_names = file_names(index, &replacer);
        Self { replacer, file_names }
    }

    /// Any text about the trace, such as a finding.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.replacer.text(text)
    }

    /// The epid of a device.
    #[must_use]
    pub fn device(&self, epid: &str) -> String {
        self.replacer.names.devices.get(&epid.to_lowercase()).cloned().unwrap_or_else(|| self.text(epid))
    }

    /// A file of the index, by its number: a path below the folder that all are written to. Files of one folder stay
    /// in one folder, since a client's logs belong together.
    #[must_use]
    pub fn file_name(&self, file: usize) -> &str {
        self.file_names.get(file).map_or("", String::as_str)
    }

    /// Writes a file of the index with stand-ins, in UTF-8.
    ///
    /// # Errors
    /// Where `out` cannot be written to.
    pub fn write(&self, index: &Index, file: u16, out: &mut impl Write) -> io::Result<()> {
        self.write_with(index, file, out, &Work::default())
    }

    /// The same as a work that can be watched and stopped.
    ///
    /// # Errors
    /// Where `out` cannot be written to, or the work was stopped.
    pub fn write_with(&self, index: &Index, file: u16, out: &mut impl Write, work: &Work) -> io::Result<()> {
        pieces::write(&self.replacer, index, file, out, work)
    }
}

/// What some pieces tell.
fn learned(index: &Index, pieces: &mut dyn Iterator<Item = pieces::Piece<'_>>) -> Found {
    let mut found = Found::default();
    for (row, bytes) in pieces {
        if let Some(row) = row {
            index.with_record(row, |record| {
                for name in [record.machine, record.pool] {
                    found.host(&to_text(name));
                    found.machine(to_text(name).split('.').next().unwrap_or_default());
                }
            });
        }
        found.learn(&to_text(bytes));
    }
    found
}

/// What a pattern finds in a line. Most lines hold nothing, and looking costs less than reading.
fn each<'a>(pattern: &'static LazyLock<Option<Regex>>, line: &'a str) -> impl Iterator<Item = Captures<'a>> + use<'a> {
    let pattern = pattern.as_ref().filter(|pattern| pattern.is_match(line));
    pattern.into_iter().flat_map(move |pattern| pattern.captures_iter(line))
}

fn base_name(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

fn file_names(index: &Index, replacer: &Replacer) -> Vec<String> {
    let folder_of = |name: &str| name.strip_suffix(base_name(name)).unwrap_or_default().to_owned();
    let mut folders: Vec<String> = Vec::new();
    for folder in index.files().iter().map(|file| folder_of(file.name())) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    let mut used: FxHashMap<String, usize> = FxHashMap::default();
    let mut all = Vec::new();
    for file in index.files() {
        let own = file_name(base_name(file.name()), replacer);
        let number = folders.iter().position(|folder| *folder == folder_of(file.name())).unwrap_or(0) + 1;
        let folder = if folders.len() > 1 { format!("folder{number}/") } else { String::new() };
        let count = used.entry(format!("{folder}{own}").to_lowercase()).or_insert(0);
        *count += 1;
        // The number of a client's log stays at the end of its name.
        all.push(if *count > 1 { format!("{folder}{count}-{own}") } else { format!("{folder}{own}") });
    }
    all
}

/// `anna-UccApi-0.UccApilog` becomes `user1-UccApi-0.UccApilog`.
fn file_name(name: &str, replacer: &Replacer) -> String {
    let names = &replacer.names;
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let mut name = name.to_owned();
    for (range, address) in numbers::addresses_of_file(&name).into_iter().rev() {
        let stand_in = names.addresses.get(&address).map_or("address", String::as_str);
        name.replace_range(range, &stand_in.replace('.', "-"));
    }
    let name = replacer.literals(&name).unwrap_or(name);
    let mut own = String::new();
    let mut word = String::new();
    let end_word = |word: &mut String, own: &mut String| {
        let lower = word.to_lowercase();
        let known =
            [&names.users, &names.labels, &names.parts, &names.file_words].into_iter().find_map(|map| map.get(&lower));
        // Long numbers are learned of files, though no word is made of digits.
        let is_number = word.len() > 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        // Whoever is called like a common word is named by it all the same, but the ending says what the file is.
        let is_user = names.users.contains_key(&lower) && !["uccapi", "uccapilog", "txt", "log"].contains(&&*lower);
        *own += known.filter(|_| is_number || is_user || !words::is_common(word)).unwrap_or(word);
        word.clear();
    };
    for c in name.chars() {
        if c.is_alphanumeric() {
            word.push(c);
            continue;
        }
        end_word(&mut word, &mut own);
        own.push(if ".-_ ()".contains(c) { c } else { '_' });
    }
    end_word(&mut word, &mut own);
    if own.trim_matches(['.', ' ']).is_empty() { "log.txt".to_owned() } else { own }
}
