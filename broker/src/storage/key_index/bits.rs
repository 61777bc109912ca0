//! Numbers of any number of bits, one after another, the lowest bit first.
//!
//! A Rice code is short for small numbers: all but the lowest bits as that many ones and a zero, and then
//! the lowest bits. A number that is too large for it has [`ESCAPE`] ones, and then all of its bits.

/// The number of ones that marks a number that has no Rice code.
const ESCAPE: u32 = 16;

/// Writes numbers.
#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    /// Bits that are no whole byte yet.
    rest: u64,
    count: u32,
}

impl Writer {
    /// Returns the number of bits that were written.
    pub(super) fn bits(&self) -> usize {
        self.bytes.len() * 8 + self.count as usize
    }

    /// Appends the lowest `bits` of a number, at most 32, of which it has no more.
    pub(super) fn put(&mut self, number: u32, bits: u32) {
        self.rest |= u64::from(number) << self.count;
        self.count += bits;
        while self.count >= 8 {
            self.bytes.push(self.rest as u8);
            self.rest >>= 8;
            self.count -= 8;
        }
    }

    /// Returns the length of a number's code, with `low` lowest bits. The number has at most `all` bits.
    pub(super) fn rice_bits(number: u32, low: u32, all: u32) -> u32 {
        let high = number >> low;
        if high < ESCAPE { high + 1 + low } else { ESCAPE + all }
    }

    pub(super) fn put_rice(&mut self, number: u32, low: u32, all: u32) {
        let high = number >> low;
        if high < ESCAPE {
            self.put((1 << high) - 1, high + 1);
            self.put(number & ((1 << low) - 1), low);
        } else {
            self.put((1 << ESCAPE) - 1, ESCAPE);
            self.put(number, all);
        }
    }

    /// Returns the bytes, the last one filled up with zeros.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.bytes.push(self.rest as u8);
        }
        self.bytes
    }
}

/// Reads numbers. After the end, there are zeros.
pub(super) struct Reader<'a> {
    bytes: std::slice::Iter<'a, u8>,
    rest: u64,
    count: u32,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter(), rest: 0, count: 0 }
    }

    /// Has at least 32 bits in `rest`.
    fn fill(&mut self) {
        while self.count < 32 {
            let byte = self.bytes.next().copied().unwrap_or_default();
            self.rest |= u64::from(byte) << self.count;
            self.count += 8;
        }
    }

    /// Returns a number of `bits`, at most 32.
    pub(super) fn take(&mut self, bits: u32) -> u32 {
        let bits = bits.min(32);
        self.fill();
        let number = self.rest & ((1 << bits) - 1);
        self.rest >>= bits;
        self.count -= bits;
        number as u32
    }

    pub(super) fn rice(&mut self, low: u32, all: u32) -> u32 {
        self.fill();
        let high = self.rest.trailing_ones().min(ESCAPE);
        if high == ESCAPE {
            self.take(ESCAPE);
            return self.take(all);
        }
        self.take(high + 1);
        let lowest = self.take(low);
        high.checked_shl(low).unwrap_or_default() | lowest
    }
}
