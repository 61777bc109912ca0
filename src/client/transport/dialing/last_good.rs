//! Which address of a name was reached last.

use rocketmq_tower_core::sync::lock;
use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

/// The maximum number of names that are remembered.
pub(in crate::client::transport) const MAX_NAMES: usize = 256;

/// The address of each name that was reached last. Clones share it. The name that was reached
/// longest ago is forgotten first.
#[derive(Clone, Default)]
pub(in crate::client::transport) struct LastGood {
    reached: Arc<Mutex<VecDeque<Reached>>>,
}

/// A name, and its address that was reached.
type Reached = (Arc<str>, SocketAddr);

impl LastGood {
    pub(in crate::client::transport) fn get(&self, name: &str) -> Option<SocketAddr> {
        let reached = lock(&self.reached);
        reached.iter().find(|(known, _)| **known == *name).map(|(_, addr)| *addr)
    }

    pub(in crate::client::transport) fn reached(&self, name: &Arc<str>, addr: SocketAddr) {
        let mut reached = lock(&self.reached);
        reached.retain(|(known, _)| known != name);
        if reached.len() == MAX_NAMES {
            reached.pop_front();
        }
        reached.push_back((Arc::clone(name), addr));
    }

    /// Forgets the address of `name`.
    pub(in crate::client::transport) fn forget(&self, name: &str) {
        lock(&self.reached).retain(|(known, _)| **known != *name);
    }
}

impl fmt::Debug for LastGood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reached = lock(&self.reached).clone();
        f.debug_map().entries(reached).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{LastGood, MAX_NAMES};
    use std::net::SocketAddr;
    use std::sync::Arc;

    #[test]
    fn the_name_reached_longest_ago_is_forgotten_first() {
        let [a, b] = [1, 2].map(|last| SocketAddr::from(([10, 0, 0, last], 1)));
        let (good, name) = (LastGood::default(), Arc::from("name:1"));
        good.reached(&name, a);
        assert_eq!((good.clone().get(&name), good.get("other:1")), (Some(a), None));
        good.reached(&name, b);
        good.forget("other:1");
        assert_eq!(good.get(&name), Some(b));
        good.forget(&name);
        assert_eq!(good.get(&name), None);
        good.reached(&name, a);
        for number in 1..MAX_NAMES {
            good.reached(&number.to_string().into(), b);
        }
        assert_eq!(good.get(&name), Some(a));
        good.reached(&Arc::from("one more"), b);
        assert_eq!(
            (good.get(&name), good.get("1"), good.get("one more")),
            (None, Some(b), Some(b))
        );
    }
}
