//! Crate docs.

pub mod client;
pub mod router;
pub mod server;
mod service;
mod stack;

#[doc(inline)]
pub use client::{Client, connect};
#[doc(inline)]
pub use router::Router;
#[doc(inline)]
pub use server::Server;
pub use service::{ConnectionService, Processor};

pub use rocketmq_tower_core::{
    Abort, Addr, BoxError, CallError, Channel, ChannelInfo, CloseReason, Connection, Disconnect,
    ExtFields, HeaderError, LanguageCode, MqVersion, RemotingCodec, RemotingCommand, Reply,
    RequestCode, ResponseCode, SerializeType, UnsupportedCode, codec, command, connection, driver,
    error, message,
};
pub use rocketmq_tower_layers as layers;
pub use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
