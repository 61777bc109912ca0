//! A broker in a process of its own: this program, started again with one test.

use crate::node::Node;
use crate::options::Options;
use crate::tests::{PATIENCE, soon};
use clap::Parser;
use std::env;
use std::future::pending;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

const NAME: &str = "tests::survival::child::serves_until_it_is_killed";

#[tokio::test]
#[ignore = "the other tests of survival start it"]
async fn serves_until_it_is_killed() {
    // All of its options are in the environment.
    if env::var_os("ROCKETMQ_DATA").is_none() {
        return;
    }
    match Node::start(&Options::parse_from(["broker"])).await {
        Ok(node) => {
            println!("\nready {}", node.broker_addr());
            node.serve_until(pending::<()>()).await.unwrap();
        }
        Err(error) => println!("\nfailed {error}"),
    }
}

fn command(folder: &Path, flush: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", NAME, "--ignored", "--nocapture"])
        .env("ROCKETMQ_DATA", folder)
        .env("ROCKETMQ_FLUSH", flush)
        .env("ROCKETMQ_NAMESRV", "127.0.0.1:0")
        .env("ROCKETMQ_LISTEN", "127.0.0.1:0")
        .env("ROCKETMQ_TOPICS", "T:3,Delayed:1,Whole:1")
        .env("ROCKETMQ_TRANSACTION_TIMEOUT", "3600")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}

/// A broker that serves.
pub(super) struct Served {
    pub(super) address: String,
    process: Child,
}

impl Served {
    pub(super) async fn start(folder: &Path, flush: &str) -> Self {
        let mut process = command(folder, flush).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = async {
            loop {
                let line = lines.next_line().await.unwrap().expect("it gets ready");
                assert!(!line.starts_with("failed"), "{line}");
                if let Some(address) = line.strip_prefix("ready ") {
                    return address.to_owned();
                }
            }
        };
        let address = soon(ready).await;
        Self { address, process }
    }

    /// Kills it with a signal that it can't see.
    pub(super) async fn kill(mut self) {
        soon(self.process.kill()).await.unwrap();
    }
}

#[tokio::test]
async fn a_folder_is_one_brokers() {
    let folder = crate::tests::Folder::new();
    let served = Served::start(folder.path(), "sync").await;
    let mut second = command(folder.path(), "sync").spawn().unwrap();
    let mut said = String::new();
    let mut output = second.stdout.take().unwrap();
    tokio::time::timeout(PATIENCE, output.read_to_string(&mut said)).await.unwrap().unwrap();
    let failure = format!("failed {} is in use by another process", folder.path().display());
    assert!(said.contains(&failure), "{said}");
    soon(second.wait()).await.unwrap();
    served.kill().await;
}
