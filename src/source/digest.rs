//! What a file is known by: the SHA-256 of its bytes, so that a report can be held against the logs it was made of.

use super::{Content, Source};
use sha2::{Digest as _, Sha256};
use std::io::Read as _;

impl Source {
    /// True for a file of an archive: its digest is that of the text in it, which lies nowhere on the disk.
    #[must_use]
    pub fn is_packed(&self) -> bool {
        self.opened.is_none() && matches!(self.content, Content::Temporary(_))
    }

    /// SHA-256 in hexadecimal: of the file as it lies on the disk; of a packed file, of what was packed, and that as
    /// UTF-8 if it was not.
    ///
    /// # Errors
    /// Where the text was made into UTF-8 and the file cannot be read again.
    pub fn sha256(&self) -> std::io::Result<String> {
        let mut hasher = Sha256::new();
        match self.path().filter(|_| self.original.is_some()) {
            Some(path) => {
                let mut file = std::fs::File::open(path)?;
                let mut buffer = vec![0; 1 << 16];
                loop {
                    let read = file.read(&mut buffer)?;
                    if read == 0 {
                        break;
                    }
                    hasher.update(buffer.get(..read).unwrap_or_default());
                }
            }
            None => hasher.update(self.all()),
        }
        Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_file_whatever_its_encoding() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.txt");
        let wide: Vec<u8> = "\u{FEFF}abc".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for (bytes, wanted) in [(b"abc".to_vec(), Some(known)), (wide, None)] {
            std::fs::write(&path, &bytes).expect("a file");
            let source = open(&path, "a.txt").expect("it opens").sources.remove(0).expect("a source");
            let digest = source.sha256().expect("it can be read");
            let of_bytes: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(digest, of_bytes);
            assert!(wanted.is_none_or(|wanted| digest == wanted));
        }
    }
}
