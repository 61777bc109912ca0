//! The broker under measurement.

use super::apache;
use crate::apache::ports::free_port;
use crate::apache::process::Process;
use crate::apache::requests::request;
use crate::apache::scratch::Scratch;
use rocketmq_tower::{BoxError, RequestCode, ResponseCode, connect};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const START_LIMIT: Duration = Duration::from_secs(60);

/// The kind of the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Apache,
    Tower,
}

impl Kind {
    pub(super) const BOTH: [Self; 2] = [Self::Apache, Self::Tower];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Apache => "Apache's broker",
            Self::Tower => "rocketmq-tower-broker",
        }
    }
}

/// Selects when a message counts as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flush {
    /// When the kernel has it.
    Async,
    /// When it is on the disk.
    Sync,
}

impl Flush {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Async => "async flush",
            Self::Sync => "sync flush",
        }
    }

    /// Returns the suffix of the table's row names.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Async => "",
            Self::Sync => ", sync flush",
        }
    }
}

/// Fields are dropped in order: the processes end before their directory is deleted.
pub(super) struct Server {
    processes: Vec<Process>,
    _scratch: Scratch,
    pub(super) addr: String,
}

impl Server {
    /// Starts a broker with an empty store, and waits until it serves.
    pub(super) async fn start(
        kind: Kind,
        flush: Flush,
        class_path: &str,
    ) -> Result<Self, BoxError> {
        let scratch = Scratch::new("throughput")?;
        // Apache's broker has a second port, two below its main port.
        let first = free_port(&[0, 1, 3])?;
        let (names, port) = (first, first + 3);
        let processes = match kind {
            Kind::Apache => apache::start(&scratch, names, port, flush, class_path)?,
            Kind::Tower => vec![start_tower(&scratch.directory("broker")?, names, port, flush)?],
        };
        let addr = format!("127.0.0.1:{port}");
        let mut server = Self { processes, _scratch: scratch, addr };
        if let Err(error) = server.wait_until_ready().await {
            server.print_logs();
            return Err(format!("{} did not start: {error}", kind.name()).into());
        }
        Ok(server)
    }

    async fn wait_until_ready(&mut self) -> Result<(), BoxError> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            for process in &mut self.processes {
                process.check_alive()?;
            }
            let Err(error) = self.ask().await else { return Ok(()) };
            if Instant::now() > deadline {
                return Err(error);
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn ask(&self) -> Result<(), BoxError> {
        let beat = request(RequestCode::HEART_BEAT, &[]);
        let beat = beat.with_body(r#"{"clientID":"throughput"}"#);
        let answer = connect(&self.addr).await?.invoke(beat, Duration::from_secs(10)).await?;
        match answer.response_code() {
            ResponseCode::SUCCESS => Ok(()),
            code => Err(format!("the response to a heartbeat is {code}").into()),
        }
    }

    /// Returns the ids of the server's processes.
    pub(super) fn ids(&self) -> impl Iterator<Item = u32> {
        self.processes.iter().map(Process::id)
    }

    pub(super) fn print_logs(&self) {
        for process in &self.processes {
            process.print_log();
        }
    }
}

/// Starts the command, which has been built before. Its name server runs in the same process.
fn start_tower(directory: &Path, names: u16, port: u16, flush: Flush) -> Result<Process, BoxError> {
    let program = std::env::current_exe()?.with_file_name("rocketmq-tower-broker");
    let mut command = Command::new(program);
    command
        // The command also reads options from the environment.
        .env_clear()
        .arg(format!("--namesrv=127.0.0.1:{names}"))
        .arg(format!("--listen=127.0.0.1:{port}"))
        .arg("--data=data")
        .arg(match flush {
            Flush::Async => "--flush=async",
            Flush::Sync => "--flush=sync",
        });
    Process::spawn(Kind::Tower.name(), directory, command)
}
