//! The typed headers and bodies of RocketMQ's requests and responses.
//!
//! Every broker, name server and client of RocketMQ needs these types; the rest of this crate needs none of
//! them. A header is read by [`RemotingCommand::header`] and written by [`RemotingCommand::with_header`], a
//! body by [`RemotingCommand::json`] and [`RemotingCommand::with_json`].
//!
//! ```
//! use rocketmq_tower_core::protocol::{
//!     BrokerData, GetRouteInfoRequestHeader, MASTER_ID, QueueData, TopicRouteData, perm,
//! };
//! use rocketmq_tower_core::{BoxError, RemotingCommand, RequestCode, ResponseCode};
//!
//! fn route(request: &RemotingCommand) -> Result<RemotingCommand, BoxError> {
//!     let header: GetRouteInfoRequestHeader<'_> = request.header()?;
//!     if header.topic != "TopicTest" {
//!         return Ok(RemotingCommand::response(ResponseCode::TOPIC_NOT_EXIST));
//!     }
//!     let broker = BrokerData {
//!         broker_addrs: [(MASTER_ID, "127.0.0.1:10911".into())].into(),
//!         broker_name: "a".into(),
//!         cluster: "c".into(),
//!         ..Default::default()
//!     };
//!     let queues = QueueData {
//!         broker_name: "a".into(),
//!         perm: perm::READ | perm::WRITE,
//!         read_queue_nums: 4,
//!         write_queue_nums: 4,
//!         ..Default::default()
//!     };
//!     let route = TopicRouteData {
//!         broker_datas: vec![broker],
//!         queue_datas: vec![queues],
//!         ..Default::default()
//!     };
//!     Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_json(&route)?)
//! }
//!
//! let header = GetRouteInfoRequestHeader { topic: "TopicTest", ..Default::default() };
//! let request = RemotingCommand::request(RequestCode::GET_ROUTEINFO_BY_TOPIC).with_header(&header)?;
//! let route: TopicRouteData = route(&request)?.json()?;
//! assert_eq!(route.queue_datas[0].write_queue_nums, 4);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Names, types, defaults
//!
//! Types have the names of Java's classes, and fields those of Java's fields in snake case. Numbers have
//! Java's widths: `int` is `i32`, `long` is `i64`. Timestamps are in milliseconds since 1970. A field that
//! Java requires is required; one that it allows to be null is an `Option`; any other has the default of
//! Java's class. Headers borrow from the command, bodies own their strings. Fields that a type does not have
//! are ignored, such as `bname`, `ns` and `nsd`, which Java's clients add to every request.
//!
//! Fields may be added in any minor version before 1.0. Create a value with `..Default::default()`.
//!
//! A body is as long as its frame at most, so the limit on frames bounds every list and map here.
//!
//! # By subject
//!
//! The header of a send is [`message::SendHeader`](crate::message::SendHeader).
//!
//! Source: `org.apache.rocketmq.remoting.protocol` of 5.3.3 (`header`, `body`, `route`, `heartbeat`,
//! `subscription`), and `PermName`, `MixAll`, `TopicConfig` and `PullSysFlag` of its module `common`.
//!
//! [`RemotingCommand::header`]: crate::RemotingCommand::header
//! [`RemotingCommand::with_header`]: crate::RemotingCommand::with_header
//! [`RemotingCommand::json`]: crate::RemotingCommand::json
//! [`RemotingCommand::with_json`]: crate::RemotingCommand::with_json

mod group;
mod heartbeat;
pub mod json;
mod offset;
pub mod perm;
mod pull;
pub mod pull_sys_flag;
mod queue;
mod route;
mod send;

pub use group::{
    ConsumerList, GetConsumerListByGroupRequestHeader, NotifyConsumerIdsChangedRequestHeader,
};
pub use heartbeat::{
    ConsumeFromWhere, ConsumeType, ConsumerData, HeartbeatData, HeartbeatResponseHeader,
    MessageModel, ProducerData, SubscriptionData, UnregisterClientRequestHeader,
};
pub use offset::{
    BoundaryType, GetEarliestMsgStoretimeResponseHeader, OffsetResponseHeader,
    QueryConsumerOffsetRequestHeader, SearchOffsetRequestHeader, TopicQueueRequestHeader,
    UpdateConsumerOffsetRequestHeader,
};
pub use pull::{PullMessageRequestHeader, PullMessageResponseHeader};
pub use queue::MessageQueue;
pub use route::{BrokerData, GetRouteInfoRequestHeader, QueueData, TopicRouteData};
pub use send::SendMessageResponseHeader;

/// The id of a master broker. Others are slaves.
pub const MASTER_ID: i64 = 0;
