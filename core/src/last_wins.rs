//! Removes repeated names.

use std::collections::HashMap;
use std::hash::Hash;

/// Returns one item for each name, in the order in which the names first appear. If a name repeats,
/// its last item wins. Reserves capacity for `expected` names in advance. Takes linear time.
pub(crate) fn last_of_each_name<N: Eq + Hash, T>(
    items: impl IntoIterator<Item = (N, T)>,
    expected: usize,
) -> Vec<T> {
    let mut places = HashMap::with_capacity(expected);
    let mut unique = Vec::with_capacity(expected);
    for (name, item) in items {
        let at = *places.entry(name).or_insert(unique.len());
        match unique.get_mut(at) {
            Some(earlier) => *earlier = item,
            None => unique.push(item),
        }
    }
    unique
}
