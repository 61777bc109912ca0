//! RocketMQ's RPC hooks.
//!
//! # What
//!
//! [`RpcHooks`] calls a list of [`RpcHook`]s before each request is handled and after it was
//! answered: Java's `RPCHook` with its `doBeforeRequest` and `doAfterResponse`. It works around a
//! processor, and around a [`Channel`](rocketmq_tower_core::Channel) on the client's side.
//!
//! # The rules, which are Java's
//!
//! * Before-hooks run in the order of registration, and so do after-hooks.
//! * A before-hook that fails with an [`Abort`](rocketmq_tower_core::Abort) ends the request: no
//!   other hook and no processor runs.
//! * A before-hook that fails otherwise keeps the remaining before-hooks and the processor from
//!   running. The after-hooks do run, with a `SYSTEM_ERROR` without remark as the response; then
//!   the hook's error is the result.
//! * After-hooks get the request as the before-hooks left it, and may change the response. There
//!   may be none, if the request is oneway or will be answered later. An after-hook that fails
//!   replaces the result and ends the round.
//! * When the processor fails, after-hooks do not run.
//!
//! On the client's side, which is where the layer was given a [peer](RpcHookLayer::peer):
//!
//! * That peer is what hooks are told, also for requests that came from a connection and are passed
//!   on over another one, as a proxy does.
//! * After-hooks run with the answer only: not for oneway requests, and not when a before-hook
//!   failed.
//!
//! # How it differs from Java
//!
//! A server's hooks run before it is known whether there is a processor for the request's code. For
//! a code that is not supported the before-hooks run, then the request fails with
//! `" request type N not supported"`. Java looks for the processor first and runs no hook then.
//!
//! # Why
//!
//! Signatures, namespaces and traces of existing RocketMQ deployments are hooks. For anything new,
//! a layer of its own is more powerful: it can wait, answer by itself, and see errors.
//!
//! # When not
//!
//! For what must wait, since hooks cannot. Without hooks, leave it out: with any, each request is
//! cloned for the after-hooks (shallowly, bodies are shared).
//!
//! The service inside must be `Clone`: when a before-hook fails, what `poll_ready` reserved in the
//! service (a permit, a place in a buffer) is given back by going on with a clone of it. So a limit
//! inside may be shared with other connections.
//!
//! # Where
//!
//! At the request level, inside of [`recover`](crate::recover), which answers their errors. In the
//! stack of `Server` in `rocketmq-tower`: right around the processor.
//!
//! ```
//! use rocketmq_tower::layers::rpc_hook::RpcHook;
//! use rocketmq_tower::{Abort, Addr, BoxError, RemotingCommand, ResponseCode, Router, Server};
//!
//! struct RequireToken;
//!
//! impl RpcHook for RequireToken {
//!     fn before(&self, _peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
//!         if request.ext_fields().contains("token") {
//!             return Ok(());
//!         }
//!         Err(Abort::new(ResponseCode::NO_PERMISSION, "no token").into())
//!     }
//! }
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let server = Server::new(router).hook(RequireToken).bind("0.0.0.0:10911").await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```

mod after;
mod future;
mod hook;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use hook::RpcHook;
pub use layer::RpcHookLayer;
pub use service::RpcHooks;
