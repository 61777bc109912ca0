//! The server in its process.

use rocketmq_tower::BoxError;
use std::fs;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A server may take so long to start.
const START: Duration = Duration::from_secs(60);

/// Killed at the end.
pub(crate) struct Target {
    _child: Child,
    pid: u32,
    pub(crate) addr: SocketAddr,
}

impl Target {
    pub(crate) async fn start(command: &[String]) -> Result<Self, BoxError> {
        let mut command = match command {
            [] => {
                let mut own = Command::new(std::env::current_exe()?);
                own.arg("serve");
                own
            }
            [program, arguments @ ..] => {
                let mut command = Command::new(program);
                command.args(arguments);
                command
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let pid = child.id().ok_or("it ended at once")?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let found = async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, addr)) = line.split_once("listening on ") {
                    return Ok(addr.trim().parse()?);
                }
            }
            Err::<SocketAddr, BoxError>("it ended, and did not listen".into())
        };
        let addr = timeout(START, found).await??;
        // It may go on printing.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { _child: child, pid, addr })
    }

    /// Its memory, in KiB.
    pub(crate) fn resident(&self) -> Result<usize, BoxError> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    pub(crate) fn files(&self) -> Result<usize, BoxError> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.pid))?.count())
    }

    /// The processor's time that it has used, in hundredths of a second.
    pub(crate) fn ticks(&self) -> Result<u64, BoxError> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        let (_, fields) = stat.rsplit_once(") ").ok_or("no name")?;
        let used = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
        Ok(used.sum::<Result<_, _>>()?)
    }

    /// From now on it may have so many open files.
    pub(crate) async fn limit_files(&self, files: usize) -> Result<(), BoxError> {
        let mut prlimit = Command::new("prlimit");
        prlimit.arg("--pid").arg(self.pid.to_string()).arg(format!("--nofile={files}"));
        if prlimit.status().await?.success() { Ok(()) } else { Err("prlimit failed".into()) }
    }
}
