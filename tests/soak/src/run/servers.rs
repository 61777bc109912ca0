//! The servers, and their restarts.

use super::World;
use super::audit::CALM;
use super::books::Books;
use super::processor::{CALLERS, Processor};
use super::sabotage::Sabotage;
use rocketmq_tower::driver::ByteBudget;
use rocketmq_tower::layers::events::Event;
use rocketmq_tower::layers::{ConnectionLimitLayer, EventsLayer, MaxAgeLayer};
use rocketmq_tower::server::{Connections, ServeError, Shutdown};
use rocketmq_tower::{BoxError, RemotingCommand, Server, service_fn};
use rocketmq_tower_test_support::{Dice, lock};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tower::limit::GlobalConcurrencyLimitLayer;

/// The number of servers.
pub(crate) const SERVERS: usize = 2;
/// The idle timeout of connections.
pub(crate) const IDLE: Duration = Duration::from_secs(3);
/// The server whose connections have a maximum age, and a small budget of bytes. A oneway request that
/// is on its way when the age is reached, and a call to the client, may be refused, and so may requests
/// beyond the budget while the server calls: the callers make neither to this server.
pub(crate) const AGED: usize = 1;
/// The maximum age of its connections.
const AGE: Duration = Duration::from_secs(1);
/// The bytes that its connections may hold, and those of each connection: so few that connections wait
/// for each other.
const BYTES: (usize, usize) = (512 * 1024, 32 * 1024);
const MAX_CONNECTIONS: usize = 5000;
const MAX_REQUESTS: usize = 4096;

pub(crate) struct Servers {
    all: Vec<One>,
    connections: Arc<Semaphore>,
    requests: Arc<Semaphore>,
    budget: ByteBudget,
}

struct One {
    aged: bool,
    addr: SocketAddr,
    processor: Processor,
    table: Connections,
    /// Odd while the server is being restarted.
    epoch: AtomicU64,
    changed: Mutex<Option<Instant>>,
    running: Mutex<Option<Running>>,
}

struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Shutdown, ServeError>>,
}

/// A point in a server's life.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    epoch: u64,
    calm: bool,
}

impl Moment {
    pub(crate) fn is_restarting(self) -> bool {
        self.epoch % 2 == 1
    }
}

impl Servers {
    pub(crate) async fn start(books: &Books, sabotage: Option<Sabotage>) -> Result<Self, BoxError> {
        let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let requests = Arc::new(Semaphore::new(MAX_REQUESTS));
        let mut all = Vec::new();
        for number in 0..SERVERS {
            let notes = (0..CALLERS).map(|_| AtomicU64::new(0)).collect();
            let processor = Processor {
                books: books.clone(),
                notes: Arc::new(notes),
                sabotage,
                permits: Arc::clone(&requests),
            };
            all.push(One {
                aged: number == AGED,
                addr: free_addr(number).await?,
                processor,
                table: Connections::default(),
                epoch: AtomicU64::new(0),
                changed: Mutex::new(None),
                running: Mutex::new(None),
            });
        }
        let budget = ByteBudget::with_own_bytes(BYTES.0, BYTES.1);
        let servers = Self { all, connections, requests, budget };
        for one in &servers.all {
            servers.run(one).await?;
        }
        Ok(servers)
    }

    pub(crate) fn addr(&self, number: usize) -> SocketAddr {
        self.all[number].addr
    }

    pub(crate) fn moment(&self, number: usize) -> Moment {
        let one = &self.all[number];
        let changed = lock(&one.changed);
        let calm = changed.is_none_or(|at| at.elapsed() > CALM);
        Moment { epoch: one.epoch.load(Ordering::SeqCst), calm }
    }

    /// Returns how long ago the server was last restarted, to explain a fault.
    pub(crate) fn last_change(&self, number: usize) -> Option<Duration> {
        let changed = lock(&self.all[number].changed);
        changed.map(|at| at.elapsed())
    }

