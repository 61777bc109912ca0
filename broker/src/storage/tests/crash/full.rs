//! A disk that stays full for a while.

use super::machine::Machine;
use crate::Flush;
use crate::storage::StorageError;
use crate::storage::disk::DiskOptions;

fn machine(checkpoint_every: u64) -> Machine {
    let sizes = DiskOptions { segment_size: 16 * 1024, ..DiskOptions::new(Flush::Sync) };
    Machine::new(DiskOptions { checkpoint_every, ..sizes }, 1)
}

/// Appends until the store refuses a round.
fn fill(machine: &mut Machine) -> StorageError {
    let refused = (0..10_000).find_map(|_| machine.append(Flush::Sync).err());
    refused.expect("a full disk refuses rounds")
}

#[test]
fn with_a_full_disk_all_is_read_and_deletion_makes_room() {
    let mut machine = machine(u64::MAX);
    (0..100).for_each(|_| machine.append(Flush::Sync).unwrap());
    machine.checkpoint().unwrap();
    machine.disk.fill(true);
    let refused = fill(&mut machine);
    assert!(!refused.is_final(), "{refused}");
    machine.check();
    let files = machine.disk.folder("log").list().unwrap().len();
    machine.trim(80).unwrap();
    assert!(machine.disk.folder("log").list().unwrap().len() < files);
    machine.check();
    machine.disk.fill(false);
    (0..50).for_each(|_| machine.append(Flush::Sync).unwrap());
    machine.checkpoint().unwrap();
    machine.crash(3, None);
}

#[test]
fn a_checkpoint_that_fails_for_lack_of_room_succeeds_later_and_rounds_go_on() {
    let mut machine = machine(u64::MAX);
    (0..30).for_each(|_| machine.append(Flush::Sync).unwrap());
    machine.disk.fill(true);
    let failed = machine.storage().checkpoint().unwrap_err();
    assert!(matches!(failed, StorageError::Full(_)), "{failed}");
    machine.check();
    let refused = fill(&mut machine);
    assert!(matches!(refused, StorageError::Full(_)), "{refused}");
    machine.disk.fill(false);
    machine.append(Flush::Sync).unwrap();
    machine.checkpoint().unwrap();
    machine.check();
    machine.kill();
}

#[test]
fn rounds_are_refused_while_too_much_waits_for_checkpoints() {
    // Of one segment, whose file has its length from the beginning.
    let segment_size = 256 * 1024;
    let sizes = DiskOptions { segment_size, ..DiskOptions::new(Flush::Sync) };
    let mut machine = Machine::new(DiskOptions { checkpoint_every: 8 * 1024, ..sizes }, 1);
    machine.append(Flush::Sync).unwrap();
    machine.disk.fill(true);
    // The first rounds may fit into what the index has.
    while machine.storage().checkpoint().is_ok() {
        machine.append(Flush::Sync).unwrap();
    }
    let refused = fill(&mut machine);
    assert!(matches!(refused, StorageError::Behind), "{refused}");
    machine.check();
    machine.disk.fill(false);
    machine.storage().checkpoint().unwrap();
    machine.append(Flush::Sync).unwrap();
    machine.kill();
}
