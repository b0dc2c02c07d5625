//! Traces that do not lie on the disk as text in UTF-8: other encodings, archives, and archives that were made to
//! do harm.

use super::{ANNA, Folder, SERVER, argument, field, number, objects, uccello};
use serde_json::Value;
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn log() -> String {
    std::fs::read_to_string(ANNA).expect("the sample is UTF-8")
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let bytes = if big { u16::to_be_bytes } else { u16::to_le_bytes };
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).and_then(|()| packer.finish()).expect("memory takes all")
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        archive.start_file(*name, options).expect("a name");
        archive.write_all(bytes).expect("memory takes all");
    }
    archive.finish().expect("memory takes all").into_inner()
}

/// What must not depend on how a log is stored.
fn told(objects: &[Value]) -> Vec<String> {
    let told = |object: &Value| {
        let mut object = object.as_object().expect("an object").clone();
        for name in ["file", "offset", "length"] {
            object.remove(name);
        }
        Value::from(object).to_string()
    };
    objects.iter().map(told).collect()
}

#[test]
fn copies_in_other_encodings_and_archives_tell_the_same() {
    let folder = Folder::new();
    let wanted = told(&objects(&[ANNA, "--all"]));
    let text = log();
    let lf = text.replace("\r\n", "\n");
    let marked = format!("\u{FEFF}{text}");
    let copies: [(&str, &str, Vec<u8>); 7] = [
        ("le.UccApilog", "utf-16le", utf16(&text, false)),
        ("be.UccApilog", "utf-16be", utf16(&text, true)),
        ("bare.UccApilog", "utf-16le", utf16(&text, false).split_off(2)),
        ("bom.UccApilog", "utf-8-bom", marked.into_bytes()),
        ("lf.UccApilog", "utf-8", lf.into_bytes()),
        ("packed.gz", "utf-8", gzip(text.as_bytes())),
        ("packed.zip", "utf-16le", zip(&[("logs/anna.UccApilog", &utf16(&text, false))])),
    ];
    for (name, encoding, bytes) in copies {
        let path = folder.file(name, &bytes);
        let found = objects(&[&path, "--all"]);
        // A body that ends in CRLF is shorter with LF, which is all that may differ.
        let found = told(&found);
        assert_eq!(found.len(), wanted.len(), "{name}");
        for (found, wanted) in found.iter().zip(&wanted) {
            assert_eq!(found, wanted, "{name}");
        }
        let info: Value =
            serde_json::from_str(&uccello(&["info", &path, "--format", "json"]).printed()).expect("info is JSON");
        let file = &info["files"][0];
        assert_eq!(field(file, "encoding"), encoding, "{name}");
        assert_eq!(number(file, "records"), wanted.len() as u64, "{name}");
        assert_eq!(number(file, "lines_not_understood"), 0, "{name}");
    }
}

#[test]
fn offsets_are_those_of_the_file_on_the_disk() {
    let folder = Folder::new();
    let text = format!("{}11/20/2024|14:59:00.000 2A10:C74 INFO  :: André 😀 Lindqvist €\r\n", log());
    let bytes = utf16(&text, false);
    let path = folder.file("le.UccApilog", &bytes);
    let mut end = 0;
    for object in objects(&[&path, "--all"]) {
        let (offset, length) = (number(&object, "offset"), number(&object, "length"));
        assert!(offset <= end, "no byte between records is lost");
        end = end.max(offset + length);
        let record = &bytes[offset as usize..(offset + length) as usize];
        let units: Vec<u16> = record.as_chunks::<2>().0.iter().map(|&unit| u16::from_le_bytes(unit)).collect();
        let text = String::from_utf16(&units).expect("records end between characters");
        let start = text.trim_start_matches('\u{FEFF}');
        assert!(start.starts_with("11/20/2024|"), "{start:.60}");
    }
    assert_eq!(end, bytes.len() as u64);
    assert_eq!(objects(&[&path, "--all", "--where", "\"😀 lindqvist\""]).len(), 1);
}

#[test]
fn a_line_in_windows_1252_is_found_by_its_letters() {
    let folder = Folder::new();
    let mut bytes = log().into_bytes();
    bytes.extend_from_slice(b"11/20/2024|14:59:00.000 2A10:C74 INFO  :: Andr\xE9 \x96 Lindqvist\r\n");
    let path = folder.file("old.UccApilog", &bytes);
    let info = uccello(&["info", &path, "--format", "json"]).printed();
    assert!(info.contains("\"windows-1252\""), "{info}");
    for query in ["\"andré –\"", "/ANDRÉ . l/"] {
        assert_eq!(objects(&[&path, "--all", "--where", query]).len(), 1, "{query}");
    }
}

