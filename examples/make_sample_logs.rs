//! Writes the sample logs in `sample-logs/`, and large made-up traces for measurements.
//!
//! Everything in them is invented: people, companies (contoso.com, fabrikam.com), addresses (reserved for
//! documentation), identifiers and keys. The same arguments always give the same bytes: nothing asks the
//! clock or the computer for anything.
//!
//! A story (`external_sign_in`, ...) says who does what and when. It plays on a stage of servers and
//! clients, which write what they see into their logs.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[path = "make_sample_logs/background.rs"]
mod background;
#[path = "make_sample_logs/big_dialogs.rs"]
mod big_dialogs;
#[path = "make_sample_logs/big_trace.rs"]
mod big_trace;
#[path = "make_sample_logs/big_web.rs"]
mod big_web;
#[path = "make_sample_logs/bodies.rs"]
mod bodies;
#[path = "make_sample_logs/client_log.rs"]
mod client_log;
#[path = "make_sample_logs/client_words.rs"]
mod client_words;
#[path = "make_sample_logs/clock.rs"]
mod clock;
#[path = "make_sample_logs/damaged.rs"]
mod damaged;
#[path = "make_sample_logs/der.rs"]
mod der;
#[path = "make_sample_logs/edge_2007_r2.rs"]
mod edge_2007_r2;
#[path = "make_sample_logs/every_client_record.rs"]
mod every_client_record;
#[path = "make_sample_logs/every_server_record.rs"]
mod every_server_record;
#[path = "make_sample_logs/everyday.rs"]
mod everyday;
#[path = "make_sample_logs/external_sign_in.rs"]
mod external_sign_in;
#[path = "make_sample_logs/federation_dns.rs"]
mod federation_dns;
#[path = "make_sample_logs/healthy_day.rs"]
mod healthy_day;
#[path = "make_sample_logs/healthy_noise.rs"]
mod healthy_noise;
#[path = "make_sample_logs/healthy_sign_in.rs"]
mod healthy_sign_in;
#[path = "make_sample_logs/ids.rs"]
mod ids;
#[path = "make_sample_logs/pasted.rs"]
mod pasted;
#[path = "make_sample_logs/refused.rs"]
mod refused;
#[path = "make_sample_logs/routes.rs"]
mod routes;
#[path = "make_sample_logs/server_log.rs"]
mod server_log;
#[path = "make_sample_logs/session.rs"]
mod session;
#[path = "make_sample_logs/sign_in.rs"]
mod sign_in;
#[path = "make_sample_logs/sip.rs"]
mod sip;
#[path = "make_sample_logs/stage.rs"]
mod stage;
#[path = "make_sample_logs/tokens.rs"]
#[allow(dead_code, reason = "the tests read tokens back that no story needs")]
mod tokens;
#[path = "make_sample_logs/turned_away.rs"]
mod turned_away;
#[path = "make_sample_logs/verdict.rs"]
mod verdict;
#[path = "make_sample_logs/web_service.rs"]
mod web_service;
#[path = "make_sample_logs/web_tickets.rs"]
mod web_tickets;

/// The stories, in the order of the README.
const STORIES: &[fn() -> Vec<Sample>] = &[
    external_sign_in::tell,
    healthy_sign_in::tell_ntlm,
    healthy_sign_in::tell_kerberos,
    federation_dns::tell,
    edge_2007_r2::tell,
    pasted::tell_messages,
    pasted::tell_report,
    every_client_record::tell,
    every_server_record::tell,
    damaged::tell,
];

/// The incidents, in the order of the README.
const INCIDENTS: &[fn() -> Incident] = &[
    refused::wrong_password,
    refused::clock_skew,
    refused::ntlm_level_mismatch,
    refused::user_certificate_expired,
    refused::kerberos_spn,
    refused::old_phone_password,
    turned_away::user_not_enabled,
    turned_away::remote_access_denied,
    turned_away::wrong_account,
    turned_away::registrar_down,
    turned_away::user_disabled,
    turned_away::survivable_mode,
    routes::edge_next_hop,
    routes::federation_certificate,
    routes::no_such_server,
    web_tickets::other_pool,
    web_tickets::one_front_end,
    web_tickets::hybrid_redirect_loop,
    healthy_day::tls_dsk_day,
    healthy_noise::noise,
];

