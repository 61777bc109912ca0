//! Clients: lists of them, and requests that are handed on to them.

use super::{body, text};
use crate::heartbeats::{consumer, heartbeat};

use crate::support::requests::request;
use crate::support::running::Running;
use rocketmq_tower::client::Connector;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower::protocol::{
    ConsumerConnection, GetConsumerStatusBody, MessageModel, ProducerConnection,
};
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ResponseCode, service_fn};
use rocketmq_tower_broker::Broker;

fn consumers(group: &str) -> RemotingCommand {
    request(RequestCode::GET_CONSUMER_CONNECTION_LIST, &[("consumerGroup", group)])
}

#[tokio::test]
async fn the_clients_of_groups_are_listed_with_their_subscriptions() {
    let running = Running::start(Broker::builder()).await;
    let client = running.client().await;
    let mut group = consumer("g", &[("T", "a || b", 7)]);
    group.message_model = MessageModel::Clustering;
    client.get(heartbeat("client", &[group], &["p", "q"])).await;
    let known: ConsumerConnection = body(&client, consumers("g")).await;
    let connection = &known.connection_set[0];
    let address = client.channel.local_addr().to_string();
    assert_eq!((&*connection.client_id, &connection.client_addr), ("client", &address));
    assert!(connection.version > 0 && !connection.language.is_empty());
    assert_eq!(known.message_model, MessageModel::Clustering);
    let subscription = &known.subscription_table["T"];
    assert_eq!((&*subscription.sub_string, subscription.sub_version), ("a || b", 7));
    assert_eq!(
        (&subscription.tags_set[..], &subscription.code_set[..]),
        (&["a".into(), "b".into()][..], &[97, 98][..])
    );
    let refused = client.refusal(consumers("offline")).await;
    assert_eq!(refused.0, ResponseCode::CONSUMER_NOT_ONLINE);
    assert_eq!(refused.1, "the consumer group[offline] not online");

    let producers =
        |group| request(RequestCode::GET_PRODUCER_CONNECTION_LIST, &[("producerGroup", group)]);
    let known: ProducerConnection = body(&client, producers("p")).await;
    assert_eq!(known.connection_set, std::slice::from_ref(connection));
    assert_eq!(client.refusal(producers("g")).await.1, "the producer group[g] not exist");
    let all = text(&client, RemotingCommand::request(RequestCode::GET_ALL_PRODUCER_INFO)).await;
    let start = r#"{"data":{"p":[{"clientId":"client","language":""#;
    assert!(all.starts_with(start) && all.contains(&format!(r#""remoteIP":"{address}""#)), "{all}");

    let of = |topic| {
        request(RequestCode::QUERY_SUBSCRIPTION_BY_CONSUMER, &[("group", "g"), ("topic", topic)])
    };
    let found = text(&client, of("T")).await;
    assert!(found.contains(r#""subString":"a || b""#), "{found}");
    assert_eq!(text(&client, of("U")).await, r#"{"group":"g","topic":"U"}"#);
    running.end().await;
}

#[tokio::test]
async fn a_consumer_gets_the_requests_of_tools() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let (mut client, tool) = (running.client().await, running.client().await);
    client.get(heartbeat("client", &[consumer("g", &[("T", "*", 1)])], &[])).await;
    client.pushed().await;
    let running_info = |client| {
        let fields = [("consumerGroup", "g"), ("clientId", client), ("jstackEnable", "true")];
        request(RequestCode::GET_CONSUMER_RUNNING_INFO, &fields)
    };
    tool.get(running_info("client")).await;
    let pushed = client.pushed().await;
    assert_eq!(pushed.request_code(), RequestCode::GET_CONSUMER_RUNNING_INFO);
    assert_eq!(pushed.ext_fields().get("jstackEnable"), Some("true"));
    let refused = tool.refusal(running_info("other")).await;
    assert_eq!(refused.1, "The Consumer <g> <other> not online");

    let sent = tool.send("T", 0, "m").await.ids()[0];
    let directly = |id: &str| {
        let fields =
            [("consumerGroup", "g"), ("clientId", "client"), ("msgId", id), ("topic", "T")];
        request(RequestCode::CONSUME_MESSAGE_DIRECTLY, &fields)
    };
    tool.get(directly(&sent.to_string())).await;
    let pushed = client.pushed().await;
    let (message, _) = StoredMessage::decode(pushed.body()).unwrap();
    assert_eq!(message.body, b"m");
    let field = |name| pushed.ext_fields().get(name);
    assert_eq!(
        [field("brokerName"), field("topicSysFlag"), field("groupSysFlag")],
        [Some("broker-a"), Some("0"), Some("0")]
    );
    let missing = sent.to_string().replace("0000000000", "0000000001");
    assert!(!tool.refusal(directly(&missing)).await.0.is_success());
    running.end().await;
}

#[tokio::test]
async fn the_consumers_of_a_group_are_asked_for_their_offsets() {
    let running = Running::start(Broker::builder()).await;
    let tool = running.client().await;
    let answers = service_fn(|request: RemotingCommand| async move {
        let response = RemotingCommand::response(ResponseCode::SUCCESS);
        Ok::<_, BoxError>(match request.request_code() {
            RequestCode::GET_CONSUMER_STATUS_FROM_CLIENT => response.with_body(
                r#"{"messageQueueTable":{{"brokerName":"broker-a","queueId":0,"topic":"T"}:7}}"#,
            ),
            _ => response,
        })
    });
    let consumers = Connector::new().service(answers).connect(&*running.broker).await.unwrap();
    let beat = heartbeat("client", &[consumer("g", &[])], &[]);
    consumers.invoke(beat, crate::support::PATIENCE).await.unwrap();
    let status = |group| {
        let fields = [("topic", "T"), ("group", group)];
        request(RequestCode::INVOKE_BROKER_TO_GET_CONSUMER_STATUS, &fields)
    };
    let found: GetConsumerStatusBody = body(&tool, status("g")).await;
    let offsets: Vec<_> = found.consumer_table["client"].values().copied().collect();
    assert_eq!(offsets, [7]);
    let refused = tool.refusal(status("h")).await;
    assert_eq!(refused.1, "No Any Consumer online in the consumer group: [h]");
    running.end().await;
}
