//! Redacted traces: nothing of the original is in them, and the program makes of them what it made of the original.

mod classes;
mod leaks;
mod same;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use uccello::export::Redactor;
use uccello::index::{Index, Progress, TraceFile, build, open};
use uccello::source::Source;

/// A trace, and what became of it.
struct Pair {
    name: String,
    before: Arc<Index>,
    redactor: Redactor,
    /// The redacted files as text, in the order of the index.
    texts: Vec<String>,
    after: Arc<Index>,
}

impl Pair {
    fn of(name: &str, paths: &[PathBuf]) -> Self {
        let opened = open(paths, &[]);
        assert_eq!(opened.errors, [""; 0], "{name}");
        Self::of_files(name, opened.files)
    }

    fn of_files(name: &str, files: Vec<TraceFile>) -> Self {
        let files: Vec<_> = files.into_iter().map(Arc::new).collect();
        let before = build(&files, &Progress::default(), |_| {});
        let redactor = Redactor::learn(&before);
        let mut texts = Vec::new();
        let mut redacted = Vec::new();
        for (number, file) in (0u16..).zip(before.files()) {
            let mut bytes = Vec::new();
            redactor.write(&before, number, &mut bytes).expect("memory takes everything");
            texts.push(String::from_utf8(bytes.clone()).expect("redacted traces are UTF-8"));
            let source = Source::from_bytes(redactor.file_name(number.into()), bytes);
            let own = TraceFile::new(source).unwrap_or_else(|why| panic!("{}: {why}", file.name()));
            redacted.push(Arc::new(own));
        }
        let after = build(&redacted, &Progress::default(), |_| {});
        Self { name: name.to_owned(), before, redactor, texts, after }
    }
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-logs")
}

/// Every sample by itself, every folder of them, and all together.
fn pairs() -> Vec<Pair> {
    let mut pairs = vec![Pair::of("all", &[samples()])];
    for entry in std::fs::read_dir(samples()).expect("the samples") {
        let path = entry.expect("an entry").path();
        let is_sample = path.is_dir() || path.extension().is_some_and(|end| end != "md");
        if is_sample {
            pairs.push(Pair::of(&path.to_string_lossy(), std::slice::from_ref(&path)));
        }
        for inside in path.is_dir().then(|| std::fs::read_dir(&path).expect("a folder")).into_iter().flatten() {
            let inside = inside.expect("an entry").path();
            pairs.push(Pair::of(&inside.to_string_lossy(), std::slice::from_ref(&inside)));
        }
    }
    assert!(pairs.len() > 12);
    pairs
}

/// A trace that is written here.
fn written(files: &[(&str, &str)]) -> Pair {
    let files = files.iter().map(|(name, text)| {
        let source = Source::from_bytes(name, text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes());
        TraceFile::new(source).expect("a trace")
    });
    Pair::of_files("written", files.collect())
}
