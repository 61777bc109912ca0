//! Decides by rules who may do what with which topics and groups.
//!
//! # What
//!
//! A [`Rule`] says who (a user, a network, or anybody) may or may not do what (an
//! [`Action`](rocketmq_tower_core::subject::Action)) with which topics and groups. The
//! [`Subject`](rocketmq_tower_core::subject::Subject) of a request says what it does and which names it
//! speaks of, in its header or its body. For each name, **the first rule about the sender, the action and
//! the name decides; without one, the request is refused.** A request about several names, such as a
//! heartbeat or a pull, needs all of them.
//!
//! A refused request does not reach the inner service. It fails with an
//! [`Abort`](rocketmq_tower_core::Abort): the response has the code `NO_PERMISSION` (16) and a remark that
//! names the rule, the sender and what was refused, such as
//! `rule "no archives" denies user shop: send, topic archive_1`. Oneway requests are dropped. If the names
//! are in a body that cannot be read, the request is refused, too.
//!
//! | request | needs |
//! |---|---|
//! | of a retry or dead-letter topic, `%RETRY%g`, `%DLQ%g` | the permission for the group `g`: to receive, even to send to it |
//! | a heartbeat, the end of a client | to receive, for each group of consumers and each topic that it subscribes to; nothing for groups of producers |
//! | to describe a topic or a group: routes, offsets, members | a rule that allows to describe, send, receive or administer it |
//! | to administer a group, such as a reset of its offset for a topic | to administer the group, and to describe the topic |
//! | that names no topic and no group, such as a list of all topics | a rule without topics and groups |
//! | of brokers, to administer the cluster, or with an unknown code | a rule without topics and groups |
//!
//! As in Java's authorization, groups of producers need no permission. An end of a transaction that
//! does not name its topic, as from clients before 5.0, needs any rule that allows its sender to send.
//!
//! # Why
//!
//! Teams share a broker, and none should read or disturb another's messages. The names of topics and
//! groups are in different places for each code, so a rule that only looks at the ext field `topic`
//! forgets most of them.
//!
//! # When not
//!
//! When the processor has to decide by what it knows, such as the owner of a topic. Then read the
//! `Subject` there, or in a [`from_fn`](mod@crate::from_fn).
//!
//! Responses are not filtered: who may list all topics sees all of them.
//!
//! # Who the sender is
//!
//! The user is the one that the layer `acl` has verified; this layer must be inside of it.
//! [`user_of`](AuthorizeLayer::user_of) takes another source. The address is that of the connection's
//! peer, which `proxy_protocol` sets behind a balancer. Without a user or an
//! address, only rules match that do not ask for one.
//!
//! # How it differs from Java
//!
//! Java stores one list of rules for each user, the most specific of which decides, and has finer actions
//! for administration. It does not check requests without ext fields, nor the groups that offsets are
//! copied from. Its remark is another text.
//!
//! Java's producers try other brokers when one answers `NO_PERMISSION`, and then report it; its consumers
//! log refused pulls and try again after 3 s. Producers that let the broker create their topics ask for
//! the route of `TBW102`, and those that trace send to `RMQ_SYS_TRACE_TOPIC`: allow these if you need them.
//!
//! # Where
//!
//! Inside [`recover`](crate::recover) and `acl`, outside of layers that rename topics. If a
//! limit inside this layer is shared between connections, see [`oneshot`](crate::oneshot).
//!
//! # Cost
//!
//! The names of the request are looked up, and the rules are compared one by one with each of them, so
//! it grows with their number. Nothing is allocated, except for bodies that hold names. A service
//! looks at an atomic number to see whether the rules were replaced.
//!
//! ```
//! use rocketmq_tower::layers::AuthorizeLayer;
//! use rocketmq_tower::layers::authorize::Rule;
//! use rocketmq_tower::layers::network::Network;
//! use rocketmq_tower::subject::Action;
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let office: Network = "10.1.0.0/16".parse()?;
//!     let authorize = AuthorizeLayer::new([
//!         Rule::allow("shop sends orders").user("shop").action(Action::Send).topic("orders*"),
//!         Rule::allow("billing consumes orders")
//!             .user("billing")
//!             .action(Action::Receive)
//!             .topic("orders*")
//!             .group("billing"),
//!         Rule::allow("operators may do all, in the office").user("operator").network(office),
//!     ]);
//!     // Replaces the rules while the server runs, with `rules.replace([..])`.
//!     let rules = authorize.handle();
//!
//!     let server = Server::new(router).layer(authorize).bind("0.0.0.0:10911").await?;
//!     server.serve().await?;
//!     drop(rules);
//!     Ok(())
//! }
//! ```

mod layer;
mod refusal;
mod rule;
mod rules;
mod service;

pub use crate::support::fallible::ResponseFuture;
pub use crate::support::pattern::Pattern;
pub use layer::{AuthorizeLayer, RulesHandle};
pub use rule::Rule;
pub use rules::Rules;
pub use service::Authorize;
