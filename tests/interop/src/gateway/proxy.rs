//! Clients over gRPC, outside, with Apache's proxy there: the gateway is its name server.

use super::network::Network;
use crate::apache::scratch::Scratch;
use crate::broker::java::Java;
use crate::check::{Checked, equal};
use crate::proxy::{ALL, JAVA, ready, start};
use tokio::process::Command;

const PROXY: &str = "proxy/target/lib/*";
const CLIENTS: &str = "grpc/target/classes:grpc/target/lib/*";
/// The namespace has no other listeners.
const PORT: u16 = 8081;

/// `brokers` are their addresses outside.
pub(super) async fn check(
    network: &Network,
    scratch: &Scratch,
    name_server: &str,
    brokers: &[String],
) -> Checked {
    let program = network.outside().program(std::env::current_exe()?);
    let created = Command::from(program).arg("proxy-topics").args(brokers).output().await?;
    equal((created.status.success(), String::from_utf8_lossy(&created.stderr)), (true, "".into()))?;
    let directory = scratch.directory("proxy")?;
    let mut proxy = start(&network.outside(), &directory, PROXY, name_server, PORT)?;
    let home = scratch.directory("grpc")?;
    let java = Java::with_main("interop.ProxyScenarios", CLIENTS, home)?.at(network.outside());
    let names: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
    let checked = async {
        ready(&mut proxy, &directory).await?;
        java.run(&format!("127.0.0.1:{PORT}"), JAVA, &[], &names).await
    };
    checked.await.inspect_err(|_| proxy.print_log())
}
