//! Any bytes as one message: every part of it is read without a panic, and headers found for columns are those
//! found by a full reading.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uccello::protocol::address;
use uccello::protocol::{Body, Headers, Message};

fuzz_target!(|bytes: &[u8]| {
    address::each(bytes, |found| {
        found.canonical();
    });
    let all: Vec<_> = Headers::new(bytes).map(|header| (header.name, header.value.as_ptr())).collect();
    for header in Headers::new(bytes).of_columns() {
        assert!(all.contains(&(header.name, header.value.as_ptr())), "{header:?}");
    }
    if let Some(message) = Message::parse(bytes) {
        message.start_line();
        message.uris();
        message.diagnostics();
        message.packages();
        message.auths().iter().for_each(|auth| drop(auth.facts()));
        drop(Body::read(message.body).map(|body| body.facts()));
        message.content_length();
        message.copy_key();
    }
});
