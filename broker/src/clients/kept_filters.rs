//! The filters of a connection's pulls.

use super::account::ConnectionAccount;
use crate::filter::Filter;
use crate::sharded::shrink;
use rocketmq_tower::BoxError;
use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, Weak};

/// The filters of long expressions, and of SQL92, as long as pulls use them.
#[derive(Debug, Default)]
pub(super) struct KeptFilters {
    /// By the hash of the expression and its kind.
    filters: Mutex<HashMap<u64, Weak<Filter>>>,
    hasher: RandomState,
}

impl KeptFilters {
    /// Returns the filter of an expression, which takes room in the account if it is not in use already.
    pub(super) fn get(
        &self,
        kind: &str,
        expression: &str,
        account: &Arc<ConnectionAccount>,
    ) -> Result<Arc<Filter>, BoxError> {
        let hash = self.hasher.hash_one((kind, expression));
        let known = lock(&self.filters).get(&hash).and_then(Weak::upgrade);
        if let Some(known) = known.filter(|known| known.has_expression(kind, expression)) {
            return Ok(known);
        }
        let filter = Filter::parse(kind, expression)?;
        if filter.accepts_all() {
            return Ok(Arc::new(filter));
        }
        let filter = filter.with_expression(expression).keep(account)?;
        let mut filters = lock(&self.filters);
        if filters.len() == filters.capacity() {
            // Instead of growing, if that makes room.
            filters.retain(|_, filter| filter.strong_count() > 0);
            shrink(&mut filters);
        }
        filters.insert(hash, Arc::downgrade(&filter));
        Ok(filter)
    }
}
