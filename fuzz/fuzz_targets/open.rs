//! Any bytes as a file: it is taken for something or refused with a sentence, and what is taken can be read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use uccello::index::{Progress, TraceFile, build};
use uccello::source::Source;

fuzz_target!(|bytes: &[u8]| {
    match TraceFile::new(Source::from_bytes("log.txt", bytes.to_vec())) {
        Err(why) => assert!(why.starts_with("log.txt: ") && why.len() > 20, "{why}"),
        Ok(file) => {
            let index = build(&[Arc::new(file)], &Progress::default(), |_| {});
            for row in index.rows() {
                index.entry(row).expect("every row has an entry");
            }
        }
    }
});
