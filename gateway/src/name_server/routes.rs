//! The routes that name servers have answered last.

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use rocketmq_tower::{LanguageCode, RemotingCommand, ResponseCode};

/// The bytes of all routes that are kept. Those that were not asked for lately make room for others.
const ROOM: u64 = 16 << 20;
/// The number of routes for which the table is laid out: of about 1 KiB each.
const ESTIMATE: usize = 16 << 10;

/// The routes that name servers have answered last, for the time when none of them answers.
pub(super) struct KnownRoutes {
    cache: Cache<RouteKey, Bytes, Weight>,
}

/// Everything in a request that the text of its answer depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RouteKey {
    topic: Box<str>,
    standard_json: bool,
    version: i32,
    language: LanguageCode,
}

#[derive(Clone)]
struct Weight;

impl Weighter<RouteKey, Bytes> for Weight {
    fn weight(&self, key: &RouteKey, route: &Bytes) -> u64 {
        // The table itself takes some bytes, too.
        (key.topic.len() + route.len() + 128) as u64
    }
}

impl KnownRoutes {
    pub(super) fn new() -> Self {
        Self { cache: Cache::with_weighter(ESTIMATE, ROOM, Weight) }
    }

    pub(super) fn key(request: &RemotingCommand) -> RouteKey {
        let fields = request.ext_fields();
        RouteKey {
            topic: fields.get("topic").unwrap_or_default().into(),
            standard_json: fields.get("acceptStandardJsonOnly") == Some("true"),
            version: request.version().as_i32(),
            language: request.language(),
        }
    }

    pub(super) fn get(&self, key: &RouteKey) -> Option<RemotingCommand> {
        let body = self.cache.get(key)?;
        Some(RemotingCommand::response(ResponseCode::SUCCESS).with_body(body))
    }

    pub(super) fn put(&self, key: RouteKey, route: &RemotingCommand) {
        // A copy: the bytes of an answer are a part of a larger buffer.
        self.cache.insert(key, Bytes::copy_from_slice(route.body()));
    }

    pub(super) fn len(&self) -> usize {
        self.cache.len()
    }

    pub(super) fn remove(&self, key: &RouteKey) {
        self.cache.remove(key);
    }
}
