//! Made-up identifiers: everything in a log that looks random, drawn from a small generator with a fixed
//! seed, so that the same story always gives the same bytes.

/// A small random number generator (xorshift64*). Good enough to look random, and the same everywhere.
pub struct Ids {
    state: u64,
}

impl Ids {
    /// The generator of a story; its name is the seed, so that a new story never changes an old one.
    pub fn for_story(name: &str) -> Self {
        let mut seed = 0xcbf2_9ce4_8422_2325_u64;
        for byte in name.bytes() {
            seed = (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Self { state: seed | 1 }
    }

    pub fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number from 0 up to, not including, `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 16) % limit.max(1)
    }

    /// A number of milliseconds in `low..=high`.
    pub fn millis(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.below(span)).unwrap_or(0)
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T], otherwise: &'a T) -> &'a T {
        let index = self.below(from.len() as u64);
        usize::try_from(index).ok().and_then(|i| from.get(i)).copied().unwrap_or(otherwise)
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }

    /// Lower-case hex digits.
    pub fn hex(&mut self, digits: usize) -> String {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        (0..digits).map(|_| char::from(HEX[(self.next() >> 60) as usize & 15])).collect()
    }

    /// Upper-case hex digits.
    pub fn upper_hex(&mut self, digits: usize) -> String {
        self.hex(digits).to_ascii_uppercase()
    }

    /// A Call-ID of the client's kind: 32 hex digits.
    pub fn call_id(&mut self) -> String {
        self.hex(32)
    }

    /// A From or To tag: 10 hex digits.
    pub fn tag(&mut self) -> String {
        self.hex(10)
    }

    /// A server's To tag: 32 upper-case hex digits.
    pub fn server_tag(&mut self) -> String {
        self.upper_hex(32)
    }

    /// A Via branch of the server's kind.
    pub fn branch(&mut self) -> String {
        format!("z9hG4bK{}.{}", self.upper_hex(8), self.upper_hex(16))
    }

    /// `a1b2c3d4-....`, lower case.
    pub fn guid(&mut self) -> String {
        format!("{}-{}-4{}-a{}-{}", self.hex(8), self.hex(4), self.hex(3), self.hex(3), self.hex(12))
    }

    /// A trace correlation id of a server: a decimal number of up to 32 bits.
    pub fn correlation(&mut self) -> u32 {
        (self.next() >> 32) as u32 | 0x0100_0000
    }
}

/// Standard base64 with padding (RFC 4648 section 4).
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            if position <= chunk.len() {
                let six_bits = group >> (18 - 6 * position) & 63;
                out.push(char::from(ALPHABET[six_bits as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}
