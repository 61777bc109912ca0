//! What the fuzz targets check. Each module has one `check`, which takes the fuzzer's bytes and
//! panics if something is wrong; the files in `fuzz_targets` and the test of the seeds call it.
#![allow(clippy::expect_used, clippy::panic, reason = "a fuzzer's finding is a panic")]

pub mod command;
pub mod decode;
pub mod driver;
mod layers;
pub mod proxy_header;
pub mod round_trip;
mod runtime;
pub mod seeds;
pub mod tls_sniff;
mod wire;

/// Takes the fuzzer's bytes one after the other.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// `None` when all are taken.
    pub(crate) fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// 0 when all are taken.
    pub(crate) fn byte(&mut self) -> u8 {
        self.next().unwrap_or_default()
    }

    /// One of `choices`.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        choices[usize::from(self.byte()) % N]
    }

    /// At most `max` of the next bytes.
    pub(crate) fn take(&mut self, max: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(max.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}
