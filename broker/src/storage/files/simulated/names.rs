//! The names of a folder's files.

use super::content::Content;
use super::random::Random;
use rocketmq_tower_core::sync::lock;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

pub(super) type Shared = Arc<Mutex<Content>>;
type Map = BTreeMap<String, Shared>;

/// The files of a folder, by name.
#[derive(Default)]
pub(super) struct Names {
    visible: Map,
    /// The files after the last sync.
    synced: Map,
    /// The changes since then.
    changes: Vec<Change>,
}

enum Change {
    Create(String, Shared),
    Rename(String, String),
    Remove(String),
}

impl Change {
    fn apply(&self, map: &mut Map) {
        match self {
            Self::Create(name, file) => {
                map.insert(name.clone(), file.clone());
            }
            Self::Rename(from, to) => {
                let file = map.remove(from).unwrap();
                map.insert(to.clone(), file);
            }
            Self::Remove(name) => {
                map.remove(name).unwrap();
            }
        }
    }
}

impl Names {
    pub(super) fn get(&self, name: &str) -> Option<Shared> {
        self.visible.get(name).cloned()
    }

    pub(super) fn list(&self) -> Vec<String> {
        self.visible.keys().cloned().collect()
    }

    pub(super) fn create(&mut self, name: &str) -> Shared {
        let file = Shared::default();
        self.change(Change::Create(name.into(), file.clone()));
        file
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) {
        self.change(Change::Rename(from.into(), to.into()));
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.change(Change::Remove(name.into()));
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.visible);
        self.changes.push(change);
    }

    pub(super) fn sync(&mut self) {
        self.synced = self.visible.clone();
        self.changes.clear();
    }

    /// Returns the same folder, with files of its own.
    pub(super) fn copy(&self) -> Self {
        let mut copies: Vec<(Shared, Shared)> = Vec::new();
        let mut copy = |file: &Shared| {
            let known = copies.iter().find(|(from, _)| Arc::ptr_eq(from, file));
            if let Some((_, copy)) = known {
                return copy.clone();
            }
            let copy = Arc::new(Mutex::new(lock(file).clone()));
            copies.push((file.clone(), copy.clone()));
            copy
        };
        let mut copy_map = |map: &Map| -> Map {
            map.iter().map(|(name, file)| (name.clone(), copy(file))).collect()
        };
        let (visible, synced) = (copy_map(&self.visible), copy_map(&self.synced));
        let changes = self.changes.iter().map(|change| match change {
            Change::Create(name, file) => Change::Create(name.clone(), copy(file)),
            Change::Rename(from, to) => Change::Rename(from.clone(), to.clone()),
            Change::Remove(name) => Change::Remove(name.clone()),
        });
        Self { visible, synced, changes: changes.collect() }
    }

    /// Returns the folder after a crash.
    pub(super) fn crash(&self, random: &mut Random) -> Self {
        let mut kept = self.synced.clone();
        let count = random.below(self.changes.len() + 1);
        self.changes[..count].iter().for_each(|change| change.apply(&mut kept));
        let crash = |(name, file): (String, Shared)| {
            let file = lock(&file).crash(random);
            (name, Arc::new(Mutex::new(file)))
        };
        let visible: Map = kept.into_iter().map(crash).collect();
        Self { synced: visible.clone(), visible, changes: Vec::new() }
    }
}
