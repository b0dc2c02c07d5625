//! Authentication tokens: any bytes are read without a panic, and what is cut or damaged gives no more than the whole.

use super::cases;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index as At, select};
use uccello::protocol::token::{Token, decode, decode_text};

#[path = "../../examples/make_sample_logs"]
#[allow(dead_code, reason = "the stories need more of it")]
mod made {
    pub mod clock;
    pub mod der;
    pub mod ids;
    pub mod tokens;
}

/// One token of each kind, as text.
fn whole_tokens() -> Vec<String> {
    use made::tokens;
    let ids = &mut made::ids::Ids::for_story("tokens");
    let now = made::clock::at(13, 21, 21, 118);
    let server = "fe01.contoso.com";
    let who = tokens::NtlmUser { domain: "CONTOSO", user: "anna", workstation: "PC-17" };
    let certificate = made::der::Certificate {
        subject: server,
        issuer: "Contoso Issuing CA",
        not_before: now - 86_400_000,
        not_after: now,
        alt_names: &["fepool01.contoso.com", "sip:anna@contoso.com"],
    };
    vec![
        tokens::ntlm_negotiate(),
        tokens::ntlm_challenge(now, "CONTOSO", "contoso.com", server, ids),
        tokens::ntlm_answer(now, &who, server, ids),
        tokens::kerberos_request("CONTOSO.COM", server, ids),
        tokens::kerberos_error(37, now, "CONTOSO.COM", server),
        tokens::spnego_offer("CONTOSO.COM", server, ids),
        tokens::spnego_answer(1, &tokens::ntlm_challenge_bytes(now, "CONTOSO", "contoso.com", server, ids)),
        tokens::tls_client_hello(ids),
        tokens::tls_server_hello(&certificate, ids),
        tokens::tls_client_finished(&certificate, ids),
        tokens::tls_server_finished(ids),
        tokens::tls_alert(2, 45),
    ]
}

/// The bytes of a text in base64 with padding.
fn bytes_of(base64: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<usize> = base64.chars().filter_map(|c| ALPHABET.find(c)).collect();
    let of_group = |group: &[usize]| {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        [bits >> 16, bits >> 8, bits].map(|byte| byte as u8)[..group.len() - 1].to_vec()
    };
    digits.chunks(4).flat_map(of_group).collect()
}

/// Everything that a face would ask of a token.
fn look_at(token: &Token) -> usize {
    let facts = token.facts();
    assert!(facts.iter().all(|(_, value)| !value.is_empty() && value.chars().count() <= 801), "{facts:?}");
    let _ = (token.is_cut(), token.ntlm().is_some(), token.kerberos().is_some(), token.tls().is_some());
    facts.len()
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn any_bytes_are_decoded_without_a_panic(start in select(STARTS.to_vec()), bytes in vec(any::<u8>(), 0..600)) {
        look_at(&decode(&[start, &bytes].concat()));
        look_at(&decode_text(&bytes));
    }

    #[test]
    fn a_token_with_changed_bytes_is_decoded_without_a_panic(
        which in any::<At>(),
        changes in vec((any::<At>(), any::<u8>()), 1..6),
    ) {
        let tokens = whole_tokens();
        let mut bytes = bytes_of(&tokens[which.index(tokens.len())]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        look_at(&decode(&bytes));
    }
}

/// How tokens of each kind start, and nothing.
const STARTS: [&[u8]; 9] = [
    b"",
    b"NTLMSSP\0\x01\0\0\0",
    b"NTLMSSP\0\x02\0\0\0",
    b"NTLMSSP\0\x03\0\0\0",
    b"\x60\x82\x02\x00\x06\x06\x2b\x06\x01\x05\x05\x02\xa0\x82\x02\x00\x30\x82\x02\x00",
    b"\xa1\x82\x02\x00\x30\x82\x02\x00\xa2\x82\x02\x00\x04\x82\x02\x00",
    b"\x6e\x82\x02\x00\x30\x82\x02\x00\xa3\x82\x02\x00\x61\x82\x02\x00",
    b"\x16\x03\x03\x02\x00\x0b\x00\x02\x00\x00\x01\xf0\x00\x01\xf0\x30\x82\x01\xf0\x30\x82\x01\xf0",
    b"\x16\x03\x01\x00\x40",
];

#[test]
fn every_start_of_a_token_is_decoded_and_says_no_more_than_the_whole() {
    for text in whole_tokens() {
        let bytes = bytes_of(&text);
        let whole = decode(&bytes);
        assert!(!whole.is_cut() && !matches!(whole, Token::Unknown { .. } | Token::Empty), "{whole:?}");
        assert_eq!(decode_text(text.as_bytes()), whole);
        let facts = look_at(&whole);
        for end in 0..bytes.len() {
            let start = decode(&bytes[..end]);
            assert_ne!(start, whole, "{end} of {}", bytes.len());
            // One more: the note that it is cut.
            assert!(look_at(&start) <= facts + 1, "{end}: {:?}", start.facts());
            look_at(&decode_text(&text.as_bytes()[..end]));
        }
    }
}

#[test]
fn every_token_with_one_byte_changed_is_decoded() {
    for text in whole_tokens() {
        let whole = bytes_of(&text);
        // What stands behind is ciphertext and keys.
        for at in 0..whole.len().min(400) {
            for change in [0x01, 0x7f, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] ^= change;
                look_at(&decode(&bytes));
            }
        }
    }
}

#[test]
fn a_long_run_of_tiny_parts_is_decoded_at_once() {
    let messages = [0_u8; 4 * 4000];
    let record = [&[0x16, 3, 3][..], &(messages.len() as u16).to_be_bytes(), &messages].concat();
    look_at(&decode(&record.repeat(50)));
    look_at(&decode(&[0x15, 3, 3, 0, 2, 1, 0].repeat(100_000)));
    look_at(&decode(&[0xa0].repeat(1_000_000)));
    look_at(&decode_text(&b"YYYY".repeat(500_000)));
}
