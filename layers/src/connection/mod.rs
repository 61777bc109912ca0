//! Layers of the connection level: each wraps a `Service<Connection<Io>, Response = Disconnect>`.

pub mod byte_count;
pub mod connection_limit;
pub mod events;
pub mod first_byte_timeout;
pub mod idle_timeout;
pub mod ip_filter;
pub mod max_age;
#[cfg(feature = "proxy-protocol")]
pub mod proxy_protocol;
pub mod read_idle_timeout;
