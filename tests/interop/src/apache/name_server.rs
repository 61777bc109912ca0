//! What a name server keeps.

use super::client::Client;
use super::requests::{create_topic, request, route_of};
use super::servers::Servers;
use crate::check::{Checked, equal, eventually, report};
use rocketmq_tower::{RequestCode, ResponseCode};
use serde_json::{Value, json};

pub(super) async fn check(servers: &Servers, client: &Client) -> Checked {
    report("name server: KV config", key_values(servers, client)).await?;
    report("name server: brokers", brokers(servers, client)).await?;
    report("name server: routes", routes(servers, client)).await?;
    report("name server: unknown code", unknown_code(&servers.name_server, client)).await?;
    report("broker: unknown code", unknown_code(&servers.broker, client)).await
}

async fn key_values(servers: &Servers, client: &Client) -> Checked {
    let (addr, value) = (&servers.name_server, "value \"quoted\" é𝄞");
    let key = [("namespace", "interop"), ("key", "a key")];
    let put = request(RequestCode::PUT_KV_CONFIG, &key).with_ext_field("value", value);
    client.ask(addr, put).await?;
    let answer = client.ask(addr, request(RequestCode::GET_KV_CONFIG, &key)).await?;
    equal(answer.ext_fields().get("value"), Some(value))?;
    client.ask(addr, request(RequestCode::DELETE_KV_CONFIG, &key)).await?;
    let answer = client.call(addr, request(RequestCode::GET_KV_CONFIG, &key)).await?;
    equal(answer.response_code(), ResponseCode::QUERY_NOT_FOUND)?;
    equal(answer.remark(), Some("No config item, Namespace: interop Key: a key"))
}

async fn brokers(servers: &Servers, client: &Client) -> Checked {
    let request = request(RequestCode::GET_BROKER_CLUSTER_INFO, &[]);
    let answer = client.ask(&servers.name_server, request).await?;
    // Numbers as keys have no quotes here, whatever the client's version: it is not quite JSON.
    let expected = format!(
        "{{\"brokerAddrTable\":{{\"interop\":{{\"brokerAddrs\":{{0:\"{}\"}},\
         \"brokerName\":\"interop\",\"cluster\":\"interop\",\"enableActingMaster\":false}}}},\
         \"clusterAddrTable\":{{\"interop\":[\"interop\"]}}}}",
        servers.broker
    );
    equal(std::str::from_utf8(answer.body())?, &expected)
}

async fn routes(servers: &Servers, client: &Client) -> Checked {
    let answer = client.call(&servers.name_server, route_of("Routes")).await?;
    equal(answer.response_code(), ResponseCode::TOPIC_NOT_EXIST)?;
    let expected = "No topic route info in name server for the topic: Routes\n\
        See https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.";
    equal(answer.remark(), Some(expected))?;

    client.ask(&servers.broker, create_topic("Routes", 3)?).await?;
    let code = async || {
        let answer = client.call(&servers.name_server, route_of("Routes")).await?;
        Ok(answer.response_code())
    };
    eventually(code, ResponseCode::SUCCESS).await?;
    let answer = client.ask(&servers.name_server, route_of("Routes")).await?;
    let route: Value = serde_json::from_slice(answer.body())?;
    let addrs = json!({"0": servers.broker});
    equal(&route["brokerDatas"][0]["brokerAddrs"], &addrs)?;
    equal(&route["queueDatas"][0]["readQueueNums"], &json!(3))
}

async fn unknown_code(addr: &str, client: &Client) -> Checked {
    let answer = client.call(addr, request(RequestCode::from(7777), &[])).await?;
    equal(answer.response_code(), ResponseCode::REQUEST_CODE_NOT_SUPPORTED)?;
    equal(answer.remark(), Some(" request type 7777 not supported"))?;
    // The servers were told to write the headers that this client writes.
    equal(answer.serialize_type(), client.serialize_type())
}
