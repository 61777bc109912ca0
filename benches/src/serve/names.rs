//! A name server that tells one broker, for a gateway in front of a server that is no broker.

use super::announce;
use rocketmq_tower::protocol::{BrokerData, ClusterInfo, MASTER_ID};
use rocketmq_tower::{
    BoxError, RemotingCommand, RequestCode, ResponseCode, Router, Server, service_fn,
};
use std::future::pending;
use std::net::SocketAddr;

pub(crate) async fn serve(listen: SocketAddr, broker: SocketAddr) -> Result<(), BoxError> {
    let cluster = service_fn(move |_: RemotingCommand| async move {
        RemotingCommand::response(ResponseCode::SUCCESS).with_json(&cluster(broker))
    });
    let router = Router::builder().route(RequestCode::GET_BROKER_CLUSTER_INFO, cluster).build()?;
    let server = Server::new(router).bind(listen).await?.spawn();
    announce(server.local_addr());
    pending().await
}

fn cluster(broker: SocketAddr) -> ClusterInfo {
    let data = BrokerData {
        broker_addrs: [(MASTER_ID, broker.to_string())].into(),
        broker_name: "bench".into(),
        cluster: "DefaultCluster".into(),
        ..Default::default()
    };
    ClusterInfo {
        broker_addr_table: [("bench".into(), data)].into(),
        cluster_addr_table: [("DefaultCluster".into(), vec!["bench".into()])].into(),
    }
}
