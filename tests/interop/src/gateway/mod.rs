//! Java's and Go's clients and mqadmin, unmodified, through `rocketmq-tower-gateway` to brokers that they cannot reach.

mod clients;
mod cluster;
mod go;
mod network;
mod outage;
mod parts;
mod process;
mod proxy;

use crate::apache::scratch::Scratch;
use crate::check::{Checked, TIMEOUT, equal};
use crate::place::Place;
use network::{DOORS, Network};
use process::Settings;
use rocketmq_tower::BoxError;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use tokio::process::Command;

/// The name of the folder of a run.
const SCRATCH: &str = "gateway";

/// The parts of the suite. Each can run alone.
const PARTS: [&str; 7] = ["newest", "older", "go", "proxy", "outage", "admin", "tower"];
/// Those with the same cluster.
const MAIN: [&str; 5] = ["newest", "older", "go", "proxy", "outage"];

/// Runs these parts, or all of them.
pub(crate) async fn run(parts: &[&str]) -> Checked {
    if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(part)) {
        return Err(format!("unknown part {unknown}, expected some of {PARTS:?}").into());
    }
    let parts = if parts.is_empty() { &PARTS[..] } else { parts };
    println!("== clients that cannot reach the brokers, rocketmq-tower-gateway, Apache's servers");
    // Dropped after all processes.
    let network = Network::new()?;
    let scratch = Scratch::new(SCRATCH)?;
    let main = async {
        match parts.iter().any(|part| MAIN.contains(part)) {
            true => parts::main(&network, &scratch, parts).await,
            false => Ok(()),
        }
    };
    let admin = async {
        match parts.contains(&"admin") {
            true => parts::admin(&network, &scratch).await,
            false => Ok(()),
        }
    };
    let tower = async {
        match parts.contains(&"tower") {
            true => parts::tower(&network, &scratch).await,
            false => Ok(()),
        }
    };
    // Side by side, as all of them mostly wait.
    let (main, admin, tower) = tokio::join!(main, admin, tower);
    main.and(admin).and(tower)
}

/// Returns the settings of the gateway of a cluster.
fn settings(port: u16, brokers: usize) -> Settings {
    let upstream = cluster::name_server(port);
    Settings { upstream, host: DOORS[0], port, brokers }
}

/// Returns the path of a gateway's log.
fn log(scratch: &Scratch, name: &str) -> Result<PathBuf, BoxError> {
    Ok(scratch.directory(&format!("{name}-gateway"))?.join("log"))
}

/// Checks that there is no other way to the brokers of the cluster.
async fn apart(network: &Network, first_port: u16, gateway: &Settings) -> Checked {
    let (door, outside) = (network.door(), network.outside());
    let brokers = (0..).zip(cluster::BROKERS).map(|(index, _)| cluster::broker(first_port, index));
    for inside in brokers.chain([cluster::name_server(first_port)]) {
        equal((&inside, reaches(&door, &inside).await?), (&inside, true))?;
        equal((&inside, reaches(&outside, &inside).await?), (&inside, false))?;
    }
    for addr in [gateway.name_server(), gateway.first_broker()] {
        equal((&addr, reaches(&outside, &addr).await?), (&addr, true))?;
    }
    Ok(())
}

/// Returns whether an address can be connected to from there.
async fn reaches(place: &Place, addr: &str) -> Result<bool, BoxError> {
    let program = place.program(std::env::current_exe()?);
    let output = Command::from(program).args(["connect", addr]).kill_on_drop(true).output().await?;
    match output.status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(format!("`connect` fails: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// Connects to an address, in a process of its own.
pub(crate) async fn connect(addr: &str) -> Checked {
    let addr: SocketAddr = addr.parse()?;
    tokio::task::spawn_blocking(move || TcpStream::connect_timeout(&addr, TIMEOUT / 2)).await??;
    Ok(())
}
