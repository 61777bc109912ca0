//! Runs RocketMQ's RPC hooks around requests.
//!
//! # What
//!
//! [`RpcHooks`] calls a list of [`RpcHook`]s before each request is handled and after its response:
//! Java's `RPCHook` with its `doBeforeRequest` and `doAfterResponse`. It works around a processor,
//! and on the client's side around a [`Channel`](rocketmq_tower_core::Channel).
//!
//! # The rules, which are Java's
//!
//! * Before-hooks run in the order of registration, and so do after-hooks.
//! * A before-hook that fails with an [`Abort`](rocketmq_tower_core::Abort) ends the request: no
//!   other hook and no processor runs.
//! * When a before-hook fails with any other error, the remaining before-hooks and the processor do
//!   not run. The after-hooks do run, with a `SYSTEM_ERROR` without remark as the response. Then
//!   the before-hook's error is the result.
//! * After-hooks get the [head](RequestHead) of the request as the before-hooks left it, and may
//!   change the response. The response is `None` if the request is oneway or deferred. When an
//!   after-hook fails, its error replaces the result and the remaining after-hooks do not run.
//! * When the processor fails, after-hooks do not run.
//! * Errors are [noted](crate::recover::NoteAborts) for layers further out that hide them.
//!
//! On the client's side (the layer has a [peer](RpcHookLayer::peer)):
//!
//! * Hooks get that peer's address, even for a request that arrived on one connection and is
//!   forwarded over another, as a proxy does.
//! * After-hooks run only when there is a response: not for oneway requests, and not when a
//!   before-hook failed.
//!
//! # How it differs from Java
//!
//! A server's hooks run before the router looks for a processor. For an unsupported code, the
//! before-hooks run and then the request fails with `" request type N not supported"`. Java looks
//! for the processor first and runs no hook in this case.
//!
//! After-hooks get no ext fields and no body: the processor consumes them, and a copy of each request
//! would cost more than the rest of this layer. A hook keeps what it needs in the request's
//! extensions, of which after-hooks get a copy:
//!
//! ```
//! use rocketmq_tower::layers::rpc_hook::{RequestHead, RpcHook};
//! use rocketmq_tower::{Addr, BoxError, RemotingCommand};
//! use std::sync::Arc;
//!
//! /// Prints the topic of each request, and the code of its response.
//! struct PrintTopics;
//!
//! /// Shared, since it is copied for the after-hooks.
//! #[derive(Clone)]
//! struct Topic(Arc<str>);
//!
//! impl RpcHook for PrintTopics {
//!     fn before(&self, _peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
//!         if let Some(topic) = request.ext_fields().get("topic").map(Arc::from) {
//!             request.extensions_mut().insert(Topic(topic));
//!         }
//!         Ok(())
//!     }
//!
//!     fn after(
//!         &self,
//!         _peer: &Addr,
//!         request: &RequestHead,
//!         response: Option<&mut RemotingCommand>,
//!     ) -> Result<(), BoxError> {
//!         if let (Some(Topic(topic)), Some(response)) = (request.extensions().get(), response) {
//!             println!("{}: {topic}: {}", request.request_code(), response.response_code());
//!         }
//!         Ok(())
//!     }
//! }
//! ```
//!
//! A hook that needs the whole request keeps an `Arc` of its clone, which shares the body.
//!
//! # Why
//!
//! Existing RocketMQ deployments implement signatures, namespaces and traces as hooks. For anything
//! new, a layer of your own is more powerful: it can wait, respond without calling the processor,
//! and see errors.
//!
//! # When not
//!
//! For work that must wait: hooks cannot. Without hooks, leave the layer out.
//!
//! # Costs
//!
//! With at least one hook, a request costs a few reference counts and one virtual call per hook before
//! and after it, without an allocation. If it has extensions, they are cloned with their values for
//! the after-hooks.
//!
//! The inner service must be `Clone`: when a before-hook fails, the service is replaced by a clone,
//! which releases whatever `poll_ready` had reserved (a permit, a place in a buffer). So a limit
//! inside may be shared with other connections.
//!
//! # Where
//!
//! At the request level, inside [`recover`](crate::recover), which turns the hooks' errors into
//! responses. In the stack of `Server` in `rocketmq-tower`: directly around the processor.
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
mod head;
mod hook;
mod hooks;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use head::RequestHead;
pub use hook::RpcHook;
pub use layer::RpcHookLayer;
pub use service::RpcHooks;
