//! Runs the plan of one seed, step by step.

use crate::checks;
use crate::client::{self, RECOVERY};
use crate::fault::{Fault, KINDS, SERVER, name};
use crate::journal::{Call, Violation};
use crate::plan::Plan;
use crate::sabotage::Sabotage;
use crate::server::{self, in_order};
use crate::stage::Stage;
use crate::stranger;
use crate::world::World;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::runtime::Builder;
use turmoil::Sim;

/// The outcome of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) hash: u64,
    pub(crate) simulated: Duration,
    pub(crate) faults: [u64; KINDS.len()],
    pub(crate) calls: Vec<Call>,
    pub(crate) frames: u64,
    pub(crate) connections: u64,
    pub(crate) longest_shutdown: Duration,
    pub(crate) longest_recovery: Duration,
    pub(crate) violations: Vec<Violation>,
}

impl Outcome {
    /// Adds a violation if another run of the same seed was different.
    pub(crate) fn compare(&mut self, again: &Self) {
        if again.hash != self.hash {
            let (at, what) = (self.simulated, "the second run was different".to_owned());
            self.violations.push(Violation { invariant: "same seed, same run", at, what });
        }
    }
}

struct Run<'a> {
    world: Arc<World>,
    sim: Sim<'a>,
    faults: [u64; KINDS.len()],
}

/// Runs a plan to its end.
pub(crate) fn run(plan: Plan, sabotage: Option<Sabotage>, print: bool) -> Outcome {
    align();
    let world = World::new(plan, sabotage, print);
    let mut run = Run { sim: build(&world), world, faults: [0; KINDS.len()] };
    if let Err(error) = run.stages() {
        run.world.journal.violation("hosts keep running", error.to_string());
    }
    let simulated = run.sim.elapsed();
    checks::calls(&run.world, simulated);
    checks::events(&run.world);
    let mut book = run.world.journal.open();
    Outcome {
        hash: book.hash(),
        simulated,
        faults: run.faults,
        calls: std::mem::take(&mut book.calls),
        frames: book.frames,
        connections: book.connections,
        longest_shutdown: book.longest_shutdown,
        longest_recovery: book.longest_recovery,
        violations: std::mem::take(&mut book.violations),
    }
}

/// tokio drops the tasks of a crashed host in an order that depends on their numbers, which the
/// process counts: each run begins at a multiple of this.
const TASKS: u64 = 64;

fn align() {
    let Ok(runtime) = Builder::new_current_thread().build() else { return };
    loop {
        let id = runtime.spawn(async {}).id().to_string();
        if id.parse().is_ok_and(|id: u64| id % TASKS == 0) {
            return;
        }
    }
}

fn build<'a>(world: &Arc<World>) -> Sim<'a> {
    let network = &world.plan.network;
    let mut sim = turmoil::Builder::new()
        .rng_seed(world.plan.seed)
        .epoch(SystemTime::UNIX_EPOCH)
        .simulation_duration(Duration::MAX)
        .tick_duration(network.tick)
        .min_message_latency(Duration::ZERO)
        .max_message_latency(Duration::from_millis(network.latency))
        .tcp_capacity(network.segments)
        .fail_rate(network.fail_rate)
        .enable_random_order()
        .build();
    let shared = Arc::clone(world);
    sim.host(SERVER, move || server::run(Arc::clone(&shared)));
    for client in 0..world.plan.clients {
        let shared = Arc::clone(world);
        sim.host(name(client), move || client::run(Arc::clone(&shared), client));
    }
    for stranger in 0..world.plan.strangers {
        let shared = Arc::clone(world);
        sim.host(format!("stranger{stranger}"), move || stranger::run(Arc::clone(&shared)));
    }
    sim
}

impl Run<'_> {
    fn stages(&mut self) -> turmoil::Result {
        let faults = self.world.plan.faults.clone();
        let mut faults = faults.into_iter().peekable();
        while self.sim.elapsed() < self.world.plan.trouble {
            while let Some((_, fault)) = faults.next_if(|(at, _)| *at <= self.sim.elapsed()) {
                self.fault(fault);
            }
            self.step()?;
        }
        self.repair();
        self.enter(Stage::Recovery);
        let bound = RECOVERY + Duration::from_secs(2);
        self.until("recovery", bound, |world| world.all_recovered())?;
        self.enter(Stage::Quiet);
        let clients = self.world.plan.clients;
        // The bound is the longest call, plus twice the longest end of a connection.
        let bound = Duration::from_secs(6) + 2 * self.world.plan.bounds.longest_end();
        self.until("clients end", bound, |world| world.done() == clients)?;
        let bound = self.world.plan.bounds.longest_end();
        let nobody = |world: &World| world.serving().is_none_or(|all| all.connections.is_empty());
        self.until("connections end", bound, nobody)?;
        self.enter(Stage::End);
        let bound = self.world.plan.bounds.drain_deadline + Duration::from_secs(3);
        self.until("the server ends", bound, |world| world.done() == clients + 1)
    }

    fn step(&mut self) -> turmoil::Result {
        self.sim.step()?;
        self.world.journal.open().set_time(self.sim.elapsed());
        Ok(())
    }

    fn enter(&self, stage: Stage) {
        self.world.enter(stage);
    }

    /// Steps the run until `is_so` returns true, which must happen within the bound.
    fn until(
        &mut self,
        invariant: &'static str,
        bound: Duration,
        is_so: impl Fn(&World) -> bool,
    ) -> turmoil::Result {
        let by = self.sim.elapsed() + bound;
        while !is_so(&self.world) {
            if self.sim.elapsed() > by {
                self.world.journal.violation(invariant, format!("not within {bound:?}"));
                break;
            }
            self.step()?;
        }
        Ok(())
    }

    fn fault(&mut self, fault: Fault) {
        self.world.journal.note(format_args!("{fault}"));
        self.faults[fault.kind()] += 1;
        let sim = &mut self.sim;
        match fault {
            Fault::Crash(host) | Fault::Bounce(host) => {
                let serving = self.world.serving().filter(|_| host.is_none());
                self.world.journal.crash(host, || {
                    _ = Fault::Crash(host).apply(sim);
                });
                if let Some(serving) = serving {
                    self.world.check_gone(&serving, "after a crash");
                }
                if matches!(fault, Fault::Bounce(_)) {
                    fault.apply(sim);
                }
            }
            Fault::ShutDownServer => self.world.server_bell.ring(),
            Fault::ShutDownClient(client) => self.world.client_bells[client].ring(),
            Fault::Close | Fault::Drain => {
                let serving = self.world.serving();
                let channels = serving.map(|all| in_order(&all.connections)).unwrap_or_default();
                // The oldest connection will do.
                match channels.first() {
                    Some(channel) if fault == Fault::Close => channel.close("a fault"),
                    Some(channel) => channel.drain(),
                    None => {}
                }
            }
            _ => _ = fault.apply(sim),
        }
    }

    /// Ends all faults.
    fn repair(&mut self) {
        self.sim.set_fail_rate(0.0);
        let latency = self.world.plan.network.latency;
        for client in 0..self.world.plan.clients {
            self.fault(Fault::Release(client));
            self.fault(Fault::Latency(client, latency));
            if !self.sim.is_host_running(name(client)) {
                self.fault(Fault::Bounce(Some(client)));
            }
        }
        for stranger in 0..self.world.plan.strangers {
            self.sim.release(format!("stranger{stranger}"), SERVER);
        }
        if !self.sim.is_host_running(SERVER) {
            self.fault(Fault::Bounce(None));
        }
    }
}
