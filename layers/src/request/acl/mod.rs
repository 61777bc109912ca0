//! Signed requests: RocketMQ's ACL.
//!
//! # What
//!
//! A client adds its access key to each request and a signature that only those can make who know
//! the secret key that belongs to it; a server verifies it. [`SignHook`] is the client's side, a
//! [hook](crate::rpc_hook). [`AclVerifyLayer`] is the server's: a request that is verified goes on
//! with its [`AccessKey`] among the extensions, all others are refused with `NO_PERMISSION` and
//! Java's remarks:
//!
//! | what is wrong | remark |
//! |---|---|
//! | no access key, or an empty one | `username cannot be null.` |
//! | an access key that is not in the store | `User:NAME is not found.` |
//! | a signature that is missing, malformed or not right | `check signature failed.` |
//! | an empty secret key in the store | `Authentication failed. Please verify the credentials and try again.` |
//!
//! # What is signed
//!
//! The values of all ext fields, without their names and with nothing between them, then the body.
//! The fields are taken in the order of their names as Java sorts strings, by UTF-16 code units.
//! The `Signature` is Base64 of the HMAC-SHA1 of that. It is not signed itself; and requests of a
//! version up to 4.9.3 do not sign `_UNIQUE_KEY_QUERY`, which their clients add last.
//!
//! An empty value is signed as such in a JSON header. In a binary one it is signed as the text
//! `null`, because Java's servers read it as a null; Java's clients sign nothing for it, and are
//! refused by Java's servers. Both are taken here.
//!
//! It tells who made a request, on a connection that nobody else listens to or writes to. Code,
//! opaque, remark, flag and names are not signed, and what was signed may be sent again.
//!
//! # Why
//!
//! The clients of existing deployments sign their requests, and their brokers want them signed.
//!
//! # When not
//!
//! When both ends are new: TLS with certificates for both proves more, and keeps secrets. Who may
//! do what (authorization) is not decided here; a layer inside of this one, or the processor, can
//! do so by the [`AccessKey`].
//!
//! The store is asked in the connection's task, so it must not wait: keep the keys in memory.
//!
//! # Where
//!
//! On a server inside of [`recover`](crate::recover), and outside of everything that changes ext
//! fields. For the same reason the signing hook of a client is its last one.
//!
//! The service inside of [`AclVerify`] must be `Clone`: when a request is refused, what `poll_ready`
//! reserved is given back by going on with a clone.
//!
//! The server:
//!
//! ```
//! use rocketmq_tower::layers::AclVerifyLayer;
//! use rocketmq_tower::layers::acl::AccessKey;
//! use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, Server, service_fn};
//! use std::collections::HashMap;
//!
//! async fn processor(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
//!     let user = request.extensions().get::<AccessKey>().map(AccessKey::to_string);
//!     Ok(RemotingCommand::response(0).with_remark(user.unwrap_or_default()))
//! }
//!
//! async fn serve() -> Result<(), BoxError> {
//!     let keys = HashMap::from([("producer", "12345678")]);
//!     let server = Server::new(service_fn(processor))
//!         .layer(AclVerifyLayer::new(keys).exempt([RequestCode::HEART_BEAT]))
//!         .bind("0.0.0.0:10911")
//!         .await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```
//!
//! And its client:
//!
//! ```
//! use rocketmq_tower::Client;
//! use rocketmq_tower::layers::acl::{Credentials, SignHook};
//!
//! let sign = SignHook::new(Credentials::new("producer", "12345678"));
//! let client = Client::builder().hook(sign).build();
//! ```
//!
//! Sources: Java's `client/.../acl/common/AclClientRPCHook`, `AclUtils` and `AclSigner`;
//! `auth/.../DefaultAuthenticationContextBuilder` and `DefaultAuthenticationHandler` for the checks
//! and remarks; `broker/.../auth/pipeline/AuthenticationPipeline` for the code;
//! `remoting/.../RocketMQSerializable` for empty values. Where it differs: empty values of binary
//! headers are taken as Java's clients sign them, too, and codes that are exempt need no ext
//! fields.

mod credentials;
mod hook;
mod layer;
mod rules;
mod service;
mod signature;
mod store;

pub use crate::support::fallible::ResponseFuture;
pub use credentials::Credentials;
pub use hook::SignHook;
pub use layer::AclVerifyLayer;
pub use rules::AccessKey;
pub use service::AclVerify;
pub use signature::{EmptySecretKey, sign, signature, verify};
pub use store::CredentialStore;
