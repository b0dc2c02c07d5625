//! The door: arguments, then a face.

use clap::Parser as _;
use std::process::ExitCode;
use uccello::cli::{self, Arguments};
use uccello::window;

fn main() -> ExitCode {
    env_logger::init();
    let Arguments { verb, input, renderer } = Arguments::parse();
    match verb {
        Some(verb) => cli::run(verb),
        None => open_window(input, renderer),
    }
}

/// Opens the window; where none can be opened, says why and answers in the terminal instead.
fn open_window(input: cli::Input, renderer: cli::Renderer) -> ExitCode {
    let files = input.clone();
    match window::run(input, renderer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) if files.files.is_empty() => {
            cli::fail(&format!("{why}; name a trace to have it shown in the terminal"))
        }
        Err(why) => {
            eprintln!("uccello: {why}; the answer follows in the terminal");
            cli::instead_of_window(&files)
        }
    }
}
