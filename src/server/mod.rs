//! Servers: accept connections and serve them with a stack of tower services.
//!
//! [`Server`] builds the default stack, with layers of your own inside it:
//!
//! ```no_run
//! use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, Server, service_fn};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), BoxError> {
//! let processor = service_fn(|request: RemotingCommand| async move {
//!     println!("{} from {:?}", request.request_code(), request.channel());
//!     Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
//! });
//!
//! let server = Server::new(processor).bind("127.0.0.1:9876").await?;
//! println!("listening on {}", server.local_addr());
//! let shutdown = server.serve_until(tokio::signal::ctrl_c()).await?;
//! println!("{} connections were closed at the deadline", shutdown.aborted);
//! # Ok(())
//! # }
//! ```
//!
//! | | runs | ends |
//! |---|---|---|
//! | [`BoundServer::serve`] | in the caller | with the listener, which sockets never do |
//! | [`BoundServer::serve_until`] | in the caller | gracefully, when a future resolves |
//! | [`BoundServer::spawn`] | in a task: a [`RunningServer`] | gracefully, when its handle says so or is dropped |
//!
//! [`serve`] serves a stack that you built yourself. Both listen on sockets of tokio, on any
//! [`Listener`], or on several at once: [`listener::IntoListener`]. Both raise the process's limit of
//! open files, unless [told not to](Server::raise_file_limit). A new process can take over from an old
//! one without a gap: [`restart`].

mod accept;
mod bind;
mod bound;
mod builder;
mod connections;
pub mod files;
pub mod listener;
mod outcome;
pub mod restart;
mod running;
mod serve;
mod setters;
mod settings;
mod shared;
#[cfg(feature = "signal")]
mod signal;

pub use crate::stack::{BoxConnectionService, HookedProcessor, WatchedDriver};
pub use bound::BoundServer;
pub use builder::Server;
pub use connections::Connections;
#[doc(inline)]
pub use listener::{Listener, TcpOptions};
pub use outcome::{ServeError, Shutdown};
pub use running::RunningServer;
pub use serve::{Serve, serve};
pub use shared::SharedProcessor;
#[cfg(feature = "signal")]
pub use signal::shutdown_signal;
