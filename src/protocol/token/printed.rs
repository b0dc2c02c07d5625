//! NTLM messages that a log prints as text: a character a byte, and a dot for each byte that is not printable.
//!
//! Lengths and flags are lost, but the names are not, and most of the offsets that point to them are printable.

use super::ntlm::{Ntlm, NtlmKind};

/// Where a type 3 keeps the offset of each part, with what stands at it ([MS-NLMP] 2.2.1.3).
const LM_RESPONSE: usize = 16;
const NT_RESPONSE: usize = 24;
const DOMAIN: usize = 32;
const USER: usize = 40;
const WORKSTATION: usize = 48;
/// The same for the target name of a type 2 ([MS-NLMP] 2.2.1.2).
const TARGET_NAME: usize = 16;

/// Offers are no longer than this; what is longer is a challenge or an answer.
const LONGEST_OFFER: usize = 40;

/// Reads what can be read.
pub fn read(text: &[u8]) -> Ntlm {
    let mut ntlm = Ntlm { is_printed: true, ..Ntlm::default() };
    let names = [DOMAIN, USER, WORKSTATION].map(|at| offset(text, at));
    if names.iter().any(Option::is_some) {
        let [domain, user, workstation] = names.map(|start| name(text, start?, &ends(text)));
        ntlm = Ntlm { kind: NtlmKind::Authenticate, domain, user, workstation, ..ntlm };
    } else if text.len() <= LONGEST_OFFER {
        ntlm.kind = NtlmKind::Negotiate;
    } else if let Some(start) = offset(text, TARGET_NAME) {
        ntlm.kind = NtlmKind::Challenge;
        ntlm.target_name = name(text, start, &[]);
    }
    ntlm
}

/// An offset of up to 126 bytes whose low byte is printable; the three bytes above it are zeros.
fn offset(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at..)?.first_chunk::<4>()? {
        [low, b'.', b'.', b'.'] if low.is_ascii_graphic() && *low != b'.' => Some(usize::from(*low)),
        _ => None,
    }
}

/// All offsets of a type 3: each ends the part before it.
fn ends(text: &[u8]) -> Vec<usize> {
    [LM_RESPONSE, NT_RESPONSE, DOMAIN, USER, WORKSTATION].iter().filter_map(|at| offset(text, *at)).collect()
}

/// The name at an offset: up to the next part, or as far as letters go. Each letter takes two bytes, of which the
/// second is zero.
fn name(text: &[u8], start: usize, ends: &[usize]) -> Option<String> {
    let end = ends.iter().copied().filter(|end| *end > start).min();
    let (letters, _) = text.get(start..end.unwrap_or(text.len()))?.as_chunks::<2>();
    let is_letter = |[letter, zero]: &&[u8; 2]| *zero == b'.' && (end.is_some() || *letter != b'.');
    let name: String = letters.iter().take_while(is_letter).map(|[letter, _]| char::from(*letter)).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::made::{clock, ids::Ids, tokens};
    use super::super::text::{self, Written};
    use super::super::{Token, decode_text};
    use super::*;

    fn printed(base64: &str) -> String {
        let (Written::Bytes(bytes), _) = text::read(base64.as_bytes()) else { panic!("{base64}") };
        bytes.iter().map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' }).collect()
    }

    #[test]
    fn names_come_back() {
        let mut ids = Ids::for_story("test");
        let at = clock::at(13, 21, 21, 0);
        let who = tokens::NtlmUser { domain: "CONTOSO", user: "a.berg", workstation: "PC-17" };
        let answer = printed(&tokens::ntlm_answer(at, &who, "fe01.contoso.com", &mut ids));
        assert!(answer.starts_with("NTLMSSP....."), "{answer}");
        let Token::Ntlm(ntlm) = decode_text(answer.as_bytes()) else { panic!("{answer}") };
        assert_eq!((ntlm.kind, ntlm.is_printed), (NtlmKind::Authenticate, true));
        assert_eq!(ntlm.account().as_deref(), Some("CONTOSO\\a.berg"));
        assert_eq!(ntlm.workstation.as_deref(), Some("PC-17"));

        let challenge = printed(&tokens::ntlm_challenge(at, "CONTOSO", "contoso.com", "fe01.contoso.com", &mut ids));
        let Token::Ntlm(ntlm) = decode_text(challenge.as_bytes()) else { panic!("{challenge}") };
        assert_eq!((ntlm.kind, ntlm.target_name.as_deref()), (NtlmKind::Challenge, Some("CONTOSO")));
        assert!(!ntlm.facts().iter().any(|(label, _)| *label == "Flags"), "they are not printable");
    }

    #[test]
    fn what_was_cut_or_edited_gives_less() {
        assert_eq!(read(b"NTLMSSP.").kind, NtlmKind::Negotiate);
        let mut text = vec![b'.'; 90];
        text[USER] = b'R';
        assert_eq!(read(&text).user, None);
    }
}
