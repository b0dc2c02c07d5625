//! Words that repeat, kept once per block and named by small numbers.

use crate::protocol::lines::to_text;
use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::Hasher as _;

/// The words of one column group of a block. Number 0 is the absent word.
#[derive(Debug, Default)]
pub struct Texts {
    bytes: Vec<u8>,
    /// Where word `n` ends, counted from word 1.
    ends: Vec<u32>,
}

impl Texts {
    /// Number of words, the absent one included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len() + 1
    }

    /// The word of a number; empty for 0 and for numbers never given out.
    #[must_use]
    pub fn get(&self, id: u16) -> &[u8] {
        let Some(at) = usize::from(id).checked_sub(1) else { return &[] };
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.bytes.get(start as usize..end as usize).unwrap_or_default()
    }

    /// All words with their numbers, without the absent one.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &[u8])> {
        (1..=self.ends.len()).filter_map(|id| u16::try_from(id).ok()).map(|id| (id, self.get(id)))
    }

    /// Bytes of memory used.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 4
    }
}

/// Gives numbers to words while a block is built.
#[derive(Debug, Default)]
pub struct Interner {
    texts: Texts,
    table: HashTable<u16>,
}

impl Interner {
    /// The number of a word; 0 for the empty word, and where all numbers are given out.
    #[inline]
    pub fn id(&mut self, word: &[u8]) -> u16 {
        if word.is_empty() {
            return 0;
        }
        let hash = hash(word);
        if let Some(&id) = self.table.find(hash, |&id| self.texts.get(id) == word) {
            return id;
        }
        if str::from_utf8(word).is_err() {
            // Words are searched for as they are shown.
            return self.id(to_text(word).as_bytes());
        }
        let Ok(id) = u16::try_from(self.texts.ends.len() + 1) else { return 0 };
        let Ok(end) = u32::try_from(self.texts.bytes.len() + word.len()) else { return 0 };
        self.texts.bytes.extend_from_slice(word);
        self.texts.ends.push(end);
        let texts = &self.texts;
        self.table.insert_unique(hash, id, |&id| self::hash(texts.get(id)));
        id
    }

    /// The same for a word that often is that of the row before, whose number is `before`.
    #[inline]
    pub fn id_after(&mut self, before: u16, word: &[u8]) -> u16 {
        // Empty words are not compared: some processors take long over no bytes at no address.
        if !word.is_empty() && self.texts.get(before) == word { before } else { self.id(word) }
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn finish(mut self) -> Texts {
        self.texts.bytes.shrink_to_fit();
        self.texts.ends.shrink_to_fit();
        self.texts
    }
}

/// Small sorted sets of numbers that repeat, named by small numbers. Number 0 is the empty set.
#[derive(Debug, Default)]
pub struct Sets {
    members: Vec<u32>,
    ends: Vec<u32>,
}

impl Sets {
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len() + 1
    }

    #[must_use]
    pub fn get(&self, id: u16) -> &[u32] {
        let Some(at) = usize::from(id).checked_sub(1) else { return &[] };
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.members.get(start as usize..end as usize).unwrap_or_default()
    }

    pub fn iter(&self) -> impl Iterator<Item = (u16, &[u32])> {
        (1..=self.ends.len()).filter_map(|id| u16::try_from(id).ok()).map(|id| (id, self.get(id)))
    }

    #[must_use]
    pub fn memory(&self) -> usize {
        (self.members.capacity() + self.ends.capacity()) * 4
    }
}

/// Gives numbers to sets while a block is built.
#[derive(Debug, Default)]
pub struct SetInterner {
    sets: Sets,
    table: HashTable<u16>,
}

impl SetInterner {
    /// The number of a set. The members are sorted and made unique in place.
    #[inline]
    pub fn id(&mut self, members: &mut Vec<u32>) -> u16 {
        if members.is_empty() {
            return 0;
        }
        members.sort_unstable();
        members.dedup();
        let hash = hash_set(members);
        if let Some(&id) = self.table.find(hash, |&id| self.sets.get(id) == members.as_slice()) {
            return id;
        }
        let Ok(id) = u16::try_from(self.sets.ends.len() + 1) else { return 0 };
        let Ok(end) = u32::try_from(self.sets.members.len() + members.len()) else { return 0 };
        self.sets.members.extend_from_slice(members);
        self.sets.ends.push(end);
        let sets = &self.sets;
        self.table.insert_unique(hash, id, |&id| hash_set(sets.get(id)));
        id
    }

    pub fn finish(mut self) -> Sets {
        self.sets.members.shrink_to_fit();
        self.sets.ends.shrink_to_fit();
        self.sets
    }
}

fn hash(word: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(word);
    hasher.finish()
}

fn hash_set(members: &[u32]) -> u64 {
    let mut hasher = FxHasher::default();
    for &member in members {
        hasher.write_u32(member);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_once() {
        let mut words = Interner::default();
        let ids: Vec<u16> = ["anna", "ben", "anna", ""].iter().map(|word| words.id(word.as_bytes())).collect();
        assert_eq!(ids, [1, 2, 1, 0]);
        let texts = words.finish();
        assert_eq!(texts.iter().collect::<Vec<_>>(), [(1, &b"anna"[..]), (2, b"ben")]);
        assert_eq!(texts.get(9), b"");
    }

    #[test]
    fn full_tables_give_the_absent_word_and_do_not_fail() {
        let mut words = Interner::default();
        for number in 0..70_000 {
            words.id(number.to_string().as_bytes());
        }
        assert_eq!(words.len(), usize::from(u16::MAX) + 1);
        assert_eq!(words.id(b"one more"), 0);
    }
}
