//! Servers: accept connections and serve them with a stack of tower services.
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
//! println!("{} connections were cut", shutdown.aborted);
//! # Ok(())
//! # }
//! ```

mod accept;
mod bound;
mod builder;
mod connections;
mod guards;
pub mod listener;
mod start;

pub use bound::{BoundServer, ServeError, Shutdown};
pub use builder::Server;
pub use connections::Connections;
pub use guards::{Bare, Guarded, Guards};
#[doc(inline)]
pub use listener::{Listener, TcpOptions};
pub use start::BoxConnectionService;
