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
    /// that is written, also while nothing comes.
    pub fn update<'a>(&mut self, now: &[State], name: impl Fn(usize) -> Option<&'a str>) -> Vec<String> {
        let changed = now.iter().enumerate().filter(|(number, state)| self.of(*number) != **state);
        let lost = changed.filter_map(|(number, state)| Some(format!("{} {}", name(number)?, sentence(*state)?)));
        let lost = lost.collect();
        let stays = |(number, state): (usize, &State)| if *state == State::Same { self.of(number) } else { *state };
        self.0 = now.iter().enumerate().map(stays).collect();
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
