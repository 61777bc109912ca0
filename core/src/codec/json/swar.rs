//! Scans text eight bytes at a time ("SIMD within a register"). Most strings in headers are short,
//! but some are long.

/// A word with the value 1 in every byte.
pub(super) const ONES: u64 = u64::MAX / 0xff;

/// Returns the number of bytes before the first match in `text`.
///
/// `marks` takes eight bytes as a little-endian word and sets the top bit of each match. It must
/// not set that of a byte before the first match; bytes after it may have false marks. `is_it`
/// checks the last few bytes one by one.
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

/// Copies `text` up to the first match in it, eight bytes at a time, or up to the end of `out`. Returns the number of bytes before
/// that. Bytes of `out` behind them may be overwritten. For the arguments, see [`before`].
#[inline(always)]
pub(super) fn copy_before(
    text: &[u8],
    out: &mut [u8],
    marks: impl Fn(u64) -> u64,
    is_it: impl Fn(u8) -> bool,
) -> usize {
    // Of equal lengths, so that each step checks one of them.
    let length = text.len().min(out.len());
    let words = length & !7;
    let (from, last) = text[..length].split_at(words);
    let (to, last_to) = out[..length].split_at_mut(words);
    let mut copied = 0;
    for (word, place) in from.chunks_exact(8).zip(to.chunks_exact_mut(8)) {
        place.copy_from_slice(word);
        let word = word.first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        let found = marks(word) & (ONES << 7);
        if found != 0 {
            return copied + found.trailing_zeros() as usize / 8;
        }
        copied += 8;
    }
    for (byte, place) in last.iter().zip(last_to) {
        if is_it(*byte) {
            break;
        }
        *place = *byte;
        copied += 1;
    }
    copied
}

/// Sets the top bit of the bytes of `word` that equal `byte`. Bytes after the first match may be
/// marked falsely.
#[inline(always)]
pub(super) const fn marked(word: u64, byte: u8) -> u64 {
    let zero = word ^ (ONES * byte as u64);
    zero.wrapping_sub(ONES) & !zero
}

/// Sets the top bit of the bytes of `word` that are `"` or `\`, as [`marked`] does.
#[inline(always)]
pub(super) const fn quotes(word: u64) -> u64 {
    marked(word, b'"') | marked(word, b'\\')
}
