//! Connections that are idle after one request.

use crate::requests::{Answers, Header, Template, frame_length};
use crate::{limits, usage};
use rocketmq_tower::BoxError;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Address of the server, on the loopback interface.
    pub(crate) address: SocketAddr,
    /// Process id of the server.
    pub(crate) pid: u32,
    /// Numbers of open connections at which the server's memory is measured.
    #[arg(long, value_delimiter = ',', default_value = "10000,20000")]
    pub(crate) steps: Vec<usize>,
    /// Time for the server to settle before each measurement, in seconds.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) settle: f64,
}

/// How the server's memory grew with the connections.
#[derive(Clone, Debug)]
pub(crate) struct Growth {
    /// The server's memory before the first connection, in bytes.
    pub(crate) before: u64,
    /// For each step: the number of open connections, and the server's additional memory per
    /// connection, in bytes.
    pub(crate) steps: Vec<(usize, f64)>,
}

/// Connections per source address, which has 28,000 ports, some of them in use.
const PER_SOURCE: usize = 5000;

/// Open files besides those of connections. Java has some hundred.
pub(crate) const OTHER_FILES: usize = 500;

/// Maximum time for one connection to open and to get its response.
const ONE: Duration = Duration::from_secs(10);

/// Maximum time for the whole measurement.
const ALL: Duration = Duration::from_secs(120);

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: &Options) -> Result<Growth, BoxError> {
    let most = options.steps.iter().copied().max().unwrap_or_default();
    let files = limits::raise_open_files()?;
    if files < (most + OTHER_FILES) as u64 {
        let needed = most + OTHER_FILES;
        return Err(format!(
            "{most} connections need {needed} open files in this process and in the server, but \
            the limit is {files}: raise the hard limit (`ulimit -Hn`) of both, which requires \
            CAP_SYS_RESOURCE, or choose fewer connections with --steps"
        )
        .into());
    }
    let done = timeout(ALL, measure(options)).await;
    done.unwrap_or_else(|_| Err(format!("it took longer than {} s", ALL.as_secs()).into()))
}

async fn measure(options: &Options) -> Result<Growth, BoxError> {
    let settle = Duration::from_secs_f64(options.settle);
    let request = Template::new(Header::Json, 128)?;
    // The server's one-time allocations for its first connection are no cost per connection.
    drop(open(options.address, 0, &request).await?);
    sleep(settle).await;
    let before = usage::resident(options.pid)?;

    let mut connections = Vec::new();
    let mut steps = Vec::new();
    for step in options.steps.iter().copied() {
        while connections.len() < step {
            let number = connections.len();
            let opening = timeout(ONE, open(options.address, number, &request)).await;
            let opened = opening.unwrap_or_else(|_| Err("no response in time".into()));
            connections.push(opened.map_err(|error| format!("connection {number}: {error}"))?);
        }
        sleep(settle).await;
        let grown = usage::resident(options.pid)?.saturating_sub(before);
        steps.push((step, grown as f64 / step as f64));
    }
    for connection in &connections {
        if connection.try_read(&mut [0]).is_ok() {
            return Err("the server closed connections".into());
        }
    }
    Ok(Growth { before, steps })
}

/// Opens connection `number` and makes one request over it.
async fn open(to: SocketAddr, number: usize, request: &Template) -> Result<TcpStream, BoxError> {
    let socket = TcpSocket::new_v4()?;
    let source = Ipv4Addr::new(127, 0, 0, u8::try_from(2 + number / PER_SOURCE)?);
    socket.bind(SocketAddr::new(IpAddr::V4(source), 0))?;
    let mut stream = socket.connect(to).await?;
    stream.write_all(&request.frame).await?;
    let mut answer = vec![0; 4];
    stream.read_exact(&mut answer).await?;
    let length = frame_length(&answer).unwrap_or_default();
    if length > 2 * request.frame.len() {
        return Err(format!("a response of {length} bytes").into());
    }
    answer.resize(length, 0);
    stream.read_exact(&mut answer[4..]).await?;
    Answers::new(128).check(&answer)?;
    Ok(stream)
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        write!(f, "{:.1} MiB before the first connection", mib(self.before))?;
        for (connections, bytes) in &self.steps {
            write!(f, "\n{connections} connections: {bytes:.0} bytes each")?;
        }
        Ok(())
    }
}
