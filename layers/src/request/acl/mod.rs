//! Signed requests: RocketMQ's ACL.
//!
//! # What
//!
//! A client adds its access key and a signature to each request. Making the signature requires the
//! secret key that belongs to the access key. The server verifies the signature. [`SignHook`], a
//! [hook](crate::rpc_hook), is the client's side. [`AclVerifyLayer`] is the server's side: a
//! verified request passes on with its [`AccessKey`] among the extensions. All others are refused
//! with `NO_PERMISSION` and Java's remarks:
//!
//! | what is wrong | remark |
//! |---|---|
//! | no access key, or an empty one | `username cannot be null.` |
//! | an access key that is not in the store | `User:NAME is not found.` |
//! | a signature that is missing, malformed or wrong | `check signature failed.` |
//! | an empty secret key in the store | `Authentication failed. Please verify the credentials and try again.` |
//!
//! # What is signed
//!
//! The values of all ext fields, without their names and with nothing between them, then the body.
//! The fields are taken in the order of their names as Java sorts strings, by UTF-16 code units.
//! The `Signature` is the Base64 text of the HMAC-SHA1 of these bytes. The `Signature` field itself
//! is not signed. In requests of version 4.9.3 or older, `_UNIQUE_KEY_QUERY` is not signed either,
//! because their clients add it last.
//!
//! In a JSON header, an empty value is signed as an empty text. In a binary header it is signed as
//! the text `null`, because Java's servers read it as a null. Java's clients sign nothing for it,
//! and Java's servers refuse them. This layer accepts both.
//!
//! The signature identifies the sender only on a connection that nobody else can read or write.
//! Code, opaque, remark, flag and field names are not signed, and a signed request can be replayed.
//!
//! # Why
//!
//! The clients of existing deployments sign their requests, and their brokers require it.
//!
//! # When not
//!
//! When both ends are new: TLS with certificates on both sides proves more, and also encrypts. This
//! layer does not decide what a user may do: [`authorize`](crate::authorize) does, or a layer of your
//! own or the processor, by the [`AccessKey`].
//!
//! The store is called in the connection's task and must not block: keep the keys in memory.
//!
//! # Where
//!
//! On a server, inside [`recover`](crate::recover) and outside everything that changes ext fields.
//! For the same reason, the signing hook of a client must be its last one.
//!
//! The inner service of [`AclVerify`] must be `Clone`: when a request is refused, the service is
//! replaced by a clone, which releases whatever `poll_ready` had reserved.
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
//! The client:
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
//! `remoting/.../RocketMQSerializable` for empty values. Differences from Java: empty values of
//! binary headers are also accepted as Java's clients sign them, and requests with exempt codes
//! need no ext fields.

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
