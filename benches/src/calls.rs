//! Calls through the library's client: closed loops of callers that share connections.

use crate::outcome::{Measuring, Outcome, histogram};
use crate::requests::{Header, send_message};
use hdrhistogram::Histogram;
use rocketmq_tower::{BoxError, Channel, Client, RemotingCommand, ResponseCode, connect};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::runtime;
use tokio::task::JoinSet;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Address of the server.
    pub(crate) address: SocketAddr,
    /// Process id of the server.
    pub(crate) pid: u32,
    #[arg(long, default_value_t = 1)]
    pub(crate) connections: usize,
    /// Call through a `Client` that has as many connections to the address, instead of through
    /// their channels.
    #[arg(long)]
    pub(crate) client: bool,
    /// Callers for each connection. Each makes one call at a time.
    #[arg(long, default_value_t = 64)]
    pub(crate) callers: usize,
    /// Length of bodies, in bytes.
    #[arg(long, default_value_t = 128)]
    pub(crate) body: usize,
    #[arg(long, value_enum, default_value_t = Header::Json)]
    pub(crate) header: Header,
    /// Run the client on one thread instead of tokio's default.
    #[arg(long)]
    pub(crate) one_thread: bool,
    #[arg(long, default_value_t = 5.0)]
    pub(crate) seconds: f64,
    #[arg(long, default_value_t = 1.0)]
    pub(crate) warm_up: f64,
}

/// Timeout of a call.
const DEADLINE: Duration = Duration::from_secs(3);

pub(crate) fn run(options: &Options) -> Result<Outcome, BoxError> {
    let mut builder = match options.one_thread {
        true => runtime::Builder::new_current_thread(),
        false => runtime::Builder::new_multi_thread(),
    };
    builder.enable_all().build()?.block_on(measure(options))
}

async fn measure(options: &Options) -> Result<Outcome, BoxError> {
    let mut peers = Vec::new();
    let client = Client::builder().connections_per_address(options.connections).build();
    for _ in 0..options.connections {
        peers.push(match options.client {
            true => Peer::Client(client.clone(), options.address),
            false => Peer::Channel(connect(options.address).await?),
        });
    }
    let request = send_message(options.header, options.body);
    call_for(&peers, &request, options.callers, options.warm_up).await?;
    let measuring = Measuring::start(options.pid)?;
    let times = call_for(&peers, &request, options.callers, options.seconds).await?;
    measuring.end(times.len(), &times)
}

/// Takes the calls of a caller.
#[derive(Clone)]
enum Peer {
    Channel(Channel),
    Client(Client, SocketAddr),
}

impl Peer {
    async fn invoke(&self, request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
        Ok(match self {
            Self::Channel(channel) => channel.invoke(request, DEADLINE).await?,
            Self::Client(client, addr) => client.invoke(*addr, request, DEADLINE).await?,
        })
    }
}

/// Runs `callers` callers for each peer for `seconds`. Returns the duration of each call, in
/// nanoseconds.
async fn call_for(
    peers: &[Peer],
    request: &RemotingCommand,
    callers: usize,
    seconds: f64,
) -> Result<Histogram<u64>, BoxError> {
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let mut tasks = JoinSet::new();
    for peer in peers {
        for _ in 0..callers {
            tasks.spawn(call(peer.clone(), request.clone(), end));
        }
    }
    let mut times = histogram(2)?;
    while let Some(done) = tasks.join_next().await {
        times.add(done??)?;
    }
    Ok(times)
}

async fn call(
    peer: Peer,
    request: RemotingCommand,
    end: Instant,
) -> Result<Histogram<u64>, BoxError> {
    // Two digits, so that the histograms of all callers fit in the cache.
    let mut times = histogram(2)?;
    let mut now = Instant::now();
    while now < end {
        let answer = peer.invoke(request.clone()).await?;
        if answer.response_code() != ResponseCode::SUCCESS || answer.body() != request.body() {
            return Err(format!("not success: {answer:?}").into());
        }
        let before = std::mem::replace(&mut now, Instant::now());
        times.saturating_record(u64::try_from((now - before).as_nanos())?.max(1));
    }
    Ok(times)
}
