use rocketmq_tower_core::subject::{Action, Kind, Subject};
use rocketmq_tower_core::{Addr, RequestCode, ResponseCode};
use std::sync::Arc;
use std::time::Duration;

/// The maximum number of names in a record.
const MAX_NAMES: usize = 64;

/// The maximum length of a text that a peer has sent, in bytes: that of a group in Java.
const MAX_TEXT: usize = 255;

/// A report of an audit.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A request has ended.
    Request(Box<Record>),
    /// Requests have ended whose records were dropped, as the queue was full.
    Dropped {
        /// How many, since the last event of this kind.
        count: u64,
        /// When this was noticed, in milliseconds since 1970.
        at: i64,
    },
}

/// A request: its sender, its subject and its result.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record {
    /// When the request arrived, in milliseconds since 1970.
    pub at: i64,
    /// How long it took until it was answered.
    pub duration: Duration,
    /// The user, if known.
    pub user: Option<Box<str>>,
    /// The address of the peer; `None` if no connection has received the request.
    pub address: Option<Addr>,
    /// The id of the client: the one that the request names, or else the one that the connection's
    /// last request with an id has named, such as a heartbeat.
    pub client: Option<Arc<str>>,
    /// The class of the request.
    pub action: Action,
    /// The code of the request.
    pub code: RequestCode,
    /// The topics and groups in the request: the first 64, and the first 255 bytes of each.
    pub names: Vec<(Kind, Box<str>)>,
    /// How many names were left out.
    pub names_left_out: usize,
    /// Whether the names are in a body that cannot be read.
    pub is_malformed: bool,
    /// The number of the queue.
    pub queue: Option<i32>,
    /// The code of the response. `None` if there was none: the request is oneway, it was discarded, or
    /// its connection closed first.
    pub result: Option<ResponseCode>,
}

impl Record {
    /// Returns the names of one kind.
    pub fn names_of(&self, wanted: Kind) -> impl Iterator<Item = &str> {
        self.names.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, name)| &**name)
    }

    /// Takes over the names, and the number of the queue.
    pub(super) fn note_subject(&mut self, subject: &Subject<'_>) {
        let mut names = subject.names();
        self.names
            .extend(names.by_ref().take(MAX_NAMES).map(|(kind, name)| (kind, text(name).into())));
        self.names_left_out = names.count();
        self.queue = subject.queue();
    }
}

/// Cuts a text to its maximum length.
pub(super) fn text(text: &str) -> &str {
    let end = (0..=MAX_TEXT.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!((text(""), text("short")), ("", "short"));
        assert_eq!(text(&"x".repeat(300)).len(), 255);
        assert_eq!(text(&"é".repeat(300)).len(), 254);
    }
}
