//! The scenarios of Java's clients, outside.

use super::network::Network;
use crate::apache::scratch::Scratch;
use crate::broker::java::Java;
use crate::check::Checked;
use rocketmq_tower::BoxError;

/// The options of scenarios for a cluster of two brokers behind a gateway.
pub(super) const TWO_BROKERS: &[&str] =
    &["-Dinterop.brokers=2", "-Dinterop.host=10.", "-Dinterop.timeout=10000"];
/// Their options for one broker behind a gateway.
const ONE_BROKER: &[&str] = &["-Dinterop.host=10.", "-Dinterop.timeout=10000"];

/// The version that runs in every encoding, and an older one.
pub(super) const NEWEST: &str = "5.5.0";
const OTHER: &str = "5.3.3";
/// A version whose interfaces differ, with scenarios of its own.
const OLD: &str = "4.9.8";

/// Runs all scenarios with the newest version, in each encoding, as `reference` does with Apache's servers alone.
pub(super) async fn newest(network: &Network, scratch: &Scratch, name_server: &str) -> Checked {
    let java = scenarios(network, scratch, "newest", NEWEST)?;
    crate::broker::scenarios(&java, name_server, "v550-", TWO_BROKERS, &[]).await
}

/// Runs the scenarios of older versions.
pub(super) async fn older(network: &Network, scratch: &Scratch, name_server: &str) -> Checked {
    let other = scenarios(network, scratch, "other", OTHER)?;
    let (other, old) = tokio::join!(
        other.run(name_server, "v533", TWO_BROKERS, crate::broker::ALL),
        old(network, scratch, name_server),
    );
    other.and(old)
}

/// Runs scenarios of a broker in place of the cluster.
pub(super) async fn check_one(network: &Network, scratch: &Scratch, name_server: &str) -> Checked {
    let java = scenarios(network, scratch, "one", NEWEST)?;
    java.run(name_server, "one", ONE_BROKER, crate::broker::ALL).await
}

async fn old(network: &Network, scratch: &Scratch, name_server: &str) -> Checked {
    let class_path = format!("old/target/{OLD}/classes:old/target/{OLD}/lib/*");
    let java = Java::with_main("interop.Versions", &class_path, scratch.directory("old")?)?;
    let java = java.at(network.outside());
    let options = crate::broker::versions::OPTIONS;
    java.run(name_server, OLD, options, &crate::broker::versions::scenarios(OLD)).await
}

/// Returns the clients of a version, with `name` as their home.
pub(super) fn scenarios(
    network: &Network,
    scratch: &Scratch,
    name: &str,
    version: &str,
) -> Result<Java, BoxError> {
    let class_path = format!("clients/target/{version}/classes:clients/target/{version}/lib/*");
    let java = Java::with_main("interop.Scenarios", &class_path, scratch.directory(name)?)?;
    Ok(java.at(network.outside()))
}
