//! Layers of the request level: each wraps a `Service<RemotingCommand>`.

#[cfg(feature = "acl")]
pub mod acl;
pub mod audit;
pub mod authorize;
pub mod body_limit;
pub mod catch_panic;
pub mod code_distribution;
pub mod namespace;
pub mod oneshot;
pub mod peer_rate_limit;
pub mod quota;
pub mod recover;
pub mod rpc_hook;
pub mod spawn;
pub mod work_queue;
