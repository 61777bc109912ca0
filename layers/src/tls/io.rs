use super::sniffed::Sniffed;
use pin_project_lite::pin_project;
use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;

pin_project! {
    /// Byte stream of a connection, with or without TLS.
    #[derive(Debug)]
    pub struct MaybeTls<Io> {
        #[pin]
        inner: Inner<Io>,
    }
}

pin_project! {
    #[project = InnerProj]
    #[derive(Debug)]
    enum Inner<Io> {
        Plain { #[pin] io: Sniffed<Io> },
        // Boxed: it is larger than a kilobyte, which plain connections should not pay for.
        Tls { io: Box<TlsStream<Sniffed<Io>>> },
    }
}

impl<Io> MaybeTls<Io> {
    pub(super) fn plain(io: Sniffed<Io>) -> Self {
        Self { inner: Inner::Plain { io } }
    }

    pub(super) fn tls(io: TlsStream<Sniffed<Io>>) -> Self {
        Self { inner: Inner::Tls { io: Box::new(io) } }
    }

    /// Returns the inner byte stream, such as a socket.
    pub fn get_ref(&self) -> &Io {
        match &self.inner {
            Inner::Plain { io } => io.get_ref(),
            Inner::Tls { io } => io.get_ref().0.get_ref(),
        }
    }

    /// Returns whether the connection uses TLS.
    pub fn is_tls(&self) -> bool {
        matches!(self.inner, Inner::Tls { .. })
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncRead for MaybeTls<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        match self.project().inner.project() {
            InnerProj::Plain { io } => io.poll_read(cx, buffer),
            InnerProj::Tls { io } => Pin::new(io).poll_read(cx, buffer),
        }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncWrite for MaybeTls<Io> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        match self.project().inner.project() {
            InnerProj::Plain { io } => io.poll_write(cx, bytes),
            InnerProj::Tls { io } => Pin::new(io).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        match self.project().inner.project() {
            InnerProj::Plain { io } => io.poll_write_vectored(cx, slices),
            InnerProj::Tls { io } => Pin::new(io).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.inner {
            Inner::Plain { io } => io.is_write_vectored(),
            Inner::Tls { io } => io.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        match self.project().inner.project() {
            InnerProj::Plain { io } => io.poll_flush(cx),
            InnerProj::Tls { io } => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        match self.project().inner.project() {
            InnerProj::Plain { io } => io.poll_shutdown(cx),
            InnerProj::Tls { io } => Pin::new(io).poll_shutdown(cx),
        }
    }
}
