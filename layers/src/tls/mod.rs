//! TLS: a peer that begins with a handshake gets one.
//!
//! # What
//!
//! [`Tls`] looks at the first byte of each connection. If it begins a TLS handshake, that is done,
//! and the connection goes on inside with its bytes deciphered; if not, the [`TlsMode`] decides:
//!
//! | the first byte is | disabled | permissive | enforcing, the default |
//! |---|---|---|---|
//! | 0x16, a handshake | passed on, not a frame to the driver | TLS | TLS |
//! | any other | passed on | passed on | the connection ends, nothing more is read |
//!
//! [`ServerTls`] is the certificate: from PEM [files](PemFiles), which may be read again while the
//! server runs (`watch`, with the feature `tls-reload`, does so when they change), or from settings
//! of [`rustls`] itself. It may ask clients for certificates, or want them. What the handshake found
//! out is a [`TlsInfo`] in the channel's extensions, for processors and layers inside.
//!
//! [`ClientTls`] is the other end, for the transport `Tls` of `rocketmq_tower::client`. With the
//! feature `tls-self-signed`, `SelfSigned` makes certificates on the spot.
//!
//! # Why
//!
//! Requests, their signatures and messages are readable and changeable on the way without it; and a
//! client's certificate is the best proof of who it is.
//!
//! # Bounds
//!
//! A connection has 10 s from when it gets here: for its first byte if it is plain, for the whole
//! handshake if not ([`handshake_timeout`](TlsLayer::handshake_timeout)). The handshake runs in the
//! connection's own future, never in the accept loop, and needs some 10 KiB until it is done, and at
//! most 64 KiB of what the peer sends; how many there can be is the connection limit's to say. What
//! ends before the services inside have seen it ends with
//!
//! | what happened | [`CloseReason`](rocketmq_tower_core::CloseReason) |
//! |---|---|
//! | plain, and the mode is enforcing; or nothing came | `Refused` |
//! | a handshake that was too slow, or failed | `Io`, a [`HandshakeError`] |
//! | the peer left without a word | `PeerClosed` |
//! | the server shuts down | `Drained`, at once |
//!
//! # Cost
//!
//! A connection with TLS holds some 9 KiB more at each end. Over one connection, with both ends in
//! one process and two cores, in several runs: requests of 128 bytes in a pipeline took 0.9 to 1.5
//! times the CPU of plain ones, 1.06 in the middle; bodies of 64 KiB that are echoed took 1.1 to 2.1
//! times, 1.9 in the middle, and 0.5 to 0.9 times as many went through. A handshake takes 0.3 ms of
//! CPU for both ends.
//! What the layer costs a plain connection was less than could be measured.
//!
//! # How it differs from Java
//!
//! * In enforcing mode, what a plain peer has sent is not looked at; Java closes the connection, but
//!   runs the requests that came first.
//! * The default is enforcing, not permissive; a name of a mode that does not exist is an error.
//! * The deadline counts from the connection's start. Java's, 10 s as well, is the handshake's alone:
//!   a peer that keeps silent has its 120 s of idleness. In permissive mode this is true of plain
//!   peers, too: one that connects long before it asks is turned away.
//! * Certificate and key are replaced when what is in the files fits together, also if only the
//!   certificate changed; Java waits for both files to change. The new ones count at once; Java
//!   looks every 500 ms.
//! * Certificates of clients that are asked for are verified. Java takes any unless
//!   `tls.server.authClient` is set, and its clients take any server's unless
//!   `tls.client.authServer` is.
//! * Clients verify the server's name, too. Java's do not.
//! * Keys that are encrypted with a password are not read; nor are Java's properties.
//! * A connection whose handshake fails has no events, as nothing was ever asked over it.
//!
//! # When not
//!
//! If a proxy in front of the server ends TLS. And never half: in permissive mode, whoever can sit
//! between the peers can make both believe that the other speaks no TLS.
//!
//! A peer that ends the connection without TLS's word for it, as many do, ends it with an error
//! (`UnexpectedEof`), not with `PeerClosed`: nobody can tell that from a connection that was cut.
//!
//! # Cryptography
//!
//! Of the providers for rustls, ring is used: it is the smaller one, and builds with a C compiler
//! alone. It has no post-quantum key exchange, as aws-lc-rs has. Who wants another brings a
//! configuration that was made with it. TLS 1.2 and 1.3 are spoken.
//!
//! # Where
//!
//! At the connection level, inside of limits and of `proxy_protocol`, whose headers come
//! first on the wire; outside of [`events`](crate::events) and [`idle_timeout`](crate::idle_timeout). The
//! service inside must be `Clone`, as readiness that was taken waits for the handshake.
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
/// What is configured with more than files: [`ServerTls::new`], [`ClientTls::new`].
pub use tokio_rustls::rustls;
