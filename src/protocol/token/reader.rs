//! Numbers and pieces from the front of some bytes, and never past their end.

/// Reads in network order, as TLS and DER write. Where too little is left it gives nothing and stays where it is.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// So many bytes, or all that is left; `true` where that is less.
    pub fn take_up_to(&mut self, count: usize) -> (&'a [u8], bool) {
        let is_cut = count > self.rest.len();
        (self.take(count.min(self.rest.len())).unwrap_or_default(), is_cut)
    }

    /// A number of up to four bytes.
    pub fn number(&mut self, bytes: usize) -> Option<usize> {
        debug_assert!(bytes <= 4);
        Some(self.take(bytes)?.iter().fold(0, |number, byte| (number << 8) | usize::from(*byte)))
    }

    pub fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    pub fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    /// A piece behind its own length, which takes so many bytes.
    pub fn piece(&mut self, length_bytes: usize) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let length = ahead.number(length_bytes)?;
        let piece = ahead.take(length)?;
        *self = ahead;
        Some(piece)
    }

    /// As [`Self::piece`], but a piece that is cut gives what is left of it.
    pub fn piece_up_to(&mut self, length_bytes: usize) -> Option<(&'a [u8], bool)> {
        let length = self.number(length_bytes)?;
        Some(self.take_up_to(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_end_where_the_bytes_end() {
        let mut reader = Reader::new(&[0, 2, 7, 8, 0, 9, 1]);
        assert_eq!(reader.piece(2), Some(&[7, 8][..]));
        assert_eq!(reader.piece(2), None);
        assert_eq!(reader.rest(), [0, 9, 1], "nothing was taken");
        assert_eq!(reader.piece_up_to(2), Some((&[1][..], true)));
        assert_eq!((reader.byte(), reader.u16(), reader.number(3)), (None, None, None));
        assert!(reader.is_empty());
    }
}
