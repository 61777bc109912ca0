//! Searches for rounds after a place where there is none.

use super::format::{Format, MAGIC, ROUND_HEADER, heading};
use super::segment::{Segment, Segments};
use std::io;

/// The number of bytes that are searched at once.
const READ: usize = 1024 * 1024;

/// Whole rounds that were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Later {
    /// The offset of the first one.
    pub(super) first: u64,
    /// One of them was written after everything before `first` was synced, so that a round is damaged.
    /// Otherwise, the loss of power that cut off the missing round may have let them survive.
    pub(super) proves_damage: bool,
}

/// Searches the segments from number `current` on for whole rounds after the offset `at`, at which
/// there is none.
pub(super) fn rounds_after(
    format: Format,
    segments: &Segments,
    current: usize,
    at: u64,
) -> io::Result<Option<Later>> {
    let mut later: Option<Later> = None;
    for segment in segments.iter().skip(current) {
        let mut from = (at + 1).max(segment.base);
        while let Some((base, durable, length)) = next_round(format, segment, from)? {
            let later = later.get_or_insert(Later { first: base, proves_damage: false });
            later.proves_damage |= durable > at;
            if later.proves_damage {
                return Ok(Some(*later));
            }
            from = base + length;
        }
    }
    Ok(later)
}

/// Returns offset, `durable` and length of the first whole round of a segment from an offset on.
fn next_round(format: Format, segment: &Segment, from: u64) -> io::Result<Option<(u64, u64, u64)>> {
    let file = segment.file()?;
    let length = file.len()?;
    let mut buffer = Vec::new();
    let mut place = from - segment.base;
    while place + ROUND_HEADER as u64 <= length {
        buffer.resize((length - place).min(READ as u64) as usize, 0);
        file.read_at(&mut buffer, place)?;
        for start in candidates(&buffer) {
            let base = segment.base + place + start as u64;
            let Some(heading) = heading(&buffer[start..], base) else { continue };
            if heading.length as u64 > length - (base - segment.base) {
                continue;
            }
            let mut round = vec![0; heading.length];
            file.read_at(&mut round, base - segment.base)?;
            if format.is_whole(&heading, &round) {
                return Ok(Some((base, heading.header.durable, heading.length as u64)));
            }
        }
        if buffer.len() < READ {
            break;
        }
        // A header may begin in this part and end in the next.
        place += (READ - ROUND_HEADER + 1) as u64;
    }
    Ok(None)
}

/// Returns the places at which a round's header may begin.
fn candidates(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        let found = from + bytes.get(from..)?.iter().position(|&byte| byte == MAGIC[0])?;
        from = found + 1;
        Some(found)
    })
    .filter(|&at| bytes[at..].starts_with(&MAGIC))
}
