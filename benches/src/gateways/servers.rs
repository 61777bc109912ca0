//! The servers: the gateway, what is behind it, and what it is compared with.

use crate::compare::folder::Folder;
use crate::compare::server::{Server, free_address};
use rocketmq_tower::BoxError;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// Starts one of this program's servers.
pub(super) fn own(kind: &str, upstream: Option<SocketAddr>) -> Result<Server, BoxError> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", kind, "--listen", "127.0.0.1:0"]);
    if let Some(upstream) = upstream {
        command.args(["--upstream", &upstream.to_string()]);
    }
    Server::spawn(command, |line| line.strip_prefix("listening on ")?.parse().ok())
}

/// Starts the command `rocketmq-tower-gateway`, with a file of settings if there is one. The address is that of its port for the broker.
pub(super) fn gateway(names: SocketAddr, settings: Option<&Path>) -> Result<Server, BoxError> {
    let program = std::env::current_exe()?.with_file_name("rocketmq-tower-gateway");
    let mut command = Command::new(program);
    // It also reads options from the environment.
    command.env_clear().args(["--upstream", &names.to_string(), "--listen", "127.0.0.1:0"]);
    command.args(["--max-connections", "20000", "--log", "warn", "--no-vip-channel"]);
    if let Some(settings) = settings {
        command.arg("--config").arg(settings);
    }
    Server::spawn(command, |line| line.strip_prefix("broker ")?.split_once(" is ")?.1.parse().ok())
}

/// Apache's name server, a broker and a proxy that clients use in its remoting mode. Fields are dropped in order.
pub(super) struct Apache {
    pub(super) proxy: Result<Server, String>,
    pub(super) broker: Server,
    pub(super) names: Server,
    _folders: [Folder; 3],
}

impl Apache {
    pub(super) fn start(broker_on: Option<usize>) -> Result<Self, BoxError> {
        let [names_folder, broker_folder, proxy_folder] =
            ["names", "gateway-broker", "proxy"].map(Folder::new);
        let folders = [names_folder?, broker_folder?, proxy_folder?];
        let [names, broker, proxy] = [free_address()?, free_address()?, free_address()?];
        let known = format!("namesrvAddr={names}");
        let names = peer("apache-names", names, folders[0].path(), &[], None)?;
        let settings = ["--flush", "async", "--set", &known];
        let broker = peer("apache-broker", broker, folders[1].path(), &settings, broker_on)?;
        let upstream = names.address.to_string();
        let proxy = peer("apache-proxy", proxy, folders[2].path(), &["--names", &upstream], None);
        let proxy = proxy.map_err(|error| error.to_string());
        Ok(Self { proxy, broker, names, _folders: folders })
    }
}

/// Starts a server of Apache's, which tells that it has started, but not always where. If a processor is given, it runs there.
fn peer(
    kind: &str,
    addr: SocketAddr,
    data: &Path,
    options: &[&str],
    processor: Option<usize>,
) -> Result<Server, BoxError> {
    const START: &str = "benches/peers/start";
    let mut command = match processor {
        Some(processor) => {
            let mut command = Command::new("taskset");
            command.args(["-c", &processor.to_string(), START]);
            command
        }
        None => Command::new(START),
    };
    command.args([kind, "--listen", &addr.to_string(), "--data"]).arg(data).args(options);
    Server::spawn(command, move |line| {
        let started = line.contains("boot success") || line.contains("startup successfully");
        started.then_some(addr)
    })
}
