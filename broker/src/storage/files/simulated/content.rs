//! The content of a file.

use super::PAGE;
use super::random::Random;
use std::collections::BTreeMap;
use std::ops::Range;

/// The bytes of a file.
#[derive(Clone, Default)]
pub(super) struct Content {
    pub(super) visible: Vec<u8>,
    /// The bytes after the last sync.
    synced: Vec<u8>,
    /// The changes since then.
    changes: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    SetLen(usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(at, written) => {
                let end = at + written.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*at..end].copy_from_slice(written);
            }
            Self::SetLen(len) => bytes.resize(*len, 0),
        }
    }

    /// Returns the length of the file after this change.
    fn len(&self, before: usize) -> usize {
        match self {
            Self::Write(at, written) => before.max(at + written.len()),
            Self::SetLen(len) => *len,
        }
    }

    /// Returns the bytes of a file of `len` bytes that this changes.
    fn range(&self, len: usize) -> Range<usize> {
        match self {
            Self::Write(at, written) => *at..at + written.len(),
            Self::SetLen(to) => *to..len.max(*to),
        }
    }

    /// Makes the part of this change that is in `range`.
    fn apply_to(&self, range: Range<usize>, bytes: &mut [u8]) {
        match self {
            Self::Write(at, written) => {
                bytes[range.clone()].copy_from_slice(&written[range.start - at..range.end - at]);
            }
            Self::SetLen(_) => bytes[range].fill(0),
        }
    }
}

impl Content {
    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) {
        if !bytes.is_empty() {
            self.change(Change::Write(offset as usize, bytes.into()));
        }
    }

    pub(super) fn set_len(&mut self, len: u64) {
        self.change(Change::SetLen(len as usize));
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.visible);
        self.changes.push(change);
    }

    pub(super) fn sync(&mut self) {
        self.changes.drain(..).for_each(|change| change.apply(&mut self.synced));
    }

    /// Keeps any part of the changes, and forgets that the rest is not synced.
    pub(super) fn fail_sync(&mut self, random: &mut Random) {
        self.synced = self.survivor(random);
        self.changes.clear();
    }

    pub(super) fn damage(&mut self, offset: u64, bytes: &[u8]) {
        let change = Change::Write(offset as usize, bytes.into());
        change.apply(&mut self.visible);
        change.apply(&mut self.synced);
    }

    /// Returns the file after a crash.
    pub(super) fn crash(&self, random: &mut Random) -> Self {
        let synced = self.survivor(random);
        Self { visible: synced.clone(), synced, changes: Vec::new() }
    }

    fn survivor(&self, random: &mut Random) -> Vec<u8> {
        match random.below(4) {
            0 => self.synced.clone(),
            1 => self.first(self.changes.len()),
            2 => self.prefix(random),
            _ => self.any_pages(random),
        }
    }

    fn first(&self, count: usize) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        self.changes[..count].iter().for_each(|change| change.apply(&mut bytes));
        bytes
    }

    /// Keeps the first changes, the last of them in part.
    fn prefix(&self, random: &mut Random) -> Vec<u8> {
        let count = random.below(self.changes.len() + 1);
        let mut bytes = self.first(count);
        if let Some(Change::Write(at, written)) = self.changes.get(count) {
            let torn = random.below(written.len() + 1);
            Change::Write(*at, written[..torn].into()).apply(&mut bytes);
        }
        bytes
    }

    /// Keeps, of each page, any number of its changes, the last of them in part.
    fn any_pages(&self, random: &mut Random) -> Vec<u8> {
        // The changes of each page, as ranges.
        let mut pages: BTreeMap<usize, Vec<(usize, Range<usize>)>> = BTreeMap::new();
        let mut len = self.synced.len();
        let mut longest = len;
        let lens = random.below(self.changes.len() + 1);
        let mut kept_len = len;
        for (index, change) in self.changes.iter().enumerate() {
            for (page, part) in in_pages(change.range(longest)) {
                pages.entry(page).or_default().push((index, part));
            }
            len = change.len(len);
            longest = longest.max(len);
            if index < lens {
                kept_len = len;
            }
        }
        let mut bytes = self.synced.clone();
        bytes.resize(longest, 0);
        for parts in pages.values() {
            let count = random.below(parts.len() + 1);
            for (index, part) in &parts[..count] {
                self.changes[*index].apply_to(part.clone(), &mut bytes);
            }
            if let Some((index, part)) = parts.get(count) {
                let torn = part.start..part.start + random.below(part.len() + 1);
                if random.one_in(2) {
                    self.changes[*index].apply_to(torn, &mut bytes);
                }
            }
        }
        bytes.resize(kept_len, 0);
        bytes
    }
}

/// Cuts a range at the ends of pages.
fn in_pages(range: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
    let page = PAGE as usize;
    let mut start = range.start;
    std::iter::from_fn(move || {
        let end = (start / page * page + page).min(range.end);
        (start < end).then(|| {
            let part = (start / page, start..end);
            start = end;
            part
        })
    })
}
