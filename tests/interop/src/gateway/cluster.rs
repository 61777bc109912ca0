//! A cluster of Apache's servers inside: a name server and two brokers.

use super::network::{INSIDE, Network};
use crate::apache::process::{Process, Program, SHORT_LIVED};
use crate::apache::scratch::Scratch;
use crate::check::Checked;
use crate::place::Place;
use rocketmq_tower::{BoxError, SerializeType};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep};

pub(super) const CLUSTER: &str = "DefaultCluster";
pub(super) const BROKERS: [&str; 2] = ["broker-a", "broker-b"];

const START_LIMIT: Duration = Duration::from_secs(90);
/// The text that a server logs when it serves.
const READY: &str = "boot success";
const HEAP: &str = "256m";

/// A server, with what it takes to start it again.
struct Server {
    process: Process,
    directory: PathBuf,
    main: &'static str,
    config: String,
}

pub(super) struct Cluster {
    place: Place,
    class_path: String,
    name_server: Server,
    brokers: Vec<Server>,
}

impl Cluster {
    /// The first of its ports differs from those of other clusters by at least 100.
    pub(super) async fn start(
        network: &Network,
        class_path: &str,
        scratch: &Scratch,
        name: &str,
        first_port: u16,
        more: &str,
    ) -> Result<Self, BoxError> {
        let (place, class_path) = (network.inside(), crate::apache::absolute(class_path)?);
        let start = |what: &str, main, config: &dyn Fn(&Path) -> String| {
            let directory = scratch.directory(&format!("{name}-{what}"))?;
            let config = config(&directory);
            start(&place, &class_path, directory, main, config)
        };
        let main = "org.apache.rocketmq.namesrv.NamesrvStartup";
        let name_server =
            start("names", main, &|_| format!("bindAddress={INSIDE}\nlistenPort={first_port}\n"))?;
        let main = "org.apache.rocketmq.broker.BrokerStartup";
        let brokers = (0..).zip(BROKERS).map(|(index, broker)| {
            let port = first_port + 10 * (index + 1);
            start(broker, main, &|directory| {
                broker_config(directory, broker, port, first_port) + more
            })
        });
        let brokers = brokers.collect::<Result<_, BoxError>>()?;
        let mut cluster =
            Self { place: place.clone(), class_path: class_path.clone(), name_server, brokers };
        cluster.ready(first_port).await.inspect_err(|_| cluster.print_logs())?;
        Ok(cluster)
    }

    /// Waits until all servers say that they serve, and the name server says that it knows the brokers.
    async fn ready(&mut self, first_port: u16) -> Checked {
        self.name_server.logs(READY).await?;
        for (index, server) in (0..).zip(&mut self.brokers) {
            server.logs(READY).await?;
            let registered = format!("brokerAddr={}]", broker(first_port, index));
            self.name_server.logs(&registered).await?;
        }
        Ok(())
    }

    /// Kills a broker with SIGKILL, and starts it again with its files.
    pub(super) async fn replace(&mut self, broker: usize) -> Checked {
        let Server { process, directory, main, config } = self.brokers.remove(broker);
        drop(process);
        let mut server = start(&self.place, &self.class_path, directory, main, config)?;
        let ready = server.logs(READY).await;
        self.brokers.insert(broker, server);
        ready
    }

    pub(super) fn print_logs(&self) {
        for server in std::iter::once(&self.name_server).chain(&self.brokers) {
            server.process.print_log();
        }
    }
}

impl Server {
    /// Waits until there is such a text in its log.
    async fn logs(&mut self, text: &str) -> Checked {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            self.process.check_alive()?;
            if fs::read_to_string(self.directory.join("log"))?.contains(text) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{} does not log {text:?}", self.main).into());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

fn start(
    place: &Place,
    class_path: &str,
    directory: PathBuf,
    main: &'static str,
    config: String,
) -> Result<Server, BoxError> {
    let serialize_type = SerializeType::Json;
    let program = Program {
        class_path,
        main,
        config: config.clone(),
        heap: HEAP,
        tuning: SHORT_LIVED,
        serialize_type,
    };
    let process = Process::start_at(place, &directory, &program)?;
    Ok(Server { process, directory, main, config })
}

/// Returns the address of the name server of a cluster.
pub(super) fn name_server(first_port: u16) -> String {
    format!("{INSIDE}:{first_port}")
}

/// Returns the address of a broker of a cluster.
pub(super) fn broker(first_port: u16, index: u16) -> String {
    format!("{INSIDE}:{}", first_port + 10 * (index + 1))
}

/// Returns a configuration with small files, frequent checks of transactions, and without refusals that depend on the machine's load.
fn broker_config(directory: &Path, name: &str, port: u16, name_port: u16) -> String {
    let store = directory.join("store");
    let store = store.display();
    format!(
        "brokerClusterName={CLUSTER}
brokerName={name}
brokerIP1={INSIDE}
brokerIP2={INSIDE}
bindAddress={INSIDE}
listenPort={port}
namesrvAddr={INSIDE}:{name_port}
storePathRootDir={store}
storePathCommitLog={store}/commitlog
mappedFileSizeCommitLog=67108864
mappedFileSizeConsumeQueue=600000
maxHashSlotNum=100000
maxIndexNum=400000
timerWheelEnable=true
recallMessageEnable=true
mappedFileSizeTimerLog=1048576
transactionTimeOut=6000
transactionCheckInterval=2000
transactionOpBatchInterval=500
enablePropertyFilter=true
traceTopicEnable=true
brokerFastFailureEnable=false
osPageCacheBusyTimeOutMills=60000
"
    )
}
