//! Runs the command `rocketmq-tower-gateway`, which has been built before.

use super::network::Network;
use crate::apache::print_end;
use crate::check::{Checked, TIMEOUT, equal};
use rocketmq_tower::BoxError;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The settings of a gateway.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// The address of the name server inside.
    pub(super) upstream: String,
    /// The address of the door at which clients reach it.
    pub(super) host: &'static str,
    /// The port for requests to the name server. Those of brokers follow: the first broker has a port of its own, 10 above it, and the
    /// others share a range, from 20 above it on.
    pub(super) port: u16,
    /// The number of brokers that it has to know when it is ready.
    pub(super) brokers: usize,
}

impl Settings {
    /// Returns the address that clients are configured with.
    pub(super) fn name_server(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Returns the address of the first broker.
    pub(super) fn first_broker(&self) -> String {
        format!("{}:{}", self.host, self.port + 10)
    }
}

/// A running gateway. Dropping it kills the process.
pub(super) struct Gateway {
    child: Child,
    log: PathBuf,
    brokers: Vec<String>,
}

impl Gateway {
    /// Starts a gateway in the door, and waits until it serves and knows all brokers. `log` is a file that it creates.
    pub(super) async fn start(
        network: &Network,
        settings: &Settings,
        log: PathBuf,
    ) -> Result<Self, BoxError> {
        let program = std::env::current_exe()?.with_file_name("rocketmq-tower-gateway");
        let port = settings.port;
        let mut command = Command::from(network.door().program(program));
        command
            .args(["--upstream", &settings.upstream, "--listen", &settings.name_server()])
            .args(["--advertise", settings.host])
            .args(["--brokers", &format!("broker-a/0={}", port + 10)])
            .args(["--broker-ports", &format!("{}-{}", port + 20, port + 39)])
            // The command also reads options from the environment.
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .kill_on_drop(true);
        let child =
            command.spawn().map_err(|error| format!("the gateway cannot be started: {error}"))?;
        let mut gateway = Self { child, log, brokers: Vec::new() };
        let ready = timeout(TIMEOUT, gateway.ready(settings)).await;
        let ready = ready.map_err(BoxError::from).and_then(|ready| ready);
        ready.inspect_err(|_| gateway.print_log())?;
        Ok(gateway)
    }

    /// Reads the lines that say what it serves.
    async fn ready(&mut self, settings: &Settings) -> Checked {
        let stdout = self.child.stdout.take().ok_or("the gateway has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let ready = lines.next_line().await?.ok_or("the gateway has ended")?;
        equal(ready, format!("ready namesrv={}", settings.name_server()))?;
        for _ in 0..settings.brokers {
            let broker = lines.next_line().await?.ok_or("the gateway does not know all brokers")?;
            let addr = broker.split(' ').next_back().unwrap_or_default().to_owned();
            equal(addr.starts_with(&format!("{}:", settings.host)), true)?;
            self.brokers.push(addr);
        }
        Ok(())
    }

    /// Returns the addresses of brokers for clients.
    pub(super) fn brokers(&self) -> &[String] {
        &self.brokers
    }

    /// Kills it with SIGKILL.
    pub(super) async fn kill(mut self) -> Checked {
        Ok(self.child.kill().await?)
    }

    pub(super) fn print_log(&self) {
        print_end("the gateway", &self.log);
    }
}
