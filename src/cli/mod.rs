//! The terminal: verbs that answer without a window and need no display.
//!
//! Everything printed here comes from the same layers as the window shows. Exit codes: 0 done, 1 the
//! diagnosis found a failure, 2 the input or the command line is not usable.

mod info;
mod redact;
mod report;

use crate::diagnosis::Diagnosis;
use crate::export;
use crate::format::clock::Offset;
use crate::index::{self, Index, Opened, Progress, RowId};
use crate::ladder::Ladder;
use crate::query::{self, Matcher, Query, RowSet, Scope};
use crate::trace::Trace;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Exit code of a diagnosis that found a failure.
const FAILING: u8 = 1;
/// Exit code for input or a command line that cannot be used.
pub const UNUSABLE: u8 = 2;

/// Reads Skype for Business and Lync traces, and shows who said what to whom, and why it failed.
#[derive(Debug, Parser)]
#[command(name = "uccello", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    #[command(flatten)]
    pub input: Input,
    /// Which renderer the window uses
    #[arg(long, value_enum, default_value_t)]
    pub renderer: Renderer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Renderer {
    /// The best one that works
    #[default]
    Auto,
    /// Direct3D 12 or Vulkan, on Windows only
    Wgpu,
    /// OpenGL
    Glow,
}

/// Traces to open.
#[derive(Clone, Debug, Args)]
pub struct Input {
    /// Client logs (*.UccApilog), server traces (CLS or OCSLogger text), or folders, zip and gzip archives of them
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Set the UTC offset of one client log by hand
    #[arg(long, value_name = "FILE=+01:00", value_parser = parse_clock)]
    pub clock: Vec<(String, Offset)>,
}

