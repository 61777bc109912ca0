//! Servers that answer every request, whatever its code, with success and its body.

pub(crate) mod bare;
mod counter;
mod forward;
mod names;
mod tower;

use crate::limits;
use clap::ValueEnum;
use rocketmq_tower::BoxError;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The server to run.
    kind: Kind,
    /// Address to listen on. Port 0 takes a free port.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The server behind `forward`, and the broker that `names` tells.
    #[arg(long, default_value = "127.0.0.1:10911")]
    upstream: SocketAddr,
}

/// The servers of this program.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// Sockets and buffers only: the limit of what a server on tokio can do.
    Bare,
    /// The library with its default stack and a hook.
    Tower,
    /// The library without the layers of the connection level.
    TowerNolayers,
    /// Splits frames and copies them in both directions: the limit of what a gateway on tokio can do.
    Forward,
    /// A name server that tells one broker.
    Names,
}

#[tokio::main]
pub(crate) async fn run(options: &Options) -> Result<(), BoxError> {
    limits::raise_open_files()?;
    let mut terminate = signal(SignalKind::terminate())?;
    let serving = async {
        match options.kind {
            Kind::Bare => {
                let listener = TcpListener::bind(options.listen).await?;
                announce(listener.local_addr()?);
                bare::serve(listener).await
            }
            Kind::Forward => {
                let listener = TcpListener::bind(options.listen).await?;
                announce(listener.local_addr()?);
                forward::serve(listener, options.upstream).await
            }
            Kind::Names => names::serve(options.listen, options.upstream).await,
            Kind::Tower => tower::serve(options.listen).await,
            Kind::TowerNolayers => tower::serve_without_layers(options.listen).await,
        }
    };
    tokio::select! {
        done = serving => done,
        _ = terminate.recv() => Ok(()),
    }
}

/// Prints the line that the parent process waits for.
fn announce(listens: impl std::fmt::Display) {
    println!("listening on {listens}");
}
