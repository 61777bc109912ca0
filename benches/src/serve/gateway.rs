//! The gateway in front of a server that is no broker: a name server of its own tells it.

use super::announce;
use rocketmq_tower::protocol::{BrokerData, ClusterInfo, MASTER_ID};
use rocketmq_tower::{
    BoxError, RemotingCommand, RequestCode, ResponseCode, Router, Server, service_fn,
};
use rocketmq_tower_gateway::{Gateway, Upstream};
use std::future::pending;
use std::net::SocketAddr;

pub(crate) async fn serve(broker: SocketAddr) -> Result<(), BoxError> {
    let cluster = service_fn(move |_: RemotingCommand| async move {
        RemotingCommand::response(ResponseCode::SUCCESS).with_json(&cluster(broker))
    });
    let router = Router::builder().route(RequestCode::GET_BROKER_CLUSTER_INFO, cluster).build()?;
    let name_server = Server::new(router).bind("127.0.0.1:0").await?.spawn();
    let upstream = Upstream::new([name_server.local_addr().to_string()]);
    let gateway = Gateway::builder().upstream(upstream).max_connections(20_000).start().await?;
    let brokers = gateway.brokers();
    announce(&brokers.first().ok_or("the gateway has no broker")?.advertised);
    pending().await
}

fn cluster(broker: SocketAddr) -> ClusterInfo {
    let data = BrokerData {
        broker_addrs: [(MASTER_ID, broker.to_string())].into(),
        broker_name: "broker-a".into(),
        cluster: "DefaultCluster".into(),
        ..Default::default()
    };
    ClusterInfo {
        broker_addr_table: [("broker-a".into(), data)].into(),
        cluster_addr_table: [("DefaultCluster".into(), vec!["broker-a".into()])].into(),
    }
}
