//! Why a gateway does not start.

use rocketmq_tower_core::texts_with_causes;
use std::io;

texts_with_causes! {
    listen(addr: String, source: io::Error) "cannot listen on {addr}", source;
    resolve(host: String, source: io::Error) "cannot resolve the advertised host {host:?}", source;
}

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no upstream cluster, or one without name servers.
    #[error("there is no name server to forward to")]
    NoUpstream,
    /// Two upstream clusters have the same name.
    #[error("two upstream clusters are called {0:?}")]
    DuplicateUpstream(String),
    /// Two brokers have the same port.
    #[error("two brokers have the port {0}")]
    DuplicatePort(u16),
    /// The gateway listens on all addresses, and does not know which one clients can reach.
    #[error("a gateway that listens on all addresses needs an advertised host")]
    NoAdvertisedHost,
    /// The advertised host has no IP address, which the ids of messages need.
    #[error(fmt = resolve)]
    Resolve {
        /// The host.
        host: String,
        /// Why it cannot be resolved.
        source: io::Error,
    },
    /// A name-server port cannot be opened.
    #[error(fmt = listen)]
    Listen {
        /// The address.
        addr: String,
        /// Why it cannot be opened.
        source: io::Error,
    },
}
