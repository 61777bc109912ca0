//! Damage of what was on the disk.

use super::machine::Machine;
use crate::Flush;
use crate::storage::disk::DiskOptions;
use crate::storage::files::Folder;
use crate::storage::{Reads, Storage, StorageError};
use bytes::BytesMut;
use std::sync::Arc;

fn machine(seed: u64) -> Machine {
    let options = DiskOptions { segment_size: 16 * 1024, ..DiskOptions::new(Flush::Sync) };
    Machine::new(options, seed)
}

/// Changes a byte of the log.
fn damage(machine: &Machine, offset: u64) {
    let folder: Arc<dyn Folder> = machine.disk.folder("log");
    let names = folder.list().unwrap();
    let bases = names.iter().filter_map(|name| Some((name.parse::<u64>().ok()?, name)));
    let (base, name) = bases.filter(|(base, _)| *base <= offset).max().unwrap();
    let mut byte = [0];
    folder.open(name).unwrap().read_at(&mut byte, offset - base).unwrap();
    machine.disk.damage("log", name, offset - base, &[byte[0] ^ 0x10]);
}

#[test]
fn damage_after_the_checkpoint_is_reported_with_its_offset_and_can_be_skipped() {
    for seed in 0..30 {
        let mut machine = machine(seed);
        (0..10).for_each(|_| machine.append(Flush::Sync).unwrap());
        machine.checkpoint().unwrap();
        (0..30).for_each(|_| machine.append(Flush::Sync).unwrap());
        machine.stop();
        machine.disk = machine.disk.crash(seed);
        // A record of a round that has others after it.
        let rounds = &machine.ledger.rounds;
        let damaged = (10..rounds.len() - 1).find(|round| !rounds[*round].is_empty()).unwrap();
        let record = rounds[damaged][0].clone();
        damage(&machine, record.entry.at.as_u64() + 20);
        let Err(error) = machine.reopen() else { panic!("damage is not found, seed {seed}") };
        let StorageError::Damaged { offset, .. } = error else { panic!("{error}") };
        assert!(offset <= record.entry.at.as_u64() && record.entry.at.as_u64() - offset < 100);

        machine.options.skip_damage = true;
        let storage = machine.reopen().unwrap();
        for (number, records) in machine.ledger.rounds.iter().enumerate() {
            for record in records {
                let found = storage.record(record.entry.at).unwrap();
                let mut entries = Vec::new();
                let offsets = record.offset..record.offset + 1;
                storage.entries(record.queue, offsets, Reads::All, &mut entries).unwrap();
                if number == damaged {
                    assert!(entries.iter().all(|entry| entry.size == 0), "{entries:?}");
                } else {
                    assert_eq!(entries, [record.entry]);
                    assert!(found.is_some_and(|found| found == record.bytes));
                }
            }
        }
    }
}

#[test]
fn a_record_that_is_damaged_is_left_out_and_the_others_are_read() {
    for seed in 0..30 {
        let mut machine = machine(seed);
        (0..30).for_each(|_| machine.append(Flush::Sync).unwrap());
        machine.checkpoint().unwrap();
        machine.stop();
        machine.disk = machine.disk.crash(seed);
        let queue = 1;
        let records = machine.ledger.rounds.iter().flatten();
        let records: Vec<_> = records.filter(|record| record.queue == queue).cloned().collect();
        let damaged = records.len() / 2;
        damage(&machine, records[damaged].entry.at.as_u64() + 50);
        let storage = machine.reopen().unwrap();
        let mut entries = Vec::new();
        storage.entries(queue, 0..i64::MAX, Reads::All, &mut entries).unwrap();
        let mut body = BytesMut::new();
        storage.copy(&entries, Reads::All, &mut body).unwrap();
        let wanted: Vec<u8> = records
            .iter()
            .enumerate()
            .filter(|(number, _)| *number != damaged)
            .flat_map(|(_, record)| record.bytes.clone())
            .collect();
        assert!(body == wanted, "seed {seed}");
        let found = storage.record(records[damaged].entry.at);
        assert!(found.is_ok_and(|found| found.is_none()), "seed {seed}");
    }
}
