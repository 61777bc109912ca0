//! Messages that a group pops in order from one queue: none of its next ones before these are
//! acknowledged, or visible again.

use super::batch::{MAX_MESSAGES, all};
use super::handle::OrderCounts;

/// The messages of the last pop in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrderState {
    /// Repeats of the request with this id get them again.
    attempt: Option<Box<str>>,
    pub(super) pop_time: i64,
    messages: Vec<OrderedMessage>,
    /// A bit for each message that is not acknowledged.
    left: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OrderedMessage {
    offset: i64,
    /// When it is visible again, in ms since 1970.
    visible: i64,
    /// How often it was popped before.
    count: i32,
}

/// The effect of an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderAck {
    /// The group has consumed the messages from the first offset up to the second one.
    Consumed { first: i64, next: i64 },
    /// The message was popped again since.
    Stale,
    /// The message was not popped.
    Unknown,
}

impl OrderState {
    /// Returns the state after a pop, and how often its messages were popped before. `None` if it has no
    /// messages, or too many.
    pub(crate) fn popped(
        before: Option<&Self>,
        attempt: Option<&str>,
        pop_time: i64,
        invisible: i64,
        offsets: &[i64],
        queue_id: i32,
    ) -> Option<(Self, OrderCounts)> {
        let left = all(offsets.len())?;
        let is_repeat = attempt.is_some() && before.is_some_and(|it| it.is_of(attempt));
        let count = |offset| {
            let known = before?.messages.iter().find(|message| message.offset == offset)?;
            Some(if is_repeat { known.count } else { known.count.saturating_add(1) })
        };
        let visible = pop_time.saturating_add(invisible.max(0));
        let messages: Vec<_> = offsets
            .iter()
            .map(|&offset| OrderedMessage { offset, visible, count: count(offset).unwrap_or(0) })
            .collect();
        let mut counts = OrderCounts { queue_id, ..OrderCounts::default() };
        let repeated = messages.iter().filter(|message| message.count > 0);
        counts.messages.extend(repeated.map(|message| (message.offset, message.count)));
        counts.least = messages.iter().map(|message| message.count).min().unwrap_or(0);
        let attempt = attempt.map(Box::from);
        Some((Self { attempt, pop_time, messages, left }, counts))
    }

    fn is_of(&self, attempt: Option<&str>) -> bool {
        attempt.is_some() && self.attempt.as_deref() == attempt
    }

    /// Returns whether a pop at `now` has to wait.
    pub(crate) fn blocks(&self, attempt: Option<&str>, now: i64) -> bool {
        !self.is_of(attempt) && self.visible_at().is_some_and(|visible| visible > now)
    }

    /// Returns when all messages that are not acknowledged are visible again.
    pub(super) fn visible_at(&self) -> Option<i64> {
        self.unacknowledged().map(|(_, message)| message.visible).max()
    }

    fn unacknowledged(&self) -> impl Iterator<Item = (usize, &OrderedMessage)> {
        let all = self.messages.iter().enumerate();
        all.filter(|(n, _)| self.left & (1 << n) != 0)
    }

    /// Returns the number of its messages.
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Returns whether all messages are acknowledged.
    pub(super) fn is_done(&self) -> bool {
        self.left == 0
    }

    pub(super) fn acknowledge(&mut self, offset: i64, pop_time: i64) -> OrderAck {
        if pop_time != self.pop_time {
            return OrderAck::Stale;
        }
        let at = self.messages.iter().position(|message| message.offset == offset);
        let (Some(at), [first, ..]) = (at, &self.messages[..]) else { return OrderAck::Unknown };
        let first = first.offset;
        self.left &= !(1 << at);
        let next = match self.unacknowledged().next() {
            Some((_, message)) => message.offset,
            None => self.messages.last().map_or(first, |last| last.offset.saturating_add(1)),
        };
        OrderAck::Consumed { first, next }
    }

    /// Sets when a message is visible again. Returns false if it is not one of these.
    pub(super) fn set_visible(&mut self, offset: i64, pop_time: i64, visible: i64) -> bool {
        let known = self.messages.iter_mut().find(|message| message.offset == offset);
        match known {
            Some(message) if pop_time == self.pop_time => message.visible = visible,
            _ => return false,
        }
        true
    }

