//! Signals and locks by name, which exist as long as somebody uses them.

use crate::sharded::Sharded;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Weak};

/// Objects by their names: as many as are in use.
#[derive(Debug)]
pub(crate) struct SharedByName<T>(Sharded<HashMap<Box<str>, Weak<T>>>);

/// The object of a name. All that have it at a time share it.
#[derive(Debug)]
pub(crate) struct Named<'a, T: Default> {
    name: Box<str>,
    object: Arc<T>,
    all: &'a SharedByName<T>,
}

impl<T> Default for SharedByName<T> {
    fn default() -> Self {
        Self(Sharded::default())
    }
}

impl<T: Default> SharedByName<T> {
    /// Returns the object of a name, and creates it if nobody has it.
    pub(crate) fn get(&self, name: &str) -> Named<'_, T> {
        let mut objects = self.0.of(name);
        let known = objects.get(name).and_then(Weak::upgrade);
        let object = known.unwrap_or_else(|| {
            let new = Arc::default();
            objects.insert(name.into(), Arc::downgrade(&new));
            new
        });
        Named { name: name.into(), object, all: self }
    }

    /// Returns the object of a name if somebody has it.
    pub(crate) fn known(&self, name: &str) -> Option<Arc<T>> {
        self.0.of(name).get(name).and_then(Weak::upgrade)
    }
}

impl<T: Default> Deref for Named<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.object
    }
}

impl<T: Default> Drop for Named<'_, T> {
    fn drop(&mut self) {
        // With the lock, so that nobody takes it meanwhile, or drops another one.
        let mut objects = self.all.0.of(&self.name);
        self.object = Arc::default();
        if objects.get(&self.name).is_some_and(|object| object.strong_count() == 0) {
            objects.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SharedByName;
    use tokio::sync::Notify;

    #[test]
    fn an_object_is_shared_as_long_as_somebody_has_it() {
        let all = SharedByName::<Notify>::default();
        let (one, two) = (all.get("a"), all.get("a"));
        assert!(std::ptr::eq(&*one, &*two));
        drop(one);
        assert!(all.known("a").is_some());
        drop(two);
        assert!(all.known("a").is_none());
        assert_eq!(all.0.each().map(|objects| objects.len()).sum::<usize>(), 0);
    }
}
