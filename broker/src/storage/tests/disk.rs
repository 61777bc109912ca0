//! The store in a folder.

use super::{Scratch, suite};
use crate::Flush;
use crate::storage::disk::DiskOptions;
use crate::storage::{StorageError, open};

#[test]
fn storage_in_a_folder_passes_the_suite() {
    for flush in [Flush::Async, Flush::Sync] {
        let folder = Scratch::new();
        suite::run(&open(&folder, DiskOptions::new(flush)).unwrap());
    }
}

/// With small segments and checkpoints all the time, most of the work happens in the background while
/// the suite runs.
#[test]
fn storage_in_small_segments_passes_the_suite() {
    let folder = Scratch::new();
    let small = DiskOptions {
        segment_size: 4096,
        checkpoint_every: 1024,
        ..DiskOptions::new(Flush::Async)
    };
    suite::run(&open(&folder, small).unwrap());
}

#[test]
fn a_folder_is_used_by_one_storage_at_a_time() {
    let folder = Scratch::new();
    let options = DiskOptions::new(Flush::Async);
    let first = open(&folder, options).unwrap();
    let second = open(&folder, options).err();
    assert!(matches!(second, Some(StorageError::InUse(path)) if path == *folder));
    drop(first);
    open(&folder, options).unwrap();
}

#[test]
fn a_folder_of_an_earlier_version_is_refused() {
    let folder = Scratch::new();
    std::fs::create_dir(folder.join("keyspaces")).unwrap();
    let refused = open(&folder, DiskOptions::new(Flush::Async)).err();
    assert!(matches!(refused, Some(StorageError::OldFormat(path)) if path == *folder));
}

/// The files of fjall are in a folder that only its owner can look into.
#[cfg(unix)]
#[test]
fn folders_and_files_are_readable_by_their_owner_only() {
    use crate::storage::Storage;
    use std::os::unix::fs::PermissionsExt;

    let parent = Scratch::new();
    let folder = parent.join("new").join("data");
    let storage = open(&folder, DiskOptions::new(Flush::Sync)).unwrap();
    suite::run(&storage);
    storage.trim(0).unwrap();
    drop(storage);
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    for name in ["..", ".", "log", "index", "tables"] {
        assert_eq!(mode(&folder.join(name)), 0o700, "{name}");
    }
    let files = ["log", "index"].map(|name| std::fs::read_dir(folder.join(name)).unwrap());
    let mut count = 0;
    for file in files.into_iter().flatten() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        count += 1;
    }
    assert!(count >= 3);
}
