//! Any bytes as a zip or gzip file on the disk: its members are opened or refused, within their bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::Write as _;

fuzz_target!(|input: (bool, &[u8])| {
    let (is_zip, bytes) = input;
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    let magic: &[u8] = if is_zip { b"PK\x03\x04" } else { b"\x1F\x8B\x08" };
    let rest = bytes.strip_prefix(magic).unwrap_or(bytes);
    file.write_all(magic).and_then(|()| file.write_all(rest)).expect("a written file");
    let opened = uccello::index::open(&[file.path().to_owned()], &[]);
    assert!(!opened.files.is_empty() || !opened.errors.is_empty(), "an archive is opened or refused");
});
