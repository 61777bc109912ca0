//! Everything that a server can listen on.

use super::{Listener, ListenerPair, ListenerSet, Retry, TcpAcceptor};
#[cfg(unix)]
use super::{SocketAcceptor, UnixAcceptor};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

/// A value that [`Server::listen`](crate::Server::listen) and [`serve`](crate::server::serve) take.
///
/// | value | connections come from |
/// |---|---|
/// | a [`Listener`] | it |
/// | tokio's `TcpListener` or `UnixListener`, a [`TcpAcceptor`], `UnixAcceptor` or `SocketAcceptor` | it, with [`Retry`] around it |
/// | `Vec<L>`, `[L; N]` | all of them, in turn: [`ListenerSet`] |
/// | `(A, B)`, `(A, B, C)` | all of them, of different types: [`ListenerPair`] |
///
/// An [`Accept`](super::Accept) of your own needs a [`Retry`] around it. A `TcpListener` that you
/// bound yourself has its options set already; on each connection, those of
/// [`TcpAcceptor::from_listener`] are set. A listener of the standard library is made into a
/// [`TcpAcceptor`] by [`from_std`](TcpAcceptor::from_std), which can fail.
#[diagnostic::on_unimplemented(
    message = "a server cannot listen on `{Self}`",
    label = "not a listener",
    note = "a server listens on a `TcpListener` or `UnixListener` of tokio, or any `Listener`",
    note = "a `Vec`, an array, or a tuple of two or three listeners is one listener",
    note = "`TcpAcceptor::from_std` and `UnixAcceptor::from_std` take listeners of the standard library",
    note = "sources that may fail implement `Accept`, and need a `Retry` around them"
)]
pub trait IntoListener {
    /// The listener.
    type Listener: Listener;

    /// Makes the listener.
    fn into_listener(self) -> Self::Listener;
}

#[diagnostic::do_not_recommend]
impl<L: Listener> IntoListener for L {
    type Listener = L;

    fn into_listener(self) -> L {
        self
    }
}

impl IntoListener for TcpListener {
    type Listener = Retry<TcpAcceptor>;

    fn into_listener(self) -> Self::Listener {
        TcpAcceptor::from_listener(self).into_listener()
    }
}

impl IntoListener for TcpAcceptor {
    type Listener = Retry<Self>;

    fn into_listener(self) -> Self::Listener {
        Retry::new(self)
    }
}

#[cfg(unix)]
impl IntoListener for UnixListener {
    type Listener = Retry<UnixAcceptor>;

    fn into_listener(self) -> Self::Listener {
        UnixAcceptor::from_listener(self).into_listener()
    }
}

#[cfg(unix)]
impl IntoListener for UnixAcceptor {
    type Listener = Retry<Self>;

    fn into_listener(self) -> Self::Listener {
        Retry::new(self)
    }
}

#[cfg(unix)]
impl IntoListener for SocketAcceptor {
    type Listener = Retry<Self>;

    fn into_listener(self) -> Self::Listener {
        Retry::new(self)
    }
}

impl<L: IntoListener> IntoListener for Vec<L> {
    type Listener = ListenerSet<L::Listener>;

    fn into_listener(self) -> Self::Listener {
        self.into_iter().map(L::into_listener).collect()
    }
}

impl<L: IntoListener, const N: usize> IntoListener for [L; N] {
    type Listener = ListenerSet<L::Listener>;

    fn into_listener(self) -> Self::Listener {
        self.into_iter().map(L::into_listener).collect()
    }
}

impl<A: IntoListener, B: IntoListener> IntoListener for (A, B) {
    type Listener = ListenerPair<A::Listener, B::Listener>;

    fn into_listener(self) -> Self::Listener {
        ListenerPair::new(self.0.into_listener(), self.1.into_listener())
    }
}

impl<A: IntoListener, B: IntoListener, C: IntoListener> IntoListener for (A, B, C) {
    type Listener = ListenerPair<A::Listener, ListenerPair<B::Listener, C::Listener>>;

    fn into_listener(self) -> Self::Listener {
        let (a, b, c) = self;
        (a, (b, c)).into_listener()
    }
}