    /// Whether the server was restarted since then, just before, or is being restarted now.
    pub(crate) fn was_disturbed(&self, number: usize, since: Moment) -> bool {
        let now = self.moment(number);
        !since.calm || now.epoch != since.epoch || now.is_restarting()
    }

    async fn run(&self, one: &One) -> Result<(), BoxError> {
        let processor = one.processor.clone();
        let books = processor.books.clone();
        let events = EventsLayer::from_fn(move |event| match event {
            Event::Connected(_) => books.served.connected.add(),
            Event::Idle(_) => books.served.idle.add(),
            Event::Disconnected(..) => books.served.disconnected.add(),
            _ => {}
        });
        let process =
            service_fn(move |request: RemotingCommand| processor.clone().process(request));
        let limit = ConnectionLimitLayer::with_semaphore(Arc::clone(&self.connections));
        let (age, budget) = match one.aged {
            true => (AGE, self.budget.clone()),
            false => (Duration::MAX, ByteBudget::default()),
        };
        let server = Server::new(process)
            .connections(one.table.clone())
            .connection_limit(limit)
            .connection_layer(MaxAgeLayer::new(age).jitter(0.5))
            .budget(budget)
            .layer(GlobalConcurrencyLimitLayer::with_semaphore(Arc::clone(&self.requests)))
            .events(events)
            .idle_timeout(IDLE);
        let server = server.bind(one.addr).await?;
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(server.serve_until(stopped));
        *lock(&one.running) = Some(Running { stop, task });
        Ok(())
    }

    async fn end(&self, one: &One, abrupt: bool) -> Result<(), BoxError> {
        let running = lock(&one.running).take();
        let Some(Running { stop, task }) = running else { return Ok(()) };
        let served = &one.processor.books.served;
        if abrupt {
            task.abort();
            _ = task.await;
            served.abrupt.add();
        } else {
            _ = stop.send(());
            served.drain_cut.more(task.await??.aborted as u64);
            served.graceful.add();
        }
        Ok(())
    }

    async fn restart(&self, number: usize, abrupt: bool, pause: Duration) -> Result<(), BoxError> {
        let one = &self.all[number];
        one.change();
        self.end(one, abrupt).await?;
        sleep(pause).await;
        self.run(one).await?;
        one.change();
        Ok(())
    }

    pub(crate) async fn stop(&self) -> Result<(), BoxError> {
        for one in &self.all {
            self.end(one, false).await?;
        }
        Ok(())
    }

    pub(crate) fn connections(&self) -> usize {
        self.all.iter().map(|one| one.table.len()).sum()
    }

    /// Returns the number of bytes of the budget that are in use.
    pub(crate) fn bytes_held(&self) -> usize {
        self.budget.used()
    }

    pub(crate) fn permits_taken(&self) -> usize {
        MAX_CONNECTIONS - self.connections.available_permits() + MAX_REQUESTS
            - self.requests.available_permits()
    }
}

impl One {
    fn change(&self) {
        *lock(&self.changed) = Some(Instant::now());
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }
}

/// Restarts one server after the other, gracefully and abruptly, until the load is over.
pub(crate) async fn restart_in_turn(world: Arc<World>, length: Duration) -> Result<(), BoxError> {
    let mut dice = Dice::new(77);
    let every = (length / 8).clamp(CALM, Duration::from_secs(10));
    let started = Instant::now();
    for turn in 0_usize.. {
        sleep(every).await;
        // The last restart must end before the load does.
        if world.is_over() || started.elapsed() + every > length {
            break;
        }
        let pause = dice.millis(0..300);
        world.servers.restart(turn / 2 % SERVERS, turn % 2 == 1, pause).await?;
    }
    Ok(())
}

/// Returns a port that outgoing connections do not use, unlike the ports that port 0 yields: while
/// a server is down, a client could otherwise connect to itself.
async fn free_addr(number: usize) -> Result<SocketAddr, BoxError> {
    let first = 20_000 + (std::process::id() % 100) as u16 * 100 + number as u16 * 10;
    for port in first..first + 10 {
        let addr = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(addr).await.is_ok() {
            return Ok(addr);
        }
    }
    Err("no port is free".into())
}
