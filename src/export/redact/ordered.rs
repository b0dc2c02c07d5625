//! Words that were met, in their order: the same files must give the same stand-ins.

use rustc_hash::FxHashSet;

/// Words in the order in which they were met, each once.
#[derive(Debug, Default)]
pub struct Ordered {
    pub list: Vec<String>,
    known: FxHashSet<String>,
}

impl Ordered {
    pub fn insert(&mut self, word: &str) {
        if !word.is_empty() && !self.known.contains(word) {
            self.known.insert(word.to_owned());
            self.list.push(word.to_owned());
        }
    }

    pub fn holds(&self, word: &str) -> bool {
        self.known.contains(word)
    }
}
