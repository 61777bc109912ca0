//! The parts of the suite, each with its cluster.

use super::cluster::{self, BROKERS, Cluster};
use super::network::{DOORS, INSIDE, Network};
use super::process::{Gateway, Settings};
use super::{clients, go, log, outage, proxy, settings};
use crate::admin::through::{self, Run};
use crate::apache::scratch::Scratch;
use crate::broker::process::Broker;
use crate::check::{Checked, report};
use crate::place::Place;
use std::path::PathBuf;

/// Apache's servers of the newest version, and its tools.
const SERVERS: &str = "servers/target/5.5.0/classes:servers/target/5.5.0/lib/*";
const ADMIN: &str = "admin/target/classes:admin/target/lib/*";

/// The first ports of clusters, and of the gateways in front of them.
const MAIN: u16 = 9000;
const DIRECT: u16 = 9100;
const THROUGH: u16 = 9200;
const PAIR: u16 = 9300;
const TOWER: u16 = 9400;

/// Clients with a cluster of two brokers of Apache.
pub(super) async fn main(network: &Network, scratch: &Scratch, wanted: &[&str]) -> Checked {
    let mut cluster = Cluster::start(network, SERVERS, scratch, "main", MAIN, "").await?;
    let settings = settings(MAIN, BROKERS.len());
    let gateway = Gateway::start(network, &settings, log(scratch, "main")?).await?;
    let checked = with_main(network, scratch, wanted, &mut cluster, &settings, &gateway).await;
    checked.inspect_err(|_| {
        cluster.print_logs();
        gateway.print_log();
    })
}

async fn with_main(
    network: &Network,
    scratch: &Scratch,
    wanted: &[&str],
    cluster: &mut Cluster,
    settings: &Settings,
    gateway: &Gateway,
) -> Checked {
    let apart = super::apart(network, MAIN, settings);
    report("the brokers are reached through the gateway alone", apart).await?;
    let name_server = settings.name_server();
    // One after the other, as clients give up while many processes start.
    if wanted.contains(&"newest") {
        clients::newest(network, scratch, &name_server).await?;
    }
    if wanted.contains(&"older") {
        clients::older(network, scratch, &name_server).await?;
    }
    if wanted.contains(&"go") {
        go::check(network, &name_server, gateway.brokers()).await?;
    }
    if wanted.contains(&"proxy") {
        proxy::check(network, scratch, &name_server, gateway.brokers()).await?;
    }
    if wanted.contains(&"outage") {
        let java = clients::scenarios(network, scratch, "outage", clients::NEWEST)?;
        outage::broker(&java, cluster, &name_server).await?;
        let pair = Settings { port: PAIR, ..settings.clone() };
        let logs = scratch.directory("gateways")?;
        outage::gateways(&java, network, &pair, &logs).await?;
    }
    Ok(())
}

/// mqadmin at a cluster, and through the gateway at another one.
pub(super) async fn admin(network: &Network, scratch: &Scratch) -> Checked {
    let start =
        async |name: &str, port| Cluster::start(network, SERVERS, scratch, name, port, "").await;
    let (one, two) = tokio::join!(start("direct", DIRECT), start("through", THROUGH));
    let (one, two) = (one?, two?);
    let settings = settings(THROUGH, BROKERS.len());
    let gateway = Gateway::start(network, &settings, log(scratch, "through")?).await?;
    let run = |place: Place, name_server: String, broker: String, home: PathBuf| Run {
        place,
        name_server,
        broker,
        home,
    };
    let direct = run(
        network.door(),
        cluster::name_server(DIRECT),
        cluster::broker(DIRECT, 0),
        scratch.directory("mqadmin-direct")?,
    );
    let through = run(
        network.outside(),
        settings.name_server(),
        settings.first_broker(),
        scratch.directory("mqadmin-through")?,
    );
    through::compare(ADMIN, direct, through).await.inspect_err(|_| {
        one.print_logs();
        two.print_logs();
        gateway.print_log();
    })
}

/// Java's client with `rocketmq-tower-broker` behind the gateway.
pub(super) async fn tower(network: &Network, scratch: &Scratch) -> Checked {
    let (names, addr) = (cluster::name_server(TOWER), format!("{INSIDE}:{}", TOWER + 10));
    let data = scratch.directory("tower")?;
    let mut broker = Broker::start_at(network.inside(), &data, &names, &addr)?;
    let checked = async {
        broker.ready().await?;
        let settings = Settings { host: DOORS[0], ..settings(TOWER, 1) };
        let gateway = Gateway::start(network, &settings, log(scratch, "tower")?).await?;
        let checked = clients::check_one(network, scratch, &settings.name_server()).await;
        checked.inspect_err(|_| gateway.print_log())
    };
    checked.await.inspect_err(|_| broker.print_log())?;
    report("the broker ends when it is told to", broker.stop()).await
}
