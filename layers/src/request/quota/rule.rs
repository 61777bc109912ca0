use crate::support::pattern::Pattern;
use crate::support::rate::Rate;

/// The kind of key that a quota counts by: each key has its own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum By {
    /// The topic.
    Topic,
    /// The group: of producers in sends, of consumers in receives.
    Group,
    /// The user.
    User,
    /// The IP address of the connection's peer; of IPv6 addresses, the first 64 bits.
    Address,
    /// Nothing: all are counted together.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Send,
    Receive,
}

/// How many messages and bytes per second each key may send or receive.
///
/// ```
/// use rocketmq_tower_layers::quota::{By, Quota};
///
/// // 1000 messages and 1 MiB per second into each topic that begins with `shop_`.
/// let shop = Quota::sends(By::Topic).only("shop_*").messages(1000).bytes(1 << 20);
/// # _ = shop;
/// ```
#[derive(Clone, Debug)]
pub struct Quota {
    pub(super) by: By,
    pub(super) direction: Direction,
    pub(super) only: Vec<Pattern>,
    pub(super) messages: Option<Limit>,
    pub(super) bytes: Option<Limit>,
    pub(super) max_keys: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) per_second: u64,
    pub(super) rate: Rate,
}

impl Quota {
    /// Limits messages that are sent.
    #[must_use]
    pub const fn sends(by: By) -> Self {
        Self::new(by, Direction::Send)
    }

    /// Limits messages that are received.
    #[must_use]
    pub const fn receives(by: By) -> Self {
        Self::new(by, Direction::Receive)
    }

    const fn new(by: By, direction: Direction) -> Self {
        Self { by, direction, only: Vec::new(), messages: None, bytes: None, max_keys: 10_000 }
    }

    /// Limits the quota to topics, groups or users with this name, in addition to those given
    /// before. It has no effect on quotas by address or by nothing.
    #[must_use]
    pub fn only(mut self, key: impl Into<Pattern>) -> Self {
        self.only.push(key.into());
        self
    }

    /// Allows each key this many messages per second, and a burst of as many as in a second; in
    /// receives, in five. Zero counts as one.
    #[must_use]
    pub fn messages(mut self, per_second: u64) -> Self {
        self.messages = Some(self.limit(per_second, None));
        self
    }

    /// Sets how many messages may come at once after a pause.
    #[must_use]
    pub fn message_burst(mut self, burst: u64) -> Self {
        self.messages = self.messages.map(|limit| self.limit(limit.per_second, Some(burst)));
        self
    }

    /// Allows each key this many bytes of bodies per second, and a burst of as many as in a second;
    /// in receives, in five. Zero counts as one.
    #[must_use]
    pub fn bytes(mut self, per_second: u64) -> Self {
        self.bytes = Some(self.limit(per_second, None));
        self
    }

    /// Sets how many bytes may come at once after a pause.
    #[must_use]
    pub fn byte_burst(mut self, burst: u64) -> Self {
        self.bytes = self.bytes.map(|limit| self.limit(limit.per_second, Some(burst)));
        self
    }

    /// Sets how many keys are counted at a time. Further keys share one count between them.
    /// Default: 10 000.
    #[must_use]
    pub const fn max_keys(mut self, max_keys: usize) -> Self {
        self.max_keys = max_keys;
        self
    }

    fn limit(&self, per_second: u64, burst: Option<u64>) -> Limit {
        // Java's consumers come back 3 s after a refusal.
        let seconds = if self.direction == Direction::Receive { 5 } else { 1 };
        let burst = burst.unwrap_or_else(|| per_second.saturating_mul(seconds));
        Limit { per_second, rate: Rate::new(per_second, burst) }
    }
}
