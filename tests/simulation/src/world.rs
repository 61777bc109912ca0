//! The state that all hosts of a run share.

use crate::journal::{Host, Journal, Step};
use crate::plan::Plan;
use crate::sabotage::Sabotage;
use crate::stage::{Signal, Stage};
use rocketmq_tower::layers::events::EventListener;
use rocketmq_tower::server::Connections;
use rocketmq_tower::{Channel, CloseReason};
use rocketmq_tower_test_support::{Dice, lock};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) sabotage: Option<Sabotage>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) stage: Signal,
    /// Notified when the server is to shut down and start again.
    pub(crate) server_bell: Signal,
    /// Notified when this client is to shut down.
    pub(crate) client_bells: Vec<Signal>,
    boots: Signal,
    /// The parts of the current server.
    serving: Mutex<Option<Serving>>,
    recovered: Mutex<BTreeSet<usize>>,
    done: Mutex<BTreeSet<Host>>,
}

/// The parts of a server that can be checked after it has ended.
#[derive(Clone, Debug)]
pub(crate) struct Serving {
    pub(crate) connections: Connections,
    pub(crate) permits: Arc<Semaphore>,
    /// All processors hold a strong reference.
    pub(crate) processors: std::sync::Weak<()>,
}

impl World {
    pub(crate) fn new(plan: Plan, sabotage: Option<Sabotage>, print: bool) -> Arc<Self> {
        let client_bells = (0..plan.clients).map(|_| Signal::default()).collect();
        Arc::new(Self {
            plan,
            sabotage,
            journal: Journal::new(print),
            stage: Signal::default(),
            server_bell: Signal::default(),
            client_bells,
            boots: Signal::default(),
            serving: Mutex::default(),
            recovered: Mutex::default(),
            done: Mutex::default(),
        })
    }

    pub(crate) fn is(&self, sabotage: Sabotage) -> bool {
        self.sabotage == Some(sabotage)
    }

    pub(crate) fn enter(&self, stage: Stage) {
        self.journal.note(format_args!("{stage:?}"));
        self.stage.set(stage as u32);
    }

    pub(crate) fn has_reached(&self, stage: Stage) -> bool {
        self.stage.get() >= stage as u32
    }

    pub(crate) async fn reaches(&self, stage: Stage) {
        self.stage.reaches(stage as u32).await;
    }

    /// Returns the random numbers of a host that starts.
    pub(crate) fn boot(&self) -> Dice {
        self.boots.ring();
        let mut dice = Dice::new(self.plan.seed ^ u64::from(self.boots.get()) << 32);
        dice.fork()
    }

    /// Returns how late something may be noticed.
    pub(crate) fn slack(&self) -> Duration {
        self.plan.network.tick + Duration::from_millis(2)
    }

    pub(crate) fn serves(&self, serving: Serving) {
        *lock(&self.serving) = Some(serving);
    }

    pub(crate) fn serving(&self) -> Option<Serving> {
        lock(&self.serving).clone()
    }

    pub(crate) fn has_recovered(&self, client: usize) {
        lock(&self.recovered).insert(client);
    }

    pub(crate) fn all_recovered(&self) -> bool {
        lock(&self.recovered).len() == self.plan.clients
    }

    pub(crate) fn is_done(&self, host: Host) {
        lock(&self.done).insert(host);
    }

    pub(crate) fn done(&self) -> usize {
        lock(&self.done).len()
    }

    /// Checks that the server holds no connections, permits or processors any more.
    pub(crate) fn check_gone(&self, serving: &Serving, when: &str) {
        let open = serving.connections.len();
        let free = serving.permits.available_permits();
        let max = self.plan.bounds.max_connections;
        if open != 0 || free != max {
            let what = format!("{when}: {open} connections, {free} of {max} permits are free");
            self.journal.violation("nothing is left", what);
        }
        let processors = serving.processors.strong_count();
        if processors != 0 {
            let what = format!("{when}: {processors} processors are left");
            self.journal.violation("nothing is left", what);
        }
    }
}

/// Records the events of connections.
pub(crate) struct Reporter {
    pub(crate) world: Arc<World>,
    pub(crate) host: Host,
    pub(crate) told: u64,
}

impl Reporter {
    fn tell(&self, channel: &Channel, step: Step, text: &str) {
        self.world.journal.event(self.host, channel.id(), step, text);
    }
}

impl EventListener for Reporter {
    fn connected(&mut self, channel: &Channel) {
        self.tell(channel, Step::Connected, "");
    }

    fn idle(&mut self, channel: &Channel) {
        self.tell(channel, Step::Cause, "idle");
    }

    fn exception(&mut self, channel: &Channel, reason: &CloseReason) {
        self.tell(channel, Step::Cause, &reason.to_string());
    }

    fn disconnected(&mut self, channel: &Channel, reason: &CloseReason) {
        self.told += 1;
        if self.world.is(Sabotage::NoDisconnected) && self.told % 2 == 0 {
            return;
        }
        self.tell(channel, Step::Disconnected, &reason.to_string());
    }
}
