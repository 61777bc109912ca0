//! The rows of popped messages in the store.
//!
//! | key | value |
//! |---|---|
//! | queue (4), 0, start (8), time of the pop (8), group | due time (8), flags (1), messages left (4), distances (2 each) |
//! | queue (4), 1, group | see [`OrderState::encode`] |

use super::batch::{Batch, BatchKey, all};
use super::order::OrderState;
use std::sync::Arc;

const BATCH: u8 = 0;
const ORDER: u8 = 1;

/// The flag of a suspended batch.
const SUSPENDED: u8 = 1;

/// A key after all others.
pub(super) const END: &[u8] = &[0xff; 5];

/// A row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) group: Arc<str>,
    /// The number of the queue.
    pub(super) queue: u32,
    pub(super) item: RowItem,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum RowItem {
    Batch(BatchKey, Batch),
    Order(OrderState),
}

pub(super) fn batch_key(group: &str, queue: u32, key: BatchKey) -> Vec<u8> {
    let mut row = Vec::with_capacity(21 + group.len());
    row.extend(queue.to_be_bytes());
    row.push(BATCH);
    row.extend(key.start.to_be_bytes());
    row.extend(key.pop_time.to_be_bytes());
    row.extend(group.as_bytes());
    row
}

pub(super) fn batch_value(batch: &Batch) -> Vec<u8> {
    let mut value = Vec::with_capacity(13 + 2 * batch.distances.len());
    value.extend(batch.due.to_be_bytes());
    value.push(if batch.suspended { SUSPENDED } else { 0 });
    value.extend(batch.left.to_be_bytes());
    value.extend(batch.distances.iter().flat_map(|distance| distance.to_be_bytes()));
    value
}

pub(super) fn order_key(group: &str, queue: u32) -> Vec<u8> {
    [&queue.to_be_bytes(), &[ORDER][..], group.as_bytes()].concat()
}

/// Returns `None` if the row has an unknown form.
pub(super) fn parse(key: &[u8], value: &[u8]) -> Option<Row> {
    let (queue, key) = key.split_first_chunk::<4>()?;
    let queue = u32::from_be_bytes(*queue);
    let (kind, key) = key.split_first()?;
    let (item, group) = match *kind {
        BATCH => {
            let (start, key) = key.split_first_chunk::<8>()?;
            let (pop_time, group) = key.split_first_chunk::<8>()?;
            let key = BatchKey {
                start: i64::from_be_bytes(*start),
                pop_time: i64::from_be_bytes(*pop_time),
            };
            (RowItem::Batch(key, parse_batch(value)?), group)
        }
        ORDER => (RowItem::Order(OrderState::decode(value)?), key),
        _ => return None,
    };
    Some(Row { group: std::str::from_utf8(group).ok()?.into(), queue, item })
}

fn parse_batch(value: &[u8]) -> Option<Batch> {
    let (due, value) = value.split_first_chunk::<8>()?;
    let (flags, value) = value.split_first()?;
    let (left, value) = value.split_first_chunk::<4>()?;
    let (distances, []) = value.as_chunks::<2>() else { return None };
    let left = u32::from_be_bytes(*left) & all(distances.len())?;
    Some(Batch {
        due: i64::from_be_bytes(*due),
        distances: distances.iter().map(|&distance| u16::from_be_bytes(distance)).collect(),
        left,
        suspended: flags & SUSPENDED != 0,
        reviving: false,
        tries: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::super::order::OrderState;
    use super::{Batch, BatchKey, Row, RowItem, batch_key, batch_value, order_key, parse};

    #[test]
    fn a_row_is_read_back() {
        let key = BatchKey { start: 7, pop_time: 1_700_000_000_000 };
        let mut batch = Batch::new(7, &[7, 9, 300], 1_700_000_060_000).unwrap();
        batch.take(|distance| distance == 2);
        batch.suspended = true;
        let expected =
            Row { group: "g".into(), queue: 5, item: RowItem::Batch(key, batch.clone()) };
        assert_eq!(parse(&batch_key("g", 5, key), &batch_value(&batch)), Some(expected));

        let (order, _) = OrderState::popped(None, Some("attempt"), 7, 60_000, &[3, 4], 0).unwrap();
        let expected = Row { group: "g".into(), queue: 5, item: RowItem::Order(order.clone()) };
        assert_eq!(parse(&order_key("g", 5), &order.encode()), Some(expected));
    }

    #[test]
    fn rows_of_an_unknown_form_are_told_apart() {
        let key = BatchKey { start: 7, pop_time: 8 };
        let value = batch_value(&Batch::new(7, &[7], 9).unwrap());
        for (key, value) in [
            (&b"short"[..], &value[..]),
            (&batch_key("g", 5, key), &value[1..]),
            (&batch_key("g", 5, key), &value[..value.len() - 2]),
            (b"\0\0\0\0\x07g", &value),
        ] {
            assert_eq!(parse(key, value), None);
        }
    }
}
