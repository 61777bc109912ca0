//! Requests of administration tools: mqadmin, the dashboard, the exporter.

mod configuration;
mod connections;
mod deletion;
mod groups;
mod offsets;
mod runtime_info;
mod topics;

use crate::support::peer::Peer;
use crate::support::requests::request;
use rocketmq_tower::protocol::json;
use rocketmq_tower::{RemotingCommand, RequestCode};
use serde::de::DeserializeOwned;

/// Returns the body of the response to a request, which has to succeed.
async fn body<T: DeserializeOwned>(client: &Peer, request: RemotingCommand) -> T {
    let response = client.get(request).await;
    json::from_slice(response.body()).unwrap()
}

/// Returns the text of the body.
async fn text(client: &Peer, request: RemotingCommand) -> String {
    String::from_utf8(client.get(request).await.body().to_vec()).unwrap()
}

/// A request to create or change a topic with one queue.
fn create(topic: &str, attributes: &str) -> RemotingCommand {
    let fields = [
        ("topic", topic),
        ("defaultTopic", "TBW102"),
        ("readQueueNums", "1"),
        ("writeQueueNums", "1"),
        ("perm", "6"),
        ("topicFilterType", "SINGLE_TAG"),
        ("attributes", attributes),
    ];
    request(RequestCode::UPDATE_AND_CREATE_TOPIC, &fields)
}
