//! Runs Java's clients and servers in processes that end with this one.

use rocketmq_tower::{BoxError, SerializeType};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The maximum time for all checks of one process.
const LIMIT: Duration = Duration::from_secs(120);

fn java(
    class_path: &str,
    serialize_type: SerializeType,
    options: &[String],
    main: &str,
) -> Command {
    let mut command = Command::new("java");
    command
        .arg("-Xmx256m")
        .arg(format!("-Drocketmq.serialize.type={}", serialize_type.name()))
        // The version of brokers and clients 5.3.3. Servers send `GO_AWAY` only to peers with such
        // a version.
        .arg("-Drocketmq.remoting.version=479")
        .args(options)
        .args(["-cp", class_path, main])
        .kill_on_drop(true);
    command
}

/// Runs one of Java's clients, which prints its own checks.
pub(crate) async fn run_client(
    class_path: &str,
    serialize_type: SerializeType,
    main: &str,
    arguments: &[&str],
) -> Result<(), BoxError> {
    let mut client = java(class_path, serialize_type, &[], main).args(arguments).spawn()?;
    let status = timeout(LIMIT, client.wait()).await??;
    if status.success() { Ok(()) } else { Err(format!("Java's client failed: {status}").into()) }
}

/// Runs one of Java's programs, and returns what it printed.
pub(crate) async fn output(
    class_path: &str,
    serialize_type: SerializeType,
    main: &str,
    arguments: &[String],
) -> Result<String, BoxError> {
    let mut program = java(class_path, serialize_type, &[], main);
    let output = program.args(arguments).stderr(Stdio::inherit()).output();
    let output = timeout(5 * LIMIT, output).await??;
    match output.status {
        status if status.success() => Ok(String::from_utf8(output.stdout)?),
        status => Err(format!("{main} failed: {status}").into()),
    }
}

/// Java's server, in its own process.
pub(crate) struct Server {
    pub(crate) addr: String,
    _process: Child,
}

impl Server {
    /// Starts a server that responds with `GO_AWAY` for `shutdown` once it is told to shut down.
    pub(crate) async fn start(
        class_path: &str,
        serialize_type: SerializeType,
        shutdown: Duration,
    ) -> Result<Self, BoxError> {
        let mut command = java(class_path, serialize_type, &[], "interop.Server");
        command.arg(shutdown.as_secs().to_string());
        Self::spawn(command).await
    }

    /// Starts a server with these JVM options.
    pub(crate) async fn start_with(class_path: &str, options: &[String]) -> Result<Self, BoxError> {
        let mut command = java(class_path, SerializeType::Json, options, "interop.Server");
        command.arg("1");
        Self::spawn(command).await
    }

    async fn spawn(mut command: Command) -> Result<Self, BoxError> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = process.stdout.take().ok_or("Java's server has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let line =
            timeout(LIMIT, lines.next_line()).await??.ok_or("Java's server did not start")?;
        let addr = line.strip_prefix("listening on ").ok_or(line.clone())?.to_owned();
        Ok(Self { addr, _process: process })
    }
}
