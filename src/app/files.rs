//! What became of the opened files since they were read: written to, cut, replaced, deleted.

use crate::source::State;

/// The state of each file, by its number.
#[derive(Clone, Debug, Default)]
pub(super) struct FilesNow(Vec<State>);

impl FilesNow {
    pub fn of(&self, number: usize) -> State {
        self.0.get(number).copied().unwrap_or(State::Same)
    }

    /// True where a file has grown since it was opened.
    pub fn any_grown(&self) -> bool {
        self.0.contains(&State::Grown)
    }

    /// Takes in how the files are now; a sentence for each that was lost since. A file that has grown once is one
    /// that is written, also while nothing comes; what was cut away does not come back to the map. A file that could
    /// not be reached is the same again when it is back.
    pub fn update<'a>(&mut self, now: &[State], name: impl Fn(usize) -> Option<&'a str>) -> Vec<String> {
        let changed = now.iter().enumerate().filter(|(number, state)| self.of(*number) != **state);
        let lost = changed.filter_map(|(number, state)| Some(format!("{} {}", name(number)?, sentence(*state)?)));
        let lost = lost.collect();
        let taken_for = |(number, state): (usize, &State)| match (self.of(number), *state) {
            (before @ (State::Grown | State::Cut), State::Same) => before,
            (_, now) => now,
        };
        self.0 = now.iter().enumerate().map(taken_for).collect();
        lost
    }
}

fn sentence(state: State) -> Option<String> {
    let what = match state {
        State::Same | State::Grown => return None,
        State::Cut => "was cut while it was open: the list still shows it, but the text behind the cut is lost",
        State::Replaced => "was replaced by another file: what was read before is still shown",
        State::Gone => "was deleted or moved: what was read before is still shown",
    };
    Some(format!("{what}; F5 reads what is there now"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_taken_for_over_time() {
        use State::{Cut, Gone, Grown, Replaced, Same};
        for (states, wanted, sentences) in [
            (&[Grown, Same][..], Grown, 0),
            (&[Gone, Gone], Gone, 1),
            // A share that could not be reached for a moment; a file that was moved away and back.
            (&[Gone, Same], Same, 1),
            (&[Replaced, Same], Same, 1),
            // As long as before, with other words behind the cut.
            (&[Cut, Same], Cut, 1),
            (&[Cut, Grown], Grown, 1),
        ] {
            let mut files = FilesNow::default();
            let said: usize = states.iter().map(|state| files.update(&[*state], |_| Some("a")).len()).sum();
            assert_eq!((files.of(0), said), (wanted, sentences), "{states:?}");
        }
    }
}