/// A folder of files about one trouble, as an engineer is handed them.
pub struct Incident {
    pub folder: &'static str,
    pub shows: &'static str,
    /// What a diagnosis must find: rule, severity, user, and after `<-` the rule that explains it.
    pub finds: &'static [&'static str],
    /// Names and texts.
    pub files: Vec<(&'static str, String)>,
}

/// One file of a story.
pub struct Sample {
    /// Below the folder of the samples.
    pub path: String,
    /// What the file shows, for the README.
    pub shows: &'static str,
    pub line_end: LineEnd,
    pub text: String,
}

/// How the lines of a file end, and whether it starts with a byte order mark.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    Lf,
    Crlf,
    CrlfWithBom,
}

impl Sample {
    fn bytes(&self) -> Vec<u8> {
        match self.line_end {
            LineEnd::Lf => client_log::with_lf(&self.text).into_bytes(),
            LineEnd::Crlf => client_log::with_crlf(&self.text).into_bytes(),
            LineEnd::CrlfWithBom => format!("\u{feff}{}", client_log::with_crlf(&self.text)).into_bytes(),
        }
    }
}

/// What the command line asks for.
enum Wish {
    Samples { folder: PathBuf },
    BigTrace { bytes: u64, file: PathBuf },
}

const USAGE: &str = "usage: make_sample_logs [-o FOLDER] | make_sample_logs --gib N -o FILE";

fn main() -> ExitCode {
    let done = parse(std::env::args().skip(1)).and_then(|wish| match wish {
        Wish::Samples { folder } => write_samples(&folder),
        Wish::BigTrace { bytes, file } => {
            big_trace::write(bytes, &file).map_err(|error| format!("cannot write {}: {error}", file.display()))
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Wish, String> {
    let mut gib: Option<f64> = None;
    let mut output: Option<PathBuf> = None;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--gib" => {
                let value = arguments.next().unwrap_or_default();
                let size = value.parse().ok().filter(|n: &f64| *n > 0.0 && *n <= 1024.0);
                if size.is_none() {
                    return Err(format!("--gib takes a size between 0 and 1024, not \"{value}\""));
                }
                gib = size;
            }
            "-o" => match arguments.next() {
                Some(path) => output = Some(path.into()),
                None => return Err(format!("-o takes a path; {USAGE}")),
            },
            other => return Err(format!("\"{other}\" is not understood; {USAGE}")),
        }
    }
    match (gib, output) {
        (None, folder) => Ok(Wish::Samples { folder: folder.unwrap_or_else(|| "sample-logs".into()) }),
        (Some(gib), Some(file)) => Ok(Wish::BigTrace { bytes: (gib * 1_073_741_824.0) as u64, file }),
        (Some(_), None) => Err(format!("--gib needs -o FILE; {USAGE}")),
    }
}

fn write_samples(folder: &Path) -> Result<(), String> {
    let mut readme = String::from(README_START);
    for story in STORIES {
        for sample in story() {
            let path = folder.join(&sample.path);
            write_file(&path, &sample.bytes())?;
            let _ = writeln!(readme, "| `{}` | {} |", sample.path, sample.shows);
        }
    }
    readme.push_str(README_INCIDENTS);
    for incident in INCIDENTS {
        let Incident { folder: name, shows, finds, files } = incident();
        for (file, text) in files {
            write_file(&folder.join(name).join(file), client_log::with_crlf(&text).as_bytes())?;
        }
        let finds: Vec<String> = finds.iter().map(|finding| format!("`{finding}`")).collect();
        let finds = if finds.is_empty() { "nothing fails".to_owned() } else { finds.join(", ") };
        let _ = writeln!(readme, "| `{name}` | {shows} | {finds} |");
    }
    write_file(&folder.join("README.md"), readme.as_bytes())
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let failed = |error| format!("cannot write {}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, bytes).map_err(failed)
}

const README_START: &str = "# Sample logs

Small traces to look at and to test with. Everything in them is invented: the people, the companies (contoso.com,
fabrikam.com), the addresses (reserved for documentation), the identifiers, keys and tickets. All of it happens on
2024-11-20. Server traces of the pool are in UTC, client logs in the client's time, which is UTC+1.

They are written by `cargo run --example make_sample_logs`, always with the same bytes. Change the story there, not
the files here.

| file | what it shows |
|---|---|
";

const README_INCIDENTS: &str = "
## Incidents

A folder each, with the files that an engineer would be handed. `uccello diagnose` of a folder finds what stands in
the last column (rule, severity, user; the rule after `<-` explains it), and no other failure.

| folder | what it shows | what is found |
|---|---|---|
";
