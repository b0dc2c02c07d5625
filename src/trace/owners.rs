//! Whose log it is: the users who sign in with the client that wrote a file.

use super::coverage::Coverage;
use super::sign_in::Registration;
use crate::format::Millis;
use rustc_hash::FxHashMap;

/// Who signs in, by number of the file. Several people may share one client, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Owners(FxHashMap<u16, Vec<(Millis, String)>>);

impl Owners {
    /// By the REGISTERs that client logs hold.
    pub(super) fn of(coverage: &Coverage, registrations: &[Registration]) -> Self {
        if !coverage.has_client_log() {
            return Self::default();
        }
        let messages = registrations.iter().flat_map(Registration::messages).filter(|message| message.is_request());
        let named = messages.filter_map(|message| Some((message, message.from.as_deref()?)));
        let mut own = Self::default();
        own.extend(named.flat_map(|(message, user)| {
            let hops = message.hops.iter().filter(|hop| hop.is_client);
            hops.map(move |hop| (hop.file, hop.time, user))
        }));
        own
    }

    /// Adds who was named in a file, and when.
    pub(super) fn extend<'a>(&mut self, named: impl Iterator<Item = (u16, Millis, &'a str)>) {
        for (file, time, user) in named {
            self.0.entry(file).or_default().push((time, user.to_owned()));
        }
        #[expect(clippy::iter_over_hash_type, reason = "each list is put in order by itself")]
        for users in self.0.values_mut() {
            users.sort();
            users.dedup_by(|next, before| next.1 == before.1);
        }
    }

    #[must_use]
    pub fn knows(&self, file: u16) -> bool {
        self.0.contains_key(&file)
    }

    /// Who used the client at some time: the last who signed in before, else the first one.
    #[must_use]
    pub fn at(&self, file: u16, time: Millis) -> Option<&str> {
        let users = self.0.get(&file)?;
        let before = users.partition_point(|(since, _)| *since <= time);
        users.get(before.saturating_sub(1)).map(|(_, user)| user.as_str())
    }
}
