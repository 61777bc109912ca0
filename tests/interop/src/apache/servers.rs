//! Runs a name server and a broker.

use super::client::Client;
use super::ports::free_port;
use super::process::{Process, Program, SHORT_LIVED};
use super::requests::request;
use super::scratch::Scratch;
use crate::check::Checked;
use rocketmq_tower::{BoxError, RequestCode, SerializeType};
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const START_LIMIT: Duration = Duration::from_secs(60);

/// The name and password of the only user, if requests must be signed.
pub(super) const USER: (&str, &str) = ("interop", "interop-secret");

/// Fields are dropped in order: the processes end before their directory is deleted.
pub(crate) struct Servers {
    processes: Vec<Process>,
    _scratch: Scratch,
    pub(crate) name_server: String,
    pub(crate) broker: String,
    /// The broker's second port, for requests that must not wait for slow ones.
    pub(super) broker_fast: String,
}

impl Servers {
    /// Starts both, and waits until they serve. They encode headers as `serialize_type`.
    pub(super) async fn start(
        class_path: &str,
        serialize_type: SerializeType,
        signed: bool,
    ) -> Result<Self, BoxError> {
        let (kind, config) =
            if signed { ("signed", signing_config()) } else { ("plain", String::new()) };
        Self::start_with(class_path, serialize_type, kind, &config).await
    }

    /// Like `start`, with additional lines of the broker's configuration, which take precedence.
    pub(crate) async fn start_with(
        class_path: &str,
        serialize_type: SerializeType,
        kind: &str,
        more: &str,
    ) -> Result<Self, BoxError> {
        let scratch = Scratch::new(&format!("{kind}-{}", serialize_type.name()))?;
        let first = free_port(&[0, 1, 3])?;
        let (name_port, fast_port, port) = (first, first + 1, first + 3);

        let directory = scratch.directory("name-server")?;
        let program = Program {
            class_path,
            main: "org.apache.rocketmq.namesrv.NamesrvStartup",
            config: name_server_config(name_port),
            heap: "128m",
            tuning: SHORT_LIVED,
            serialize_type,
        };
        let mut processes = vec![Process::start(&directory, &program)?];

        let directory = scratch.directory("broker")?;
        let config = broker_config(&directory, port, name_port) + more;
        let main = "org.apache.rocketmq.broker.BrokerStartup";
        let (heap, tuning) = ("256m", SHORT_LIVED);
        let program = Program { class_path, main, config, heap, tuning, serialize_type };
        processes.push(Process::start(&directory, &program)?);

        let mut servers = Self {
            processes,
            _scratch: scratch,
            name_server: format!("127.0.0.1:{name_port}"),
            broker: format!("127.0.0.1:{port}"),
            broker_fast: format!("127.0.0.1:{fast_port}"),
        };
        if let Err(error) = servers.wait_until_ready().await {
            servers.print_logs();
            return Err(format!("the servers did not start: {error}").into());
        }
        Ok(servers)
    }

    /// Waits until the broker has registered, which it does when it serves, and has sent a response, as
    /// the first one takes longest.
    async fn wait_until_ready(&mut self) -> Checked {
        let client = Client::new(SerializeType::Json);
        let deadline = Instant::now() + START_LIMIT;
        loop {
            for process in &mut self.processes {
                process.check_alive()?;
            }
            let Err(error) = self.ask_both(&client).await else { return Ok(()) };
            if Instant::now() > deadline {
                return Err(error);
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn ask_both(&self, client: &Client) -> Checked {
        let brokers = request(RequestCode::GET_BROKER_CLUSTER_INFO, &[]);
        let known = client.names(&[&self.name_server]).call(brokers).await?;
        if !String::from_utf8_lossy(known.body()).contains(&self.broker) {
            return Err("the broker is not registered".into());
        }
        let fields = [("topic", "TBW102"), ("queueId", "0")];
        client.call(&self.broker, request(RequestCode::GET_MAX_OFFSET, &fields)).await?;
        Ok(())
    }

    pub(crate) fn print_logs(&self) {
        for process in &self.processes {
            process.print_log();
        }
    }
}

fn name_server_config(port: u16) -> String {
    format!("bindAddress=127.0.0.1\nlistenPort={port}\n")
}

/// Returns a configuration with small files, and without refusals that depend on the machine's load.
fn broker_config(directory: &Path, port: u16, name_port: u16) -> String {
    let store = directory.join("store");
    let store = store.display();
    format!(
        "brokerClusterName=interop
brokerName=interop
brokerIP1=127.0.0.1
brokerIP2=127.0.0.1
bindAddress=127.0.0.1
listenPort={port}
namesrvAddr=127.0.0.1:{name_port}
storePathRootDir={store}
storePathCommitLog={store}/commitlog
mappedFileSizeCommitLog=8388608
mappedFileSizeConsumeQueue=20000
maxHashSlotNum=1000
maxIndexNum=4000
timerWheelEnable=false
brokerFastFailureEnable=false
osPageCacheBusyTimeOutMills=60000
"
    )
}

/// Returns a configuration in which the user must sign every request. The broker has its own account.
fn signing_config() -> String {
    let (user, password) = USER;
    let package = "org.apache.rocketmq.auth.authentication.provider";
    format!(
        "authenticationEnabled=true
authenticationProvider={package}.DefaultAuthenticationProvider
authenticationMetadataProvider={package}.LocalAuthenticationMetadataProvider
initAuthenticationUser={{\"username\":\"{user}\",\"password\":\"{password}\"}}
innerClientAuthenticationCredentials={{\"accessKey\":\"broker\",\"secretKey\":\"broker-secret\"}}
"
    )
}
