use clap::Parser as _;
use std::process::ExitCode;
use uccello::cli::{self, Arguments};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.verb {
        Some(verb) => cli::run(verb),
        None => cli::instead_of_window(&arguments.input),
    }
}
