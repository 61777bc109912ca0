//! Numbers that look random.

use std::time::Duration;

pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    pub(crate) fn millis(&mut self, below: u64) -> Duration {
        Duration::from_millis(self.roll(below))
    }

    /// Mostly small, sometimes large, seldom very large.
    pub(crate) fn length(&mut self) -> usize {
        let below = match self.roll(1000) {
            0..900 => 512,
            900..990 => 16 * 1024,
            990..999 => 128 * 1024,
            _ => 1024 * 1024,
        };
        self.roll(below) as usize
    }
}
