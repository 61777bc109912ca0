//! Everything that a seed decides before a run begins.

use crate::fault::{Fault, graceful_ends, schedule};
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::layers::IdleTimeoutLayer;
use rocketmq_tower_test_support::Dice;
use std::time::Duration;

/// One of this number of seeds is [calm](Plan::calm).
const CALM: u64 = 4;

/// Longer than a connection is unused in a calm run.
const CALM_IDLE: Duration = Duration::from_secs(3);

/// The plan of a run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Whether connections only end gracefully, and the network and the hosts work: then no call may
    /// be lost.
    pub(crate) calm: bool,
    pub(crate) clients: usize,
    pub(crate) callers: usize,
    /// Peers that do not follow the protocol.
    pub(crate) strangers: usize,
    /// How long faults occur.
    pub(crate) trouble: Duration,
    pub(crate) faults: Vec<(Duration, Fault)>,
    pub(crate) network: Network,
    pub(crate) bounds: Bounds,
}

/// The behaviour of the network without faults.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) tick: Duration,
    /// The maximum latency of a message. Each message has its own, so they overtake each other.
    pub(crate) latency: u64,
    /// The maximum number of segments in flight per connection.
    pub(crate) segments: usize,
    /// The maximum number of bytes per read or write.
    pub(crate) chunk: usize,
    /// The probability that a message breaks its link.
    pub(crate) fail_rate: f64,
}

/// The settings of clients and servers.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    pub(crate) max_connections: usize,
    pub(crate) refuse: bool,
    pub(crate) server_idle: Duration,
    pub(crate) client_idle: Duration,
    /// How long the drain of an idle connection may take.
    pub(crate) idle_grace: Duration,
    pub(crate) drain_deadline: Duration,
    pub(crate) client_shut_down: Duration,
    pub(crate) dial_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) max_calls: usize,
    pub(crate) in_flight: usize,
    pub(crate) max_queued_requests: usize,
    pub(crate) high_water: usize,
    pub(crate) stall: Duration,
    pub(crate) grace: Duration,
    pub(crate) linger: Duration,
}

impl Bounds {
    fn roll(dice: &mut Dice, clients: usize) -> Self {
        Self {
            // With fewer, a client would have to wait until another one disconnects.
            max_connections: clients + dice.within(0..10) as usize,
            refuse: dice.percent(20),
            server_idle: dice.millis(800..3_000),
            client_idle: dice.millis(800..3_000),
            drain_deadline: dice.millis(100..2_000),
            client_shut_down: dice.millis(10..1_000),
            dial_timeout: dice.millis(150..800),
            call_timeout: dice.millis(100..1_500),
            max_calls: dice.within(1..40) as usize,
            in_flight: dice.within(1..64) as usize,
            max_queued_requests: dice.within(1..16) as usize,
            high_water: 1 << dice.within(6..17),
            stall: dice.millis(300..1_500),
            grace: dice.millis(50..800),
            linger: dice.millis(20..400),
            idle_grace: dice.millis(50..2_000),
        }
    }

    /// Makes the bounds such that they end no connection while it is used, and no drain too early.
    fn calm(&mut self, latency: u64) {
        self.refuse = false;
        self.server_idle += CALM_IDLE;
        self.client_idle += CALM_IDLE;
        self.drain_deadline += CALM_IDLE;
        self.stall = CALM_IDLE;
        // Longer than a round trip.
        self.linger += Duration::from_millis(2 * latency + 100);
    }

    /// Applies the bounds to the configuration of a server's or a client's connection.
    pub(crate) fn config(&self, mut config: ConnectionConfig) -> ConnectionConfig {
        config.max_in_flight = self.in_flight;
        config.max_queued_requests = self.max_queued_requests;
        config.write_high_water = self.high_water;
        config.read_stall = self.stall;
        config.frame_timeout = 2 * self.stall;
        config.write_stall = self.stall;
        config.half_close_grace = self.grace;
        config.linger = self.linger;
        config
    }

    /// Returns the layer that ends connections on which no byte moves for `limit`.
    pub(crate) fn idle(&self, limit: Duration) -> IdleTimeoutLayer {
        IdleTimeoutLayer::new(limit).grace(self.idle_grace)
    }

    /// Returns the maximum lifetime of a connection that is cut off from its peer.
    pub(crate) fn longest_end(&self) -> Duration {
        let idle = self.server_idle.max(self.client_idle) + self.idle_grace;
        idle + 3 * self.stall + self.grace + self.linger
    }
}

impl Plan {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let clients = dice.within(1..4) as usize;
        let latency = dice.within(1..60);
        let trouble = dice.millis(2_000..8_000);
        let network = Network {
            tick: Duration::from_millis([1, 2, 5][dice.index(3)]),
            latency,
            segments: [128, 256, 512][dice.index(3)],
            chunk: if dice.percent(50) { usize::MAX } else { dice.within(16..4_096) as usize },
            fail_rate: if dice.percent(70) { 0.0 } else { dice.within(1..30) as f64 / 10_000.0 },
        };
        let mut plan = Self {
            seed,
            calm: seed % CALM == 0,
            clients,
            callers: dice.within(1..9) as usize,
            strangers: dice.within(0..3) as usize,
            trouble,
            faults: schedule(&mut dice, clients, trouble, latency),
            network,
            bounds: Bounds::roll(&mut dice, clients),
        };
        if plan.calm {
            plan.faults = graceful_ends(&mut dice, trouble);
            plan.network.fail_rate = 0.0;
            plan.network.chunk = usize::MAX;
            plan.bounds.calm(latency);
        }
        plan
    }
}
