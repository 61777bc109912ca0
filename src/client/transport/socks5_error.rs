use super::ConnectError;
use rocketmq_tower_core::{Addr, BoxError};
use std::time::Duration;
use tokio_socks::Error;

/// Why there is no connection through a proxy: the source of a [`ConnectError::Transport`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Socks5Error {
    /// The proxy itself can't be reached.
    #[error("the proxy {proxy} can't be reached")]
    Unreachable {
        /// The proxy.
        proxy: Addr,
        /// Why not.
        source: Box<ConnectError>,
    },
    /// The proxy wants a user and a password, or others than it got.
    #[error("the proxy {proxy} does not accept the user")]
    Credentials {
        /// The proxy.
        proxy: Addr,
        /// What it says.
        source: BoxError,
    },
    /// The proxy can't reach the server, or is not allowed to.
    #[error("the proxy {proxy} does not connect to the server")]
    Refused {
        /// The proxy.
        proxy: Addr,
        /// What it says.
        source: BoxError,
    },
    /// The proxy hung up, or speaks something else.
    #[error("the proxy {proxy} does not follow the protocol")]
    Protocol {
        /// The proxy.
        proxy: Addr,
        /// What is wrong.
        source: BoxError,
    },
    /// The proxy took too long.
    #[error("the proxy {proxy} took longer than {limit:?}")]
    Timeout {
        /// The proxy.
        proxy: Addr,
        /// The time that it was given.
        limit: Duration,
    },
}

impl Socks5Error {
    pub(super) fn from_proxy(proxy: &Addr, error: Error) -> Self {
        let proxy = proxy.clone();
        match error {
            Error::NoAcceptableAuthMethods
            | Error::InvalidAuthValues(_)
            | Error::PasswordAuthFailure(_)
            | Error::AuthorizationRequired => Self::Credentials { proxy, source: error.into() },
            Error::GeneralSocksServerFailure
            | Error::ConnectionNotAllowedByRuleset
            | Error::NetworkUnreachable
            | Error::HostUnreachable
            | Error::ConnectionRefused
            | Error::TtlExpired
            | Error::CommandNotSupported
            | Error::AddressTypeNotSupported => Self::Refused { proxy, source: error.into() },
            // Its own text is the system's, once is enough.
            Error::Io(error) => Self::Protocol { proxy, source: error.into() },
            error => Self::Protocol { proxy, source: error.into() },
        }
    }
}

impl From<Socks5Error> for ConnectError {
    fn from(error: Socks5Error) -> Self {
        Self::Transport(error.into())
    }
}
