//! Parts that the consoles of `rocketmq-tower-broker` and `rocketmq-tower-gateway` share.
//!
//! A console is a page in the browser, and a JSON API that it reads. It serves HTTP/1.1 on an address of its
//! own: [`ConsoleServer`]. A [`Guard`] decides which requests are answered, [`answer`] has the answers and
//! the parts of requests, and [`page`] serves the files of the page, with those that both consoles share.
//!
//! Nothing here grows with what a peer sends beyond these bounds: connections, the time that each may last,
//! the size of a request, the items of a page.
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//! use rocketmq_tower_console::answer::answer;
//! use rocketmq_tower_console::{ConsoleOptions, ConsoleServer, page};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let options = ConsoleOptions { addr: "127.0.0.1:0".into(), ..ConsoleOptions::default() };
//! let server = ConsoleServer::bind(&options).await?;
//! let api = Router::new().route("/api/v1/overview", get(async || answer(&"all is well")));
//! let page = page("<!doctype html><title>A console</title>", &[]);
//! tokio::spawn(server.serve(api.merge(page)));
//! # Ok(())
//! # }
//! ```

pub mod answer;
mod files;
mod guard;
mod memory;
mod options;
mod samples;
mod server;
mod turns;

pub use files::page;
pub use guard::Guard;
pub use memory::resident_bytes;
pub use options::{ConsoleOptions, Password, PasswordError};
pub use samples::Samples;
pub use server::ConsoleServer;
pub use turns::Turns;
