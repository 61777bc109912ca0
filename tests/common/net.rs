//! A network in memory: servers by address, which a test can start, kill and silence.
//!
//! [`Net`] is a transport. With paused time, attempts to connect have exact times.

use rocketmq_tower::client::{Client, ClientBuilder, Connector, Unsupported};
use rocketmq_tower::server::BoxConnectionService;
use rocketmq_tower::{
    Addr, BoxError, Channel, ChannelInfo, Connection, Processor, RemotingCommand, ResponseCode,
    Server, Service, ServiceExt, service_fn,
};
use std::collections::HashMap;
use std::future::{Future, pending};
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

pub(crate) type Stack = BoxConnectionService<DuplexStream>;

/// All servers. Clones are the same network. An address without a server refuses connections.
#[derive(Clone, Default)]
pub(crate) struct Net {
    hosts: Arc<Mutex<HashMap<Addr, Host>>>,
}

#[derive(Default)]
struct Host {
    /// Builds the stack each time the server starts.
    stack: Option<Arc<dyn Fn() -> Stack + Send + Sync>>,
    running: Option<Running>,
    silent: bool,
    delay: Duration,
    dials: Vec<Instant>,
    channels: Vec<Channel>,
}

struct Running {
    accept: mpsc::UnboundedSender<Connection<DuplexStream>>,
    /// Dropping it stops the server.
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Net {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Returns a client over this network.
    pub(crate) fn client(&self) -> Client {
        self.builder().build()
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder().connector(self.connector())
    }

    pub(crate) fn connector(&self) -> Connector<Unsupported, Self> {
        Connector::new().transport(self.clone())
    }

    /// Starts a server with the default stack.
    pub(crate) fn start<P>(&self, addr: &str, processor: P)
    where
        P: Processor + Clone + Sync,
    {
        self.start_stack(addr, move || Server::new(processor.clone()).into_service());
    }

    /// Starts a server with the given stack.
    pub(crate) fn start_stack(
        &self,
        addr: &str,
        stack: impl Fn() -> Stack + Send + Sync + 'static,
    ) {
        self.host(addr, |host| host.stack = Some(Arc::new(stack)));
        self.restart(addr);
    }

    /// Restarts a server that was killed.
    pub(crate) fn restart(&self, addr: &str) {
        self.host(addr, |host| {
            assert!(host.running.is_none(), "{addr} runs");
            let stack = host.stack.as_ref().expect("it was started once")();
            let (accept, accepted) = mpsc::unbounded_channel();
            let (stop, stopped) = oneshot::channel();
            let task = tokio::spawn(serve(stack, accepted, stopped));
            host.running = Some(Running { accept, stop, task });
        });
    }

    /// Kills a server and its tasks. When this returns, its connections are closed; new ones are
    /// refused.
    pub(crate) async fn kill(&self, addr: &str) {
        let running = self.host(addr, |host| host.running.take()).expect("it runs");
        drop(running.stop);
        running.task.await.expect("no panic");
    }

    /// If `silent` is true, attempts to connect never complete from now on.
    pub(crate) fn set_silent(&self, addr: &str, silent: bool) {
        self.host(addr, |host| host.silent = silent);
    }

    /// Attempts to connect take this long, whether they succeed or not.
    pub(crate) fn set_delay(&self, addr: &str, delay: Duration) {
        self.host(addr, |host| host.delay = delay);
    }

    /// Returns when the attempts to connect began.
    pub(crate) fn dials(&self, addr: &str) -> Vec<Instant> {
        self.host(addr, |host| host.dials.clone())
    }

    /// Returns the number of connections that were made since the start.
    pub(crate) fn connections(&self, addr: &str) -> usize {
        self.host(addr, |host| host.channels.len())
    }

    /// Returns the server's channels of the open connections.
    pub(crate) fn open(&self, addr: &str) -> Vec<Channel> {
        let all = self.host(addr, |host| host.channels.clone());
        all.into_iter().filter(|channel| !channel.is_closed()).collect()
    }

    fn host<T>(&self, addr: &str, f: impl FnOnce(&mut Host) -> T) -> T {
        f(self.lock().entry(addr.into()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Addr, Host>> {
        self.hosts.lock().expect("no panic")
    }

    async fn dial(self, addr: Addr) -> io::Result<(DuplexStream, ChannelInfo)> {
        let (silent, delay) = {
            let mut hosts = self.lock();
            let host = hosts.entry(addr.clone()).or_default();
            host.dials.push(Instant::now());
            (host.silent, host.delay)
        };
        if silent {
            pending::<()>().await;
        }
        if !delay.is_zero() {
            sleep(delay).await;
        }
        let mut hosts = self.lock();
        let host = hosts.get_mut(&addr).ok_or(ErrorKind::ConnectionRefused)?;
        let server = host.running.as_ref().ok_or(ErrorKind::ConnectionRefused)?;
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let connection = Connection::new(theirs, ChannelInfo::new(addr.clone(), Addr::Unnamed));
        host.channels.push(connection.channel());
        server.accept.send(connection).map_err(|_| ErrorKind::ConnectionRefused)?;
        Ok((ours, ChannelInfo::new(Addr::Unnamed, addr)))
    }
}

/// Accepts connections until it is stopped.
async fn serve(
    mut stack: Stack,
    mut accepted: mpsc::UnboundedReceiver<Connection<DuplexStream>>,
    stopped: oneshot::Receiver<()>,
) {
    let mut lives = JoinSet::new();
    let accept = async {
        while let Some(connection) = accepted.recv().await {
            let stack = stack.ready().await.expect("stacks do not fail");
            lives.spawn(stack.call(connection));
        }
    };
    tokio::select! {
        () = accept => {}
        _ = stopped => {}
    }
    lives.shutdown().await;
}

impl Service<Addr> for Net {
    type Response = (DuplexStream, ChannelInfo);
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, addr: Addr) -> Self::Future {
        let net = self.clone();
        Box::pin(async move { Ok(net.dial(addr).await?) })
    }
}

/// A server that responds with its name.
pub(crate) fn named(name: &'static str) -> impl Processor + Clone + Sync {
    service_fn(move |_: RemotingCommand| async move {
        let answer = RemotingCommand::response(ResponseCode::SUCCESS);
        Ok::<_, BoxError>(answer.with_body(name))
    })
}