    /// Returns the value of its row: the time of the pop (8), messages left (4), their number (1), the
    /// offset (8), visible time (8) and count (4) of each, and the attempt's id.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(13 + 20 * self.messages.len());
        value.extend(self.pop_time.to_be_bytes());
        value.extend(self.left.to_be_bytes());
        value.push(self.messages.len() as u8);
        for OrderedMessage { offset, visible, count } in &self.messages {
            value.extend(offset.to_be_bytes());
            value.extend(visible.to_be_bytes());
            value.extend(count.to_be_bytes());
        }
        value.extend(self.attempt.as_deref().unwrap_or_default().as_bytes());
        value
    }

    /// Returns `None` if the value has an unknown form.
    pub(super) fn decode(value: &[u8]) -> Option<Self> {
        let (pop_time, value) = value.split_first_chunk::<8>()?;
        let (left, value) = value.split_first_chunk::<4>()?;
        let (&length, mut value) = value.split_first()?;
        let length = usize::from(length);
        let left = u32::from_be_bytes(*left) & all(length)?;
        let mut messages = Vec::with_capacity(length.min(MAX_MESSAGES));
        for _ in 0..length {
            let (message, rest) = value.split_first_chunk::<20>()?;
            let (offset, message) = message.split_first_chunk::<8>()?;
            let (visible, count) = message.split_first_chunk::<8>()?;
            messages.push(OrderedMessage {
                offset: i64::from_be_bytes(*offset),
                visible: i64::from_be_bytes(*visible),
                count: i32::from_be_bytes(count.try_into().ok()?),
            });
            value = rest;
        }
        let attempt = std::str::from_utf8(value).ok()?;
        let attempt = (!attempt.is_empty()).then(|| attempt.into());
        Some(Self { attempt, pop_time: i64::from_be_bytes(*pop_time), messages, left })
    }
}

#[cfg(test)]
mod tests {
    use super::{OrderAck, OrderState};

    fn popped(before: Option<&OrderState>, attempt: &str, at: i64, offsets: &[i64]) -> OrderState {
        OrderState::popped(before, Some(attempt), at, 100, offsets, 3).unwrap().0
    }

    #[test]
    fn messages_block_the_next_ones_until_they_are_acknowledged_or_visible() {
        let mut state = popped(None, "a", 1000, &[5, 6]);
        assert!(state.blocks(Some("b"), 1099) && state.blocks(None, 1000));
        assert!(!state.blocks(Some("a"), 1000), "a repeat");
        assert!(!state.blocks(None, 1100));
        assert!(state.set_visible(6, 1000, 2000) && !state.set_visible(6, 999, 0));
        assert!(state.blocks(None, 1999));
        let consumed = |next| OrderAck::Consumed { first: 5, next };
        assert_eq!(state.acknowledge(6, 1000), consumed(5), "not the first one");
        assert!(!state.blocks(None, 1100));
        assert_eq!(state.acknowledge(5, 1000), consumed(7));
        assert!(state.is_done() && !state.blocks(None, 1000));
    }

    #[test]
    fn the_handle_of_an_earlier_pop_has_no_effect() {
        let mut state = popped(None, "a", 1000, &[5, 6]);
        assert_eq!(state.acknowledge(5, 999), OrderAck::Stale);
        assert_eq!(state.acknowledge(7, 1000), OrderAck::Unknown);
        assert_eq!(state.visible_at(), Some(1100));
    }

    #[test]
    fn pops_of_a_message_are_counted_unless_they_repeat_an_attempt() {
        let first = popped(None, "a", 1000, &[5, 6]);
        let counts = |before: &OrderState, attempt, offsets: &[i64]| {
            let popped = OrderState::popped(Some(before), attempt, 2000, 100, offsets, 3);
            let (state, counts) = popped.unwrap();
            (state, counts.to_string("T"))
        };
        let (second, text) = counts(&first, Some("b"), &[6, 7]);
        assert_eq!(text, "0 qo3%6 1;0 3 0", "one is new");
        let (_, text) = counts(&second, Some("b"), &[6, 7]);
        assert_eq!(text, "0 qo3%6 1;0 3 0", "a repeat");
        let (_, text) = counts(&second, None, &[6]);
        assert_eq!(text, "0 qo3%6 2;0 3 2");
        assert_eq!(OrderState::popped(None, None, 0, 0, &[], 0), None);
    }
}
