//! Any text as a query: it is read or refused with a place inside it, and what was read says the same when it is
//! written down and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uccello::query::parse;

fuzz_target!(|text: &str| {
    match parse(text) {
        Ok(query) => {
            let written = query.to_string();
            assert_eq!(parse(&written).as_ref(), Ok(&query), "{written}");
        }
        Err(error) => {
            error.render(text);
        }
    }
});
