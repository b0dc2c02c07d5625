//! Any bytes as an authentication token, raw and as the text of one: it is decoded without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uccello::protocol::token::{decode, decode_text};

fuzz_target!(|bytes: &[u8]| {
    for token in [decode(bytes), decode_text(bytes)] {
        drop(token.facts());
    }
});
