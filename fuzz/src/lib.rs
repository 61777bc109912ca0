//! The checks of the fuzz targets. Each module has one `check`, which takes the fuzzer's bytes and
//! panics if a check fails. The files in `fuzz_targets` and the test of the seeds call it.
#![allow(clippy::expect_used, clippy::panic, reason = "a fuzzer's finding is a panic")]

pub mod broker;
pub mod command;
pub mod decode;
pub mod driver;
mod layers;
pub mod proxy_header;
pub mod round_trip;
mod runtime;
pub mod seeds;
pub mod sql;
pub mod tls_sniff;
mod wire;

/// Reads the fuzzer's bytes in order.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Returns the next byte, or `None` at the end.
    pub(crate) fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Returns the next byte, or 0 at the end.
    pub(crate) fn byte(&mut self) -> u8 {
        self.next().unwrap_or_default()
    }

    /// Returns one of `choices`.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        choices[usize::from(self.byte()) % N]
    }

    /// Returns at most `max` of the next bytes.
    pub(crate) fn take(&mut self, max: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(max.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}
