//! The topics, groups, queue and client that a request speaks of.
//!
//! # What
//!
//! [`Subject::of`] finds the names in a request, wherever its code has them: in ext fields (`topic`,
//! but `b` in `SEND_MESSAGE_V2`; `consumerGroup`, `group`, `groupName`, ..), or in its body (a
//! heartbeat, a batch of locks or of acknowledgements, a list of topics). [`Subject::action`] is the
//! class of the request. [`Subject::rename`] changes the names in place. One table has an entry for
//! each code that RocketMQ defines.
//!
//! # Why
//!
//! Everything that decides, counts or records by topic or by group needs it: rules, quotas, audits, routing,
//! namespaces. The layers of `rocketmq-tower-layers` that do so are built on it, and so can be your own:
//!
//! ```
//! use rocketmq_tower_core::subject::{Action, Subject};
//! use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, ResponseCode};
//!
//! /// Nobody sends to topics whose names begin with `archive_`.
//! fn check(request: &RemotingCommand) -> Result<(), BoxError> {
//!     let subject = Subject::of(request)?;
//!     if subject.action() == Action::Send && subject.topics().any(|topic| topic.starts_with("archive_")) {
//!         return Err(Abort::new(ResponseCode::NO_PERMISSION, "archives are read only").into());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! [`Subject::rewrite`] and [`Subject::rewrite_answer`] change the names of a request and of its answer, wherever they are, and
//! leave out what others name: for namespaces. The same table says where the names in answers are.
//!
//! # What is found
//!
//! Java's headers say by `@RocketMQResource` which field is a topic or a group, and by `@RocketMQAction`
//! what the request does: the table follows those of Apache RocketMQ 5.5.0
//! (`org.apache.rocketmq.remoting.protocol.header`), and `DefaultAuthorizationContextBuilder` for what they
//! do not annotate. Beyond them, it has the groups of producers, the topics of bodies, the groups
//! that offsets are copied from or corrected by, and the topics among the keys of name servers (the
//! namespace `ORDER_TOPIC_CONFIG`).
//!
//! Retry and dead-letter topics are found as they are written, such as `%RETRY%group`;
//! [`group_of_topic`] returns their group. Names in the bodies of messages, and in what brokers and
//! controllers send each other, are not looked for; those in properties of messages are for `rewrite` only. Empty names are left out. A name that is repeated
//! is found each time: in a JSON object whose member repeats, too, as readers differ in which one
//! counts.
//!
//! # Cost
//!
//! A look-up in the table, and one in the ext fields for each name; nothing is allocated. A body is
//! read only for codes whose bodies hold names, and only to find them: once, when the subject is
//! made.

mod action;
mod bodies;
mod entry;
mod messages;
mod rewrite;
mod table;
mod tells;
mod topic;

pub use crate::protocol::json::places::Change;
pub use action::{Action, Answer, Kind};
pub use topic::{DLQ_TOPIC_PREFIX, RETRY_TOPIC_PREFIX, group_of_topic};

use crate::command::{RemotingCommand, RequestCode};
use crate::protocol::json::BodyError;
use crate::protocol::json::places::find;
use entry::Entry;
use std::borrow::Cow;

/// The body of a request is not the JSON that its code requires, so it is unknown which names it
/// holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the names in the body of {code}")]
#[non_exhaustive]
pub struct SubjectError {
    /// The code of the request.
    pub code: RequestCode,
    /// Why it cannot be read.
    pub source: BodyError,
}

/// The topics, groups, queue and client of a request. See the [module's documentation](self).
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    request: &'a RemotingCommand,
    entry: Option<&'static Entry>,
    /// The names in the body.
    body: Vec<(Kind, Cow<'a, str>)>,
    /// The client in the body.
    client: Option<Cow<'a, str>>,
}

impl<'a> Subject<'a> {
    /// Finds what `request` speaks of. A code that RocketMQ does not define has no names.
    ///
    /// # Errors
    /// If the names are in a body that cannot be read. An empty body has no names.
    pub fn of(request: &'a RemotingCommand) -> Result<Self, SubjectError> {
        let entry = table::entry(request.request_code());
        let mut this = Self { request, entry, body: Vec::new(), client: None };
        let body = request.body();
        if let Some(places) = entry.and_then(|entry| entry.body.as_ref()) {
            if !body.is_empty() {
                let read = find(body, places, |kind, text| match kind {
                    Kind::Client => this.client = Some(text),
                    kind => this.body.push((kind, text)),
                });
                read.map_err(|source| SubjectError { code: request.request_code(), source })?;
            }
        }
        Ok(this)
    }

    /// Returns the code of the request.
    #[must_use]
    pub fn code(&self) -> RequestCode {
        self.request.request_code()
    }

    /// Returns what the request does.
    #[must_use]
    pub fn action(&self) -> Action {
        self.entry.map_or(Action::Unknown, |entry| entry.action)
    }

    /// Returns the names with their kinds: those in ext fields, then those in the body.
    pub fn names(&self) -> impl Iterator<Item = (Kind, &str)> {
        let ext_fields = self.request.ext_fields();
        let fields = self.entry.map_or(&[][..], |entry| entry.fields).iter();
        let in_fields = fields
            .filter_map(|field| Some((field, field.value(ext_fields)?)))
            .flat_map(|(field, value)| field.names(value));
        let in_body = self.body.iter().map(|(kind, name)| (*kind, &**name));
        in_fields.chain(in_body).filter(|(_, name)| !name.is_empty())
    }

