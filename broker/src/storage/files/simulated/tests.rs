//! Tests of the simulated disk, and that it behaves like the real one.

use super::{Disk, Fault, Random};
use crate::storage::files::{File, Folder, RealFolder};
use crate::storage::tests::Scratch;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

fn contents(file: &Arc<dyn File>) -> Vec<u8> {
    let mut bytes = vec![0; file.len().unwrap() as usize];
    file.read_at(&mut bytes, 0).unwrap();
    bytes
}

/// Returns what a file holds after crashes with many seeds; `None` for no file.
fn after_crashes(disk: &Disk, name: &str) -> BTreeSet<Option<Vec<u8>>> {
    let after = |seed| {
        let folder = disk.crash(seed).folder("f");
        match folder.open(name) {
            Ok(file) => Some(contents(&file)),
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::NotFound);
                None
            }
        }
    };
    (0..400).map(after).collect()
}

/// Returns a disk with a synced file.
fn disk_with(bytes: &[u8]) -> (Disk, Arc<dyn Folder>, Arc<dyn File>) {
    let disk = Disk::default();
    let folder = disk.folder("f");
    let file = folder.create("a").unwrap();
    file.write_at(bytes, 0).unwrap();
    file.sync_data().unwrap();
    folder.sync().unwrap();
    (disk, folder, file)
}

#[test]
fn what_was_synced_survives() {
    let (disk, ..) = disk_with(b"abc");
    assert_eq!(after_crashes(&disk, "a"), [Some(b"abc".to_vec())].into());
}

#[test]
fn a_write_that_was_not_synced_survives_torn_at_any_byte() {
    let (disk, _, file) = disk_with(b"abc");
    file.write_at(b"XYZ", 0).unwrap();
    let wanted = [b"abc", b"Xbc", b"XYc", b"XYZ"].map(|bytes| Some(bytes.to_vec()));
    assert_eq!(after_crashes(&disk, "a"), wanted.into());
}

#[test]
fn pages_survive_in_any_subset() {
    let (disk, _, file) = disk_with(&[0; 3 * 4096]);
    for page in [0, 1, 2] {
        file.write_at(&[1], page * 4096).unwrap();
    }
    let kept: BTreeSet<_> = after_crashes(&disk, "a")
        .into_iter()
        .map(|bytes| [0, 1, 2].map(|page| bytes.as_ref().unwrap()[page * 4096]))
        .collect();
    assert_eq!(kept.len(), 8);
}

#[test]
fn a_longer_file_may_keep_its_old_length_or_get_zeros() {
    let (disk, _, file) = disk_with(b"a");
    file.write_at(b"b", 1).unwrap();
    let wanted = [b"a".as_slice(), b"a\0", b"ab"].map(|bytes| Some(bytes.to_vec()));
    assert_eq!(after_crashes(&disk, "a"), wanted.into());
}

#[test]
fn names_survive_in_order_until_the_folder_is_synced() {
    let (disk, folder, _) = disk_with(b"a");
    folder.create("b").unwrap().sync_data().unwrap();
    folder.rename("a", "c").unwrap();
    let lists: BTreeSet<_> =
        (0..100).map(|seed| disk.crash(seed).folder("f").list().unwrap()).collect();
    let wanted = [vec!["a"], vec!["a", "b"], vec!["b", "c"]];
    assert_eq!(lists, wanted.map(|list| list.into_iter().map(String::from).collect()).into());
    folder.sync().unwrap();
    assert_eq!(disk.crash(0).folder("f").list().unwrap(), ["b", "c"]);
}

#[test]
fn after_a_failed_sync_changes_are_visible_but_the_next_sync_does_not_write_them() {
    let mut kept = BTreeSet::new();
    for seed in 0..50 {
        let (disk, ..) = disk_with(b"a");
        let disk = disk.crash(seed);
        let file = disk.folder("f").open("a").unwrap();
        file.write_at(b"b", 0).unwrap();
        disk.fail_after(Fault::Sync, 0);
        file.sync_data().unwrap_err();
        file.sync_data().unwrap();
        assert_eq!(contents(&file), b"b");
        kept.extend(after_crashes(&disk, "a"));
    }
    assert_eq!(kept, [b"a", b"b"].map(|bytes| Some(bytes.to_vec())).into());
}

