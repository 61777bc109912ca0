//! Reports each request: its sender, its subject and its result.
//!
//! # What
//!
//! For each request that has ended, an [`Event`] with its [`Record`] goes to an [`AuditStream`]: the user,
//! the address and the client; what the request does, its code, the topics and groups that it names
//! ([`Subject`](rocketmq_tower_core::subject::Subject)); the code of the response, deferred or not, and how long it
//! took. Requests that were refused, have failed, or whose connection closed first are reported, too. A
//! layer reports all requests, or those with some [actions](AuditLayer::action).
//!
//! Your program takes the events from the stream, in a task of its own:
//! [`recv`](AuditStream::recv) returns one, [`write_json`](AuditStream::write_json) writes lines of JSON to
//! a file or a socket, [`log`](AuditStream::log) passes them to `tracing` under the target [`TARGET`].
//!
//! ```text
//! {"at":1764556254000,"micros":180,"user":"shop","address":"10.0.0.7:5012","client":"10.0.0.7@1",
//!  "action":"send","code":310,"request":"SEND_MESSAGE_V2","topics":["orders"],"groups":[],
//!  "producerGroups":["shop"],"queue":3,"result":0,"response":"SUCCESS"}
//! ```
//!
//! # No event is lost unseen
//!
//! Between the services and the stream is a queue of a fixed capacity. When it is full, by
//! [`when_full`](AuditLayer::when_full),
//!
//! * [`WhenFull::Drop`], the default: the event is dropped and counted, and the stream yields
//!   [`Event::Dropped`] with the count before its next event;
//! * [`WhenFull::Wait`]: the response waits for room, so that the peer is held back by the writer of the
//!   events. A deferred request waits before it is parked, and keeps its place in the queue until it is
//!   answered: the capacity must be larger than the number of pulls that wait for messages.
//!
//! The event of a request whose future is dropped cannot wait; with `Wait`, it exceeds the capacity.
//! A record has at most 64 names, and 255 bytes of each text.
//!
//! # Why
//!
//! To find the user that has deleted a topic, and those that tried to.
//!
//! # When not
//!
//! To count: `metrics` costs less. To follow one request through a program:
//! [`trace`](crate::trace).
//!
//! # How it differs from Java
//!
//! Java's broker logs the decisions of its authorization, and nothing else of this kind.
//!
//! # Where
//!
//! Inside `acl`, which knows the user, and outside of [`authorize`](crate::authorize) and
//! [`quota`](crate::quota), whose refusals are worth a record. Requests that `acl` refuses are not
//! reported; outside of it, they are, but without a user.
//!
//! # Cost
//!
//! Requests with other actions: a look-up of the code. Reported requests: an allocation for the record,
//! and one for each name.
//!
//! ```
//! use rocketmq_tower::layers::AuditLayer;
//! use rocketmq_tower::subject::Action;
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let (audit, mut events) = AuditLayer::new(10_000);
//!     let admin = [Action::AdminTopic, Action::AdminGroup, Action::AdminCluster];
//!     let audit = admin.into_iter().fold(audit, AuditLayer::action);
//!     let writer = tokio::spawn(async move { events.write_json(tokio::io::stdout()).await });
//!
//!     let server = Server::new(router).layer(audit).bind("0.0.0.0:10911").await?;
//!     server.serve().await?;
//!     writer.await??;
//!     Ok(())
//! }
//! ```

mod event;
mod future;
mod layer;
mod line;
mod queue;
mod service;
mod stream;

pub use event::{Event, Record};
pub use future::ResponseFuture;
pub use layer::AuditLayer;
pub use queue::WhenFull;
pub use service::Audit;
pub use stream::AuditStream;

/// The target of the events that [`AuditStream::log`] passes to `tracing`.
pub const TARGET: &str = "rocketmq_tower::audit";
