//! How long the bodies of requests may be, for each code.
//!
//! # What
//!
//! A request whose body is longer than its code may have is answered with `MESSAGE_ILLEGAL`, by way
//! of [`Abort`](rocketmq_tower_core::Abort), and a remark that names both lengths. It does not
//! reach the service inside. Oneway requests are dropped.
//!
//! # Why
//!
//! Sends may have bodies of megabytes; a heartbeat that has is a mistake, or an attack on whatever
//! parses it. And a limit that is lower than the longest frame is answered, where a frame that is
//! too long ends its connection.
//!
//! # When not
//!
//! To bound memory. The whole frame has been read when its code is known: that is what
//! `ConnectionConfig::max_frame_length` is for, and what a connection may hold of them what
//! `max_in_flight` and `max_queued_requests` are for. (To stop in the middle of a frame would save the
//! memory of one frame for a moment, and cost the connection.)
//!
//! # How it differs from Java
//!
//! Java's broker checks the bodies of sends alone, `maxMessageSize` of its store, 4 MiB by default,
//! when it stores them. The answer has the same code.
//!
//! # Where
//!
//! Inside of [`recover`](crate::recover), and outside of whatever looks at bodies, such as the
//! `acl` layer. For a limit that is shared between connections and stands inside of this layer, see
//! [`oneshot`](crate::oneshot).
//!
//! ```
//! use rocketmq_tower_core::{BoxError, RemotingCommand, RequestCode, ResponseCode};
//! use rocketmq_tower_layers::{BodyLimitLayer, RecoverLayer};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let mut service = ServiceBuilder::new()
//!     .layer(RecoverLayer::new())
//!     .layer(BodyLimitLayer::new(64 << 10).code(RequestCode::SEND_MESSAGE_V2, 4 << 20))
//!     .service(service_fn(|_request: RemotingCommand| async {
//!         Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
//!     }));
//! let body = vec![0; 100_000];
//! let send = RemotingCommand::request(RequestCode::SEND_MESSAGE_V2).with_body(body.clone());
//! let Ok(answer) = service.ready().await.expect("infallible").call(send).await;
//! assert_eq!(answer.response_code(), ResponseCode::SUCCESS);
//! let heartbeat = RemotingCommand::request(RequestCode::HEART_BEAT).with_body(body);
//! let Ok(answer) = service.ready().await.expect("infallible").call(heartbeat).await;
//! assert_eq!(answer.response_code(), ResponseCode::MESSAGE_ILLEGAL);
//! # }
//! ```

mod layer;
mod limits;
mod service;

pub use crate::fallible::ResponseFuture;
pub use layer::BodyLimitLayer;
pub use service::BodyLimit;
