//! Faults against any server of the protocol that echoes bodies, in its own process. They show what
//! happens to the faulty peer, to a well-behaved neighbour, and to the server's memory.

mod crowds;
mod files;
mod neighbour;
mod peers;
mod target;

use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, Server, service_fn};
use std::time::Duration;
use target::Target;
use tokio::time::timeout;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Seconds to wait for a server to act on a peer
    #[arg(long, default_value_t = 40)]
    patience: u64,
    /// Runs only the faults whose names contain this text
    #[arg(long, default_value = "")]
    only: String,
    /// The server's program and its arguments. It must print `listening on IP:PORT` and answer
    /// requests of code 310 with their bodies. Default: this library's server
    #[arg(long, num_args = 1.., allow_hyphen_values = true)]
    server: Vec<String>,
}

/// The server answers requests of this code with their bodies.
const ECHO: i32 = 310;

const FAULTS: [&str; 10] = [
    "slow reader",
    "deaf reader",
    "slow writer",
    "stalled frame",
    "half-close",
    "resets",
    "bad frames",
    "silent peers",
    "claims",
    "no files",
];

/// Runs the faults and prints a line for each.
pub(crate) async fn run(options: &Options) -> Result<(), BoxError> {
    let patience = Duration::from_secs(options.patience);
    for name in FAULTS.into_iter().filter(|name| name.contains(&options.only)) {
        let target = Target::start(&options.server).await?;
        let fault = async {
            match name {
                "slow reader" => peers::slow_reader(&target).await,
                "deaf reader" => peers::deaf_reader(&target, patience).await,
                "slow writer" => peers::slow_writer(&target).await,
                "stalled frame" => peers::stalled_frame(&target, patience).await,
                "half-close" => peers::half_close(&target, patience).await,
                "resets" => crowds::resets(&target).await,
                "bad frames" => peers::bad_frames(&target).await,
                "silent peers" => crowds::silent(&target).await,
                "claims" => crowds::claims(&target).await,
                _ => files::none_left(&target, patience).await,
            }
        };
        let outcome = timeout(patience * 4, fault).await.unwrap_or_else(|_| Err("no end".into()));
        let text = outcome.unwrap_or_else(|error| format!("failed: {error}"));
        println!("{name:14} | {text}");
    }
    Ok(())
}

/// Runs this library's server, with its defaults except for the number of connections.
pub(crate) async fn serve(listen: &str) -> Result<(), BoxError> {
    let echo = service_fn(|mut request: RemotingCommand| async move {
        let answer = RemotingCommand::response(ResponseCode::SUCCESS);
        Ok::<_, BoxError>(answer.with_body(request.take_body()))
    });
    let server = Server::new(echo).max_connections(10_000).bind(listen).await?;
    println!("listening on {}", server.local_addr());
    server.serve().await?;
    Ok(())
}
