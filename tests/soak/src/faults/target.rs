//! The server process under test.

use rocketmq_tower::BoxError;
use rocketmq_tower_test_support::Process;
use std::io;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The timeout for a server to start.
const START: Duration = Duration::from_secs(60);

/// A server process, which is killed when this is dropped.
pub(crate) struct Target {
    _child: Child,
    pub(crate) process: Process,
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
        let process = Process::of(child.id().ok_or("the server ended at once")?);
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let found = async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, addr)) = line.split_once("listening on ") {
                    return Ok(addr.trim().parse()?);
                }
            }
            Err::<SocketAddr, BoxError>("the server ended before it listened".into())
        };
        let addr = timeout(START, found).await??;
        // The server may print more lines.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { _child: child, process, addr })
    }

    /// Returns its resident memory, in KiB.
    pub(crate) fn resident(&self) -> io::Result<usize> {
        Ok(self.process.resident()? >> 10)
    }

    /// Limits the process to `files` open files from now on.
    pub(crate) async fn limit_files(&self, files: usize) -> Result<(), BoxError> {
        let mut prlimit = Command::new("prlimit");
        prlimit.arg("--pid").arg(self.process.id().to_string()).arg(format!("--nofile={files}"));
        if prlimit.status().await?.success() { Ok(()) } else { Err("prlimit failed".into()) }
    }
}