    /// Returns the topics, retry and dead-letter topics included.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        self.of_kind(Kind::Topic)
    }

    /// Returns the groups of consumers.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.of_kind(Kind::Group)
    }

    /// Returns the groups of producers.
    pub fn producer_groups(&self) -> impl Iterator<Item = &str> {
        self.of_kind(Kind::ProducerGroup)
    }

    fn of_kind(&self, wanted: Kind) -> impl Iterator<Item = &str> {
        self.names().filter(move |(kind, _)| *kind == wanted).map(|(_, name)| name)
    }

    /// Returns the number of the queue that the request is about, if it is about one. It is negative
    /// if the broker is to choose.
    #[must_use]
    pub fn queue(&self) -> Option<i32> {
        self.request.ext_fields().get(self.entry?.queue?)?.parse().ok()
    }

    /// Returns the id of the client that the request is about: usually that of its sender.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        let in_fields = || self.request.ext_fields().get(self.entry?.client?);
        self.client.as_deref().or_else(in_fields).filter(|client| !client.is_empty())
    }

    /// Returns which other names the response holds.
    #[must_use]
    pub fn answer(&self) -> Answer {
        self.entry.map_or(Answer::Nothing, |entry| entry.answer)
    }

    /// Replaces each name in the ext fields and the body of `request` by what `to` returns for it,
    /// and leaves all else as it is, byte for byte. The queue and the client do not change.
    ///
    /// ```
    /// use rocketmq_tower_core::subject::{Kind, Subject};
    /// use rocketmq_tower_core::{RemotingCommand, RequestCode};
    ///
    /// let mut request = RemotingCommand::request(RequestCode::UPDATE_CONSUMER_OFFSET)
    ///     .with_ext_field("consumerGroup", "billing")
    ///     .with_ext_field("topic", "orders");
    /// Subject::rename(&mut request, |kind, name| match kind {
    ///     Kind::Topic => format!("blue.{name}").into(),
    ///     _ => name.into(),
    /// })?;
    /// assert_eq!(request.ext_fields().get("topic"), Some("blue.orders"));
    /// # Ok::<(), rocketmq_tower_core::subject::SubjectError>(())
    /// ```
    ///
    /// # Errors
    /// As [`of`](Self::of); the request is unchanged then.
    pub fn rename<F>(request: &mut RemotingCommand, to: F) -> Result<(), SubjectError>
    where
        F: for<'n> FnMut(Kind, &'n str) -> Cow<'n, str>,
    {
        rewrite::rename(request, to)
    }

    /// Whether all that such a request acts on, and all that its answer tells, has a name that
    /// [`rewrite`](Self::rewrite) and [`rewrite_answer`](Self::rewrite_answer) find: so one who may use
    /// some names can be kept from others. It is not so for requests that act on a whole broker or ask
    /// for its state, and for codes that RocketMQ does not define. The body is not looked at.
    #[must_use]
    pub fn is_named(request: &RemotingCommand) -> bool {
        table::entry(request.request_code()).is_some_and(|entry| {
            let fields = request.ext_fields();
            let needed = |(field, value)| fields.get(field) == Some(value);
            entry.tells.is_some() && entry.needs.is_none_or(needed)
        })
    }

    /// Changes all names in `request` as `change` says, and leaves all else as it is. Beyond
    /// [`rename`](Self::rename), these are the ids of clients, topics whose settings are copied, and names in
    /// the messages that it carries: stored ones, and those of a send.
    ///
    /// Returns [`Rewritten::Gone`] if a name is removed without which the request makes no sense, or if
    /// RocketMQ does not define its code. Do not pass it on then: it may be changed in part.
    ///
    /// # Errors
    /// If the body cannot be read.
    pub fn rewrite(
        request: &mut RemotingCommand,
        mut change: impl FnMut(Kind, &str) -> Change,
    ) -> Result<Rewritten, SubjectError> {
        rewrite::request(request, &mut change)
    }

    /// Changes all names in the answer to a request with this code, and leaves out what belongs to a name
    /// that `change` removes: an element of a list, an entry of a table, a message. Numbers that count those
    /// of others, such as the version of a table, are left out, too. The remark is not changed.
    ///
    /// ```
    /// use rocketmq_tower_core::subject::{Change, Subject};
    /// use rocketmq_tower_core::{RemotingCommand, RequestCode, ResponseCode};
    ///
    /// let mut answer = RemotingCommand::response(ResponseCode::SUCCESS)
    ///     .with_body(r#"{"topicList":["blue.orders","red.orders"]}"#);
    /// let code = RequestCode::GET_ALL_TOPIC_LIST_FROM_NAMESERVER;
    /// Subject::rewrite_answer(code, &mut answer, |_, name| match name.strip_prefix("blue.") {
    ///     Some(name) => Change::Replace(name.to_owned()),
    ///     None => Change::Remove,
    /// })?;
    /// assert_eq!(answer.body(), r#"{"topicList":["orders"]}"#);
    /// # Ok::<(), rocketmq_tower_core::subject::SubjectError>(())
    /// ```
    ///
    /// Returns [`Rewritten::Gone`] if nothing is left of the body, or if the answer is not
    /// [named](Self::is_named).
    ///
    /// # Errors
    /// If the body cannot be read.
    pub fn rewrite_answer(
        code: RequestCode,
        answer: &mut RemotingCommand,
        mut change: impl FnMut(Kind, &str) -> Change,
    ) -> Result<Rewritten, SubjectError> {
        rewrite::answer(code, answer, &mut change)
    }
}

/// Whether a request or an answer can be passed on after its names were changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Rewritten {
    /// It can be passed on.
    Kept,
    /// It cannot: the names without which it makes no sense were removed.
    Gone,
}

impl Action {
    /// Returns what requests with this code do.
    #[must_use]
    pub fn of(code: RequestCode) -> Self {
        table::entry(code).map_or(Self::Unknown, |entry| entry.action)
    }
}
