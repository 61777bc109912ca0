//! Measures resource usage from the start to the end of a load.

use super::latency::Latency;
use super::server::Server;
use super::usage::{self, Memory};
use rocketmq_tower::BoxError;
use std::fmt;
use std::time::{Duration, Instant};

/// The results of a load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    pub(super) messages_per_second: f64,
    /// Processor time of the server per message, in microseconds. Includes its work after the last
    /// response, until it is idle.
    pub(super) server: f64,
    /// Processor time of the client per message, in microseconds.
    pub(super) client: f64,
    /// Bytes written to files per message, in KiB.
    pub(super) written: f64,
    /// Number of processors that other processes used in the meantime. Includes the kernel's disk
    /// I/O.
    pub(super) others: f64,
    pub(super) latency: Latency,
    /// Memory of the server, read right after the load.
    pub(super) memory: Memory,
}

/// A measurement in progress.
pub(super) struct Measuring {
    started: Instant,
    used: Used,
}

impl Measuring {
    pub(super) fn start(server: &Server) -> Result<Self, BoxError> {
        Ok(Self { started: Instant::now(), used: Used::look(server)? })
    }

    /// Ends the measurement of a load that sent or read `messages` messages in `time`.
    pub(super) async fn finish(
        self,
        messages: u64,
        time: Duration,
        latencies: Vec<u32>,
        server: &Server,
    ) -> Result<Figures, BoxError> {
        if messages == 0 {
            return Err("the load had no messages".into());
        }
        let memory = usage::memory(server)?;
        let client = usage::processor_of("self")? - self.used.client;
        usage::quiet(server).await?;
        let (now, all) = (Used::look(server)?, self.started.elapsed());
        let server = now.server - self.used.server;
        let everybody = now.everybody - self.used.everybody;
        let ours = server + (now.client - self.used.client);
        let per_message = |time: Duration| time.as_secs_f64() * 1e6 / messages as f64;
        Ok(Figures {
            messages_per_second: messages as f64 / time.as_secs_f64(),
            server: per_message(server),
            client: per_message(client),
            written: (now.written - self.used.written) as f64 / 1024.0 / messages as f64,
            others: everybody.saturating_sub(ours).as_secs_f64() / all.as_secs_f64(),
            latency: Latency::of(latencies),
            memory,
        })
    }
}

/// The resources used so far.
struct Used {
    server: Duration,
    client: Duration,
    everybody: Duration,
    written: u64,
}

impl Used {
    fn look(server: &Server) -> Result<Self, BoxError> {
        Ok(Self {
            server: usage::processor(server)?,
            client: usage::processor_of("self")?,
            everybody: usage::processor_of_all()?,
            written: usage::written(server)?,
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Latency { p50, p99, p999 } = self.latency;
        write!(
            f,
            "{:.0}/s, {:.1} µs of the server's and {:.1} µs of the client's processor a message, \
             {p50:.2} {p99:.2} {p999:.2} ms, {:.1} KiB written a message, {} MiB; others used {:.2} \
             processors",
            self.messages_per_second,
            self.server,
            self.client,
            self.written,
            self.memory.anonymous / 1024,
            self.others
        )
    }
}