/// Which records a verb is about.
#[derive(Debug, Args)]
pub struct Filter {
    /// Only what this query selects, such as 'uri:anna@contoso.com status:401'
    #[arg(
        long = "where",
        value_name = "QUERY",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub query: String,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Print messages, one line each
    Messages {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        filter: Filter,
        /// Print every record, not only messages
        #[arg(long)]
        all: bool,
        #[arg(long, value_enum, default_value = "text")]
        format: export::Format,
    },
    /// Draw who sent what to whom
    Ladder {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        filter: Filter,
        #[arg(long, value_enum, default_value = "text")]
        format: LadderFormat,
        /// Write to a file
        #[arg(short, value_name = "OUT")]
        out: Option<PathBuf>,
    },
    /// Say what failed, why, and what to check next, with the records that prove it
    Diagnose {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        filter: Filter,
        #[arg(long, value_enum, default_value = "text")]
        format: TextOrJson,
    },
    /// Write the traces again with stand-ins for every name, address, number and secret
    Redact {
        #[command(flatten)]
        input: Input,
        /// The folder to write to; made if there is none, and never one that holds the logs
        #[arg(short, value_name = "FOLDER")]
        out: PathBuf,
    },
    /// Write what was found as a document, with stand-ins for names
    Report {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        filter: Filter,
        /// By the name of the file if it is not given: markdown for .md, else html
        #[arg(long, value_enum)]
        format: Option<export::ReportFormat>,
        /// Leave names and addresses as they are; secrets are left out all the same
        #[arg(long)]
        no_redact: bool,
        /// Write to this file
        #[arg(short, value_name = "OUT")]
        out: PathBuf,
    },
    /// Say what was opened: format, encoding, clock, records, damage
    Info {
        #[command(flatten)]
        input: Input,
        #[arg(long, value_enum, default_value = "text")]
        format: TextOrJson,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LadderFormat {
    Text,
    Svg,
    Mermaid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextOrJson {
    Text,
    Json,
}

fn parse_clock(text: &str) -> Result<(String, Offset), String> {
    let (name, offset) = text.rsplit_once('=').ok_or("write it as FILE=+01:00")?;
    Ok((name.to_owned(), Offset::parse(offset)?))
}

/// What a verb answers: done, or an error in one sentence (several lines for a query's caret).
type Answer = Result<(), String>;

/// Carries out a verb and gives the exit code.
#[must_use]
pub fn run(verb: Verb) -> ExitCode {
    if matches!(verb, Verb::Diagnose { .. } | Verb::Report { .. }) {
        use_own_tables();
    }
    let mut is_failing = false;
    let answer = match verb {
        Verb::Messages { input, filter, all, format } => with_query(&input, &filter, |opened, query| {
            let scope = if all { Scope::AllRecords } else { Scope::Messages };
            let rows = select(opened.index, query, scope);
            print(|out| export::messages(out, opened.index, rows.iter().map(|at| opened.index.row(at)), format))
        }),
        Verb::Ladder { input, filter, format, out } => with_query(&input, &filter, |opened, query| {
            // Web-service calls of a client are drawn where the query asks for them.
            let scope = if query.names_kind() { Scope::AllRecords } else { Scope::Messages };
            let rows = rows(opened.index, &select(opened.index, query, scope));
            let mut ladder = Ladder::of(opened.index, &rows);
            if ladder.has_challenge() {
                ladder.judge(&Trace::read(opened.index));
            }
            let text = match format {
                LadderFormat::Text => export::ladder_text(&ladder),
                LadderFormat::Svg => export::ladder_svg(&ladder),
                LadderFormat::Mermaid => export::ladder_mermaid(&ladder),
            };
            match out {
                Some(path) => report::write_out(opened, &path, &text),
                None => print(|out| out.write_all(text.as_bytes())),
            }
        }),
        Verb::Diagnose { input, filter, format } => with_query(&input, &filter, |opened, query| {
            let diagnosis = diagnose(opened.index, query);
            is_failing = diagnosis.has_failure();
            print(|out| match format {
                TextOrJson::Text => out.write_all(export::diagnosis_text(opened.index, &diagnosis).as_bytes()),
                TextOrJson::Json => writeln!(out, "{:#}", export::diagnosis_json(opened.index, &diagnosis)),
            })?;
            // The program ends here; to give back the memory of a large trace piece by piece would only take time.
            std::mem::forget(diagnosis);
            Ok(())
        }),
        Verb::Redact { input, out } => {
            let is_fit = export::check_folder(&input.files, &out).map_err(|why| with_o(&why));
            is_fit.and_then(|()| with_index(&input, |opened| redact::write(&opened, &out)))
        }
        Verb::Report { input, filter, format, no_redact, out } => with_query(&input, &filter, |opened, query| {
            let diagnosis = diagnose(opened.index, query);
            report::write(opened, &diagnosis, &filter.query, !no_redact, format, &out)
        }),
        Verb::Info { input, format } => with_index(&input, |opened| print(|out| info::write(out, &opened, format))),
    };
    match finish(answer) {
        ExitCode::SUCCESS if is_failing => ExitCode::from(FAILING),
        code => code,
    }
}

/// What stands in for the window where there is no display: what was opened, its ladder, and what is wrong.
#[must_use]
pub fn instead_of_window(input: &Input) -> ExitCode {
    use_own_tables();
    finish(with_index(input, |opened| {
        let rows = rows(opened.index, &select(opened.index, Query::All, Scope::Messages));
        let diagnosis = Diagnosis::of(opened.index);
        let mut ladder = Ladder::of(opened.index, &rows);
        ladder.judge(&diagnosis.trace);
        print(|out| {
            info::write(out, &opened, TextOrJson::Text)?;
            writeln!(out)?;
            out.write_all(export::ladder_text(&ladder).as_bytes())?;
            writeln!(out)?;
            out.write_all(export::diagnosis_text(opened.index, &diagnosis).as_bytes())
        })
    }))
}

/// What the user knows of codes and headers is put to use; what of it cannot be read is said, and nothing stops.
fn use_own_tables() {
    for sentence in crate::app::use_own_tables() {
        eprintln!("uccello: {sentence}");
    }
}

/// A sentence that ends with another place to choose, and how that is said here.
fn with_o(why: &str) -> String {
    format!("{why} with -o")
}

/// Says an error and gives its exit code.
#[must_use]
pub fn fail(error: &str) -> ExitCode {
    eprintln!("uccello: {error}");
    ExitCode::from(UNUSABLE)
}

fn finish(answer: Result<bool, String>) -> ExitCode {
    match answer {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(UNUSABLE),
        Err(error) => fail(&error),
    }
}

/// The opened files with their index.
struct Ready<'a> {
    index: &'a Index,
    skipped: &'a [index::Skipped],
    /// What was named.
    inputs: &'a [PathBuf],
}

/// Opens and indexes, then answers. What can be read is read; every input that cannot is named, and the
/// answer is `false` then.
fn with_index(input: &Input, answer: impl FnOnce(Ready<'_>) -> Answer) -> Result<bool, String> {
    if input.files.is_empty() {
        return Err("no files were given; name a *.UccApilog, a server trace or a folder of them".to_owned());
    }
    let Opened { files, errors, skipped } = index::open(&input.files, &input.clock);
    for error in &errors {
        eprintln!("uccello: {error}");
    }
    for skipped in &skipped {
        eprintln!("uccello: passed over: {}", skipped.why);
    }
    if files.is_empty() {
        return Ok(false);
    }
    let files: Vec<_> = files.into_iter().map(Arc::new).collect();
    for file in &files {
        for warning in &file.warnings {
            eprintln!("uccello: {}: {warning}", file.name());
        }
    }
    let index = index::build(&files, &Progress::default(), |_| {});
    answer(Ready { index: &index, skipped: &skipped, inputs: &input.files })?;
    let mut is_whole = errors.is_empty();
    if let Some(said) = index.limit_reached() {
        eprintln!("uccello: {said}");
        is_whole = false;
    }
    for file in files.iter().filter(|file| file.source.is_cut()) {
        eprintln!(
            "uccello: {}: the file was cut while it was read; what stood behind the cut is missing, so ask again",
            file.name()
        );
        is_whole = false;
    }
    Ok(is_whole)
}

/// Like [`with_index`], with the query read before anything else: a slip in it costs no reading of files.
fn with_query(
    input: &Input,
    filter: &Filter,
    answer: impl FnOnce(&Ready<'_>, Query) -> Answer,
) -> Result<bool, String> {
    let query = query::parse(&filter.query)
        .map_err(|error| format!("the query cannot be read\n{}", error.render(&filter.query)))?;
    with_index(input, |ready| answer(&ready, query))
}

/// What is wrong with what a query selects.
fn diagnose(index: &Index, query: Query) -> Diagnosis {
    let mut diagnosis = Diagnosis::of(index);
    if query != Query::All {
        diagnosis.narrow(index, &select(index, query, Scope::AllRecords));
    }
    diagnosis
}

fn select(index: &Index, query: Query, scope: Scope) -> RowSet {
    Matcher::new(query, scope).select(index, &AtomicBool::new(false)).unwrap_or_default()
}

fn rows(index: &Index, selected: &RowSet) -> Vec<RowId> {
    selected.iter().map(|at| index.row(at)).collect()
}

/// Prints to standard output. A reader that went away ends the printing quietly.
fn print(write: impl FnOnce(&mut BufWriter<io::StdoutLock<'_>>) -> io::Result<()>) -> Answer {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("cannot write the answer ({error})")),
        _ => Ok(()),
    }
}
