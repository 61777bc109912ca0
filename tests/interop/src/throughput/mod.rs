//! Compares the throughput of `rocketmq-tower-broker` and Apache's broker, and its cost, on one
//! machine.
//!
//! This is a measurement, not a check: the figures depend on the machine and on what else runs there.
//! So both brokers take turns, several times, and the table has medians. The most reliable figure is
//! the processor time per message, which other processes disturb least.
//!
//! Both get the same requests from the same client, and are restarted for each turn. A turn begins
//! with an unmeasured warm-up until messages get no cheaper, as Java compiles hot code only after a
//! while.

mod apache;
mod latency;
mod load;
mod measure;
mod options;
mod pulls;
mod sends;
mod server;
mod table;
mod usage;

use crate::apache::absolute;
use load::{Load, Topic};
use measure::{Figures, Measuring};
use options::Options;
use rocketmq_tower::BoxError;
use server::{Flush, Kind, Server};
use std::time::Duration;
use table::Table;

/// The duration of one warm-up step.
const WARM_UP: Duration = Duration::from_secs(10);

/// The maximum number of warm-up steps. Warm-up also ends with the first step whose cost per message
/// is more than 90 % of the lowest cost before.
const MAX_WARM_UPS: u32 = 6;

/// The load of most figures: several clients, each with one connection for all of its threads.
const TYPICAL: Load = Load { callers: 64, connections: 4 };

/// A single caller, one call after the other.
const ALONE: Load = Load { callers: 1, connections: 1 };

/// Loads that show the effect of the number of connections.
const OTHERS: [Load; 2] =
    [Load { callers: 64, connections: 1 }, Load { callers: 64, connections: 64 }];

pub(crate) async fn run(class_path: &str, options: &[&str]) -> Result<(), BoxError> {
    let class_path = absolute(class_path)?;
    let options = Options::parse(options)?;
    let mut table = Table::default();
    for round in 1..=options.rounds {
        for flush in [Flush::Async, Flush::Sync] {
            for kind in options.kinds() {
                println!("== round {round}: {}, {}", kind.name(), flush.name());
                let server = Server::start(kind, flush, &class_path).await?;
                let mut turn = Turn { server, options: &options, kind, table: &mut table };
                let done = turn.run(flush).await;
                done.inspect_err(|_| turn.server.print_logs())?;
            }
        }
    }
    println!(
        "\n{table}\n\nWhat Apache's broker writes with sync flush is overstated, see usage.rs."
    );
    Ok(())
}

/// One broker's turn.
struct Turn<'a> {
    server: Server,
    options: &'a Options,
    kind: Kind,
    table: &'a mut Table,
}

impl Turn<'_> {
    async fn run(&mut self, flush: Flush) -> Result<(), BoxError> {
        self.warm_up().await?;
        let suffix = flush.suffix();
        let topic = Topic::create(&self.server, "typical").await?;
        let stored = self.send(&topic, TYPICAL, suffix).await?;
        if flush == Flush::Async {
            self.pull(&topic, &stored).await?;
        }
        let topic = Topic::create(&self.server, "alone").await?;
        self.send(&topic, ALONE, suffix).await?;
        if flush == Flush::Async {
            for load in OTHERS {
                let name = format!("over-{}", load.connections);
                let topic = Topic::create(&self.server, &name).await?;
                self.send(&topic, load, suffix).await?;
            }
        }
        Ok(())
    }

    async fn warm_up(&self) -> Result<(), BoxError> {
        let mut best = f64::INFINITY;
        for step in 1..=MAX_WARM_UPS {
            let topic = Topic::create(&self.server, &format!("warm-up-{step}")).await?;
            let measuring = Measuring::start(&self.server)?;
            let sent = sends::send(&self.server, &topic, TYPICAL, WARM_UP).await?;
            pulls::pull_all(&self.server, &topic, &sent.stored).await?;
            let messages = sent.stored.iter().sum();
            let figures = measuring.finish(messages, sent.time, sent.latencies, &self.server);
            let cost = figures.await?.server;
            println!("warm-up: {cost:.1} µs of the server's processor a message");
            if cost > best * 0.9 {
                break;
            }
            best = cost;
        }
        Ok(())
    }

    /// Measures sends, and returns the number of messages in each queue.
    async fn send(
        &mut self,
        topic: &Topic,
        load: Load,
        suffix: &str,
    ) -> Result<load::PerQueue, BoxError> {
        let measuring = Measuring::start(&self.server)?;
        let sent = sends::send(&self.server, topic, load, self.options.time).await?;
        let messages = sent.stored.iter().sum();
        let figures = measuring.finish(messages, sent.time, sent.latencies, &self.server).await?;
        let refused = match sent.refused {
            0 => String::new(),
            refused => format!(", {refused} refused as busy"),
        };
        self.report(&format!("sends, {load}{suffix}"), figures, &refused);
        Ok(sent.stored)
    }

    /// Measures reading all of these messages.
    async fn pull(&mut self, topic: &Topic, stored: &load::PerQueue) -> Result<(), BoxError> {
        let measuring = Measuring::start(&self.server)?;
        let pulled = pulls::pull_all(&self.server, topic, stored).await?;
        let messages = stored.iter().sum();
        let figures = measuring.finish(messages, pulled.time, pulled.latencies, &self.server);
        let what = format!("consumption, {} pullers, {} a pull", stored.len(), pulls::PER_PULL);
        self.report(&what, figures.await?, "");
        Ok(())
    }

    fn report(&mut self, what: &str, figures: Figures, more: &str) {
        println!("{what}: {figures}{more}");
        self.table.add(what, self.kind, figures);
    }
}