#[test]
fn a_full_disk_fails_one_write() {
    let (disk, _, file) = disk_with(b"a");
    disk.fail_after(Fault::NoRoom, 1);
    file.write_at(b"b", 0).unwrap();
    assert_eq!(file.write_at(b"c", 0).unwrap_err().kind(), io::ErrorKind::StorageFull);
    file.write_at(b"d", 0).unwrap();
    assert_eq!(contents(&file), b"d");
}

#[test]
fn all_calls_fail_after_the_power() {
    let (disk, folder, file) = disk_with(b"a");
    let before = disk.counts().changes;
    disk.power_off_after(1);
    file.write_at(b"b", 0).unwrap();
    file.write_at(b"c", 0).unwrap_err();
    file.sync_data().unwrap_err();
    file.read_at(&mut [0], 0).unwrap_err();
    assert!(folder.open("a").is_err());
    assert_eq!(disk.counts().changes, before + 2);
    let wanted = [b"a", b"b", b"c"].map(|bytes| Some(bytes.to_vec()));
    assert!(after_crashes(&disk, "a").is_subset(&wanted.into()));
}

#[derive(Clone, Debug)]
enum Step {
    Create(u8),
    Write(u8, u16, Vec<u8>),
    SetLen(u8, u16),
    Rename(u8, u8),
    Remove(u8),
    Sync(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = || 0..3_u8;
    let bytes = proptest::collection::vec(any::<u8>(), 0..5000);
    let step = prop_oneof![
        name().prop_map(Step::Create),
        (name(), 0..9000_u16, bytes).prop_map(|(name, at, bytes)| Step::Write(name, at, bytes)),
        (name(), 0..9000_u16).prop_map(|(name, len)| Step::SetLen(name, len)),
        (name(), name()).prop_map(|(from, to)| Step::Rename(from, to)),
        name().prop_map(Step::Remove),
        name().prop_map(Step::Sync),
    ];
    proptest::collection::vec(step, 0..40)
}

fn run(folder: &dyn Folder, step: &Step) -> io::Result<()> {
    let name = |name: &u8| format!("file-{name}");
    match step {
        Step::Create(a) => folder.create(&name(a)).map(drop),
        Step::Write(a, at, bytes) => folder.open(&name(a))?.write_at(bytes, u64::from(*at)),
        Step::SetLen(a, len) => folder.open(&name(a))?.set_len(u64::from(*len)),
        Step::Rename(from, to) => folder.rename(&name(from), &name(to)),
        Step::Remove(a) => folder.remove(&name(a)),
        Step::Sync(a) => folder.open(&name(a))?.sync_data().and_then(|()| folder.sync()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn both_disks_behave_the_same(steps in steps()) {
        let scratch = Scratch::new();
        let real = RealFolder::open(&scratch).unwrap();
        let simulated = Disk::default().folder("f");
        for step in steps {
            let results = [run(&real, &step), run(&*simulated, &step)];
            let [real, simulated] = results.map(|result| result.map_err(|error| error.kind()));
            prop_assert_eq!(real, simulated, "{:?}", step);
        }
        let names = real.list().unwrap();
        prop_assert_eq!(&names, &simulated.list().unwrap());
        for name in names {
            let files = [real.open(&name).unwrap(), simulated.open(&name).unwrap()];
            let [real, simulated] = files.map(|file| contents(&file));
            prop_assert!(real == simulated, "{}", name);
        }
    }

    /// Each byte of a file after a crash is one that it had at some time since the last sync.
    #[test]
    fn a_crash_invents_no_bytes(seed: u64) {
        let mut random = Random::new(seed);
        let (disk, _, file) = disk_with(&[1; 9000]);
        let mut had = vec![BTreeSet::from([0, 1]); 20_000];
        for value in 2..20 {
            let (start, len) = (random.below(10_000), random.below(9000));
            file.write_at(&vec![value; len], start as u64).unwrap();
            had[start..start + len].iter_mut().for_each(|had| _ = had.insert(value));
        }
        let after = contents(&disk.crash(seed).folder("f").open("a").unwrap());
        prop_assert!(after.len() >= 9000);
        prop_assert!(after.iter().zip(had).all(|(byte, had)| had.contains(byte)));
    }
}
