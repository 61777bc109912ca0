//! A broker as a process, with its folder.

use super::kind::Kind;
use super::loads::Flush;
use crate::compare::folder::Folder;
use crate::compare::server::{Server, free_address};
use rocketmq_tower::BoxError;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

/// A broker that runs. Fields are dropped in order: the process ends before its folder is deleted.
pub(super) struct Running {
    kind: Kind,
    flush: Flush,
    /// Further settings of Apache's broker.
    settings: &'static [&'static str],
    server: Server,
    folder: Folder,
}

/// Maximum time for a broker to close its store. Apache's takes some seconds.
const CLOSING: Duration = Duration::from_secs(60);

impl Running {
    /// Starts a broker with an empty store.
    pub(super) fn start(
        kind: Kind,
        flush: Flush,
        settings: &'static [&'static str],
    ) -> Result<Self, BoxError> {
        let folder = Folder::new(kind.key())?;
        let server = spawn(kind, flush, settings, &folder)?;
        Ok(Self { kind, flush, settings, server, folder })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.server.address
    }

    pub(super) fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// Removes its files from the page cache, except for what the broker has mapped.
    pub(super) fn evict(&self) -> Result<(), BoxError> {
        self.folder.evict()
    }

    /// Ends the broker, removes its files from the page cache, and starts it again.
    pub(super) fn restart_cold(&mut self) -> Result<(), BoxError> {
        if !self.server.end(CLOSING)? {
            return Err("the broker did not end".into());
        }
        self.evict()?;
        self.server = spawn(self.kind, self.flush, self.settings, &self.folder)?;
        Ok(())
    }
}

fn spawn(kind: Kind, flush: Flush, settings: &[&str], folder: &Folder) -> Result<Server, BoxError> {
    let mut command = match kind {
        Kind::Tower => {
            let program = std::env::current_exe()?.with_file_name("rocketmq-tower-broker");
            let mut command = Command::new(program);
            // It also reads options from the environment.
            command.env_clear().args(["--listen", "127.0.0.1:0", "--namesrv", "127.0.0.1:0"]);
            command.args(["--log", "warn"]);
            command
        }
        Kind::Apache => {
            let mut command = Command::new("benches/peers/start");
            command.args([kind.key(), "--listen", &free_address()?.to_string()]);
            for setting in settings {
                command.args(["--set", setting]);
            }
            command
        }
    };
    command.args(["--flush", flush.key()]).arg("--data").arg(folder.path());
    match kind {
        Kind::Tower => Server::spawn(command, |line| line.split("broker=").nth(1)?.parse().ok()),
        Kind::Apache => Server::spawn(command, apache_address),
    }
}

/// Finds the address in `The broker[NAME, ADDRESS] boot success`.
fn apache_address(line: &str) -> Option<SocketAddr> {
    line.split_once("] boot success")?.0.split_once(", ")?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_in_the_line_of_a_started_broker() {
        let line = "The broker[bench, 127.0.0.1:10911] boot success. serializeType=JSON";
        assert_eq!(apache_address(line), "127.0.0.1:10911".parse().ok());
        assert_eq!(apache_address("something else"), None);
    }
}
