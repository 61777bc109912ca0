use super::ConnectError;
use rocketmq_tower_core::{Addr, BoxError, texts_with_causes};
use std::time::Duration;
use tokio_socks::Error;

texts_with_causes! {
    unreachable(proxy: Addr, source: Box<ConnectError>)
        "the proxy {proxy} can't be reached", &**source;
    credentials(proxy: Addr, source: BoxError)
        "the proxy {proxy} does not accept the user name and password", &**source;
    refused(proxy: Addr, source: BoxError)
        "the proxy {proxy} refused to connect to the server", &**source;
    protocol(proxy: Addr, source: BoxError)
        "the proxy {proxy} does not follow the protocol", &**source;
}

/// Why connecting through a proxy failed: the source of a [`ConnectError::Transport`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Socks5Error {
    /// The proxy cannot be reached.
    #[error(fmt = unreachable)]
    Unreachable {
        /// The proxy.
        proxy: Addr,
        /// The error of connecting to the proxy.
        source: Box<ConnectError>,
    },
    /// The proxy requires a user name and password, or rejects these.
    #[error(fmt = credentials)]
    Credentials {
        /// The proxy.
        proxy: Addr,
        /// The error of the proxy.
        source: BoxError,
    },
    /// The proxy cannot reach the server, or does not permit the connection.
    #[error(fmt = refused)]
    Refused {
        /// The proxy.
        proxy: Addr,
        /// The error of the proxy.
        source: BoxError,
    },
    /// The proxy closed the connection, or does not speak SOCKS5.
    #[error(fmt = protocol)]
    Protocol {
        /// The proxy.
        proxy: Addr,
        /// The error.
        source: BoxError,
    },
    /// The proxy took too long.
    #[error("the proxy {proxy} took longer than {limit:?}")]
    Timeout {
        /// The proxy.
        proxy: Addr,
        /// The time limit.
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
            // Its text is that of the system's error, which would otherwise appear twice.
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
