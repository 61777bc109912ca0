//! TLS, required or optional, detected by a connection's first byte.
//!
//! # What
//!
//! [`Tls`] checks the first byte of each connection. If it begins a TLS handshake, the layer
//! performs the handshake and passes the decrypted connection to the inner service. If not, the
//! [`TlsMode`] decides:
//!
//! | the first byte is | disabled | permissive | enforcing, the default |
//! |---|---|---|---|
//! | 0x16, a handshake | passed on; the driver reads a malformed frame | TLS | TLS |
//! | any other | passed on | passed on | the connection is closed, nothing more is read |
//!
//! [`ServerTls`] holds the certificate, from PEM [files](PemFiles) or from a [`rustls`]
//! configuration. Files may be reloaded while the server runs (`watch`, with the feature
//! `tls-reload`, does so when they change). Client certificates may be requested or required. The
//! outcome of the handshake is a [`TlsInfo`] in the channel's extensions, for processors and inner
//! layers.
//!
//! [`ClientTls`] is the client's side, for the transport `Tls` of `rocketmq_tower::client`. With
//! the feature `tls-self-signed`, `SelfSigned` generates certificates.
//!
//! # Why
//!
//! Without TLS, requests, their signatures and messages can be read and changed in transit. A
//! client certificate is also the best proof of a client's identity.
//!
//! # Bounds
//!
//! A connection has 10 s from when it reaches this layer
//! ([`handshake_timeout`](TlsLayer::handshake_timeout)): for its first byte if it is plain, for the
//! whole handshake if not. The handshake runs in the connection's own future, never in the accept
//! loop. It needs about 10 KiB until it is done, and buffers at most 64 KiB of the peer's bytes;
//! the connection limit bounds the number of handshakes. A connection that ends before it reaches
//! the inner service is closed with
//!
//! | what happened | [`CloseReason`](rocketmq_tower_core::CloseReason) |
//! |---|---|
//! | it is plain and the mode is enforcing, or the peer sent nothing in time | `Refused` |
//! | the handshake was too slow, or failed | `Io`, a [`HandshakeError`] |
//! | the peer closed without sending anything | `PeerClosed` |
//! | the server shuts down | `Drained`, at once |
//!
//! # Cost
//!
//! A TLS connection needs about 9 KiB more at each end. Measured over one connection, with both
//! ends in one process on two cores, in several runs: pipelined requests of 128 bytes took 0.9 to
//! 1.5 times the CPU of plain ones (median 1.06). Echoed bodies of 64 KiB took 1.1 to 2.1 times the
//! CPU (median 1.9), at 0.5 to 0.9 times the throughput. A handshake takes 0.3 ms of CPU for both
//! ends together. The cost for a plain connection was too small to measure.
//!
//! # How it differs from Java
//!
//! * In enforcing mode, a plain peer's bytes are not processed; Java closes the connection, but
//!   runs the requests received before that.
//! * The default is enforcing, not permissive; an unknown mode name is an error.
//! * The deadline counts from the connection's start. Java's, also 10 s, covers the handshake
//!   alone, so a silent peer is closed only by the idle timeout of 120 s. The deadline applies to
//!   plain peers in permissive mode too: a client that connects long before its first request is
//!   refused.
//! * Certificate and key are replaced as soon as the files match each other, even if only the
//!   certificate changed; Java waits for both files to change. The change takes effect at once;
//!   Java checks every 500 ms.
//! * Requested client certificates are verified. Java accepts any unless `tls.server.authClient` is
//!   set, and its clients accept any server certificate unless `tls.client.authServer` is set.
//! * Clients also verify the server's name. Java's do not.
//! * Password-encrypted keys are not supported, and Java's properties are not read.
//! * A connection whose handshake fails reports no events, as no request was received.
//!
//! # When not
//!
//! If a proxy in front of the server terminates TLS. Do not rely on permissive mode for security: a
//! man in the middle can make each peer believe that the other does not speak TLS.
//!
//! If a peer closes the connection without TLS's `close_notify`, as many do, the close reason is an
//! error (`UnexpectedEof`), not `PeerClosed`: this cannot be told from a truncated connection.
//!
//! # Cryptography
//!
//! The rustls provider is ring: it is the smaller one, and needs only a C compiler to build. Unlike
//! aws-lc-rs, it has no post-quantum key exchange. To use another provider, pass a configuration
//! made with it. TLS 1.2 and 1.3 are supported.
//!
//! # Where
//!
//! At the connection level: inside limits and `proxy_protocol`, whose headers come first on the
//! wire; outside [`events`](crate::events) and [`idle_timeout`](crate::idle_timeout). The inner
//! service must be `Clone`, since the ready service moves into the handshake's future.
//!
//! ```
//! use rocketmq_tower::layers::TlsLayer;
//! use rocketmq_tower::layers::tls::{PemFiles, ServerTls, TlsMode};
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let files = PemFiles::new("server.pem", "server.key").require_client_certificates("ca.pem");
//!     let tls = TlsLayer::new(ServerTls::from_files(files)?).mode(TlsMode::Permissive);
//!     let server = Server::new(router).connection_layer(tls).bind("0.0.0.0:10911").await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```

mod any;
mod client;
mod error;
mod files;
mod future;
mod handshake;
mod info;
mod io;
mod layer;
mod mode;
mod pem;
mod provider;
#[cfg(feature = "tls-self-signed")]
mod self_signed;
mod server;
mod service;
mod sniffed;
#[cfg(feature = "tls-reload")]
mod watch;

pub use client::ClientTls;
pub use error::{HandshakeError, TlsConfigError};
pub use files::PemFiles;
pub use future::ResponseFuture;
pub use info::TlsInfo;
pub use io::MaybeTls;
pub use layer::TlsLayer;
pub use mode::{TlsMode, UnknownTlsMode};
#[cfg(feature = "tls-self-signed")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls-self-signed")))]
pub use self_signed::{Issued, SelfSigned};
pub use server::ServerTls;
pub use service::Tls;
/// For configurations beyond files: [`ServerTls::new`], [`ClientTls::new`].
pub use tokio_rustls::rustls;
