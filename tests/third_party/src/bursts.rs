//! Bursts: a spent budget of the task does not look like a full buffer.

use crate::processor::OK;
use crate::stage::{call, serve};
use rocketmq_tower::ServiceBuilder;
use rocketmq_tower::client::Client;

fn all_succeed(seen: &[String], count: usize) {
    assert_eq!(seen.iter().filter(|seen| *seen == "SUCCESS").count(), count, "{seen:?}");
}

#[tokio::test]
async fn a_server_answers_a_thousand_requests_at_once() {
    for running in [
        serve(|server| server.layer(ServiceBuilder::new().load_shed().buffer(2000))),
        serve(|server| server.shared_layer(ServiceBuilder::new().load_shed().buffer(2000))),
    ] {
        all_succeed(&running.peer().burst(&[OK; 1000]).await, 1000);
    }
}

#[tokio::test]
async fn a_client_makes_five_hundred_calls_at_once() {
    let layers = async |client: &Client| {
        ServiceBuilder::new().load_shed().buffer(1000).service(client.endpoint("server"))
    };
    all_succeed(&call(layers).await.peer().burst(&[OK; 500]).await, 500);
}
