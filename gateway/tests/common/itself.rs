//! A server that is the name server and the only broker of its cluster.

use rocketmq_tower::protocol::{BrokerData, ClusterInfo, MASTER_ID};
use rocketmq_tower::{BoxError, Channel, RemotingCommand, ResponseCode};

/// Returns the answer of the server at this end of a connection, which tells that it is the broker.
pub(crate) fn cluster_info(channel: &Channel) -> Result<RemotingCommand, BoxError> {
    let data = BrokerData {
        broker_addrs: [(MASTER_ID, channel.local_addr().to_string())].into(),
        broker_name: "a".into(),
        ..Default::default()
    };
    let info = ClusterInfo { broker_addr_table: [("a".into(), data)].into(), ..Default::default() };
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_json(&info)?)
}
