//! Text, looked at eight bytes at a time: strings in headers are short as a rule, but some are long.

/// A one in every byte.
pub(super) const ONES: u64 = u64::MAX / 0xff;

/// How many bytes of `text` there are before the first that is looked for.
///
/// `marks` sets the top bit of such bytes in a word of eight, and of no byte before the first of
/// them; those above may lie. `is_it` tells of the last few bytes.
#[inline(always)]
pub(super) fn before(text: &[u8], marks: impl Fn(u64) -> u64, is_it: impl Fn(u8) -> bool) -> usize {
    let mut rest = text;
    while let Some((word, after)) = rest.split_first_chunk() {
        let found = marks(u64::from_le_bytes(*word)) & (ONES << 7);
        if found != 0 {
            return text.len() - rest.len() + found.trailing_zeros() as usize / 8;
        }
        rest = after;
    }
    let last = rest.iter().position(|byte| is_it(*byte));
    text.len() - rest.len() + last.unwrap_or(rest.len())
}

/// Marks the bytes of `word` that are `byte`.
#[inline(always)]
pub(super) const fn marked(word: u64, byte: u8) -> u64 {
    let zero = word ^ (ONES * byte as u64);
    zero.wrapping_sub(ONES) & !zero
}