#[test]
fn members_of_a_zip_are_named_after_it_and_what_is_no_trace_is_passed_over() {
    let folder = Folder::new();
    let server = std::fs::read(SERVER).expect("the sample is there");
    let archive = zip(&[
        ("b/fe01.txt", &server),
        ("a/anna.UccApilog", log().as_bytes()),
        ("a/picture.jpg", b"\xFF\xD8\xFF\xE0 JFIF"),
        ("../../escape.UccApilog", log().as_bytes()),
    ]);
    let path = folder.file("case.zip", &archive);
    let run = uccello(&["info", &path, "--format", "json"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let info: Value = serde_json::from_str(&run.out).expect("info is JSON");
    let files = info["files"].as_array().expect("files").clone();
    let names: Vec<_> = files.iter().map(|file| field(file, "file").replace(&path, "case.zip")).collect();
    assert_eq!(
        names,
        [
            "case.zip/../../escape.UccApilog",
            "case.zip/a/anna.UccApilog",
            "case.zip/b/fe01.txt",
            "case.zip/a/picture.jpg"
        ]
    );
    assert!(files[3]["warnings"][0].as_str().is_some_and(|warning| warning.contains("JPEG")));
    assert!(!folder.0.path().parent().is_some_and(|above| above.join("escape.UccApilog").exists()));
}

#[test]
fn a_damaged_member_of_a_zip_is_named_and_the_others_are_read() {
    let folder = Folder::new();
    let mut archive = zip(&[("a.UccApilog", log().as_bytes()), ("b.UccApilog", b"damaged below")]);
    // In the packed bytes of the second member, which follow its name.
    let name = archive.windows(11).position(|bytes| bytes == b"b.UccApilog").expect("its name");
    archive[name + 11..name + 19].fill(0xFF);
    let path = folder.file("case.zip", &archive);
    let run = uccello(&["info", &path, "--format", "json"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let info: Value = serde_json::from_str(&run.out).expect("info is JSON");
    let files = info["files"].as_array().expect("files").clone();
    let names: Vec<_> = files.iter().map(|file| field(file, "file").replace(&path, "case.zip")).collect();
    assert_eq!(names, ["case.zip/a.UccApilog", "case.zip/b.UccApilog"]);
    assert!(files[1]["warnings"].to_string().contains("damaged"), "{}", files[1]);
}

#[test]
fn archives_that_cannot_be_used_say_why() {
    let folder = Folder::new();
    let whole = zip(&[("anna.UccApilog", log().as_bytes())]);
    let packed = gzip(log().as_bytes());
    let zeros = vec![0; 300 << 20];
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("cut.zip", whole[..whole.len() / 2].to_vec(), "damaged"),
        ("cut.gz", packed[..packed.len() / 2].to_vec(), "damaged"),
        ("bomb.gz", gzip(&zeros), "200 times its size"),
        ("bomb.zip", zip(&[("zeros.txt", &zeros)]), "200 times its size"),
        ("picture.zip", zip(&[("picture.jpg", b"\xFF\xD8\xFF\xE0 JFIF")]), "holds no traces"),
        ("empty.zip", zip(&[]), "holds no traces"),
    ];
    for (name, bytes, word) in cases {
        let path = folder.file(name, &bytes);
        let run = uccello(&["messages", &path]);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{name}: {}", run.err);
        assert!(run.err.contains(name) && run.err.contains(word), "{name}: {}", run.err);
    }
}

#[test]
fn where_no_temporary_file_can_be_written_the_sentence_says_where() {
    let folder = Folder::new();
    let path = folder.file("le.UccApilog", utf16(&log(), false));
    let missing = folder.0.path().join("missing");
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_uccello"))
        .env("TMPDIR", &missing)
        .args(["messages", &path])
        .output()
        .expect("the program starts");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains(&missing.display().to_string()) && err.contains("TMPDIR"), "{err}");
}

/// A limit on the size of files meets the program where a full disk would: while it writes what it unpacks.
#[cfg(unix)]
#[test]
fn where_the_disk_is_full_the_sentence_says_which_file_and_what_to_do() {
    let (folder, room) = (Folder::new(), Folder::new());
    std::fs::create_dir(folder.0.path().join("logs")).expect("a folder");
    // 8 blocks are 4 or 8 KiB, by the shell; each of these needs far more.
    for (given, name, bytes) in [
        ("packed.gz", "packed.gz", gzip(log().as_bytes())),
        ("packed.zip", "packed.zip", zip(&[("a/anna.UccApilog", log().as_bytes())])),
        ("le.UccApilog", "le.UccApilog", utf16(&log(), false)),
        // A log in a folder is not passed over for want of room, as a picture would be.
        ("logs", "logs/le.UccApilog", utf16(&log(), false)),
    ] {
        folder.file(name, bytes);
        let path = argument(&folder.0.path().join(given));
        let output = assert_cmd::Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" info \"$1\"", env!("CARGO_BIN_EXE_uccello"), &path])
            .env("TMPDIR", room.0.path())
            .output()
            .expect("a shell");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{name}: {err}");
        assert_eq!(err.lines().count(), 1, "one sentence: {err}");
        assert!(err.contains(name) && err.contains(&room.path()), "{err}");
        assert!(err.contains("; make room there or set TMPDIR to a folder that has some"), "{err}");
        assert_eq!(std::fs::read_dir(room.0.path()).expect("the folder").count(), 0, "something was left behind");
    }
}
