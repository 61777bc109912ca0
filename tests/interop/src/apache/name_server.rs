//! Requests to Apache's name server: configuration, brokers and routes.

use super::client::{Client, Names};
use super::ports::free_port;
use super::requests::{create_topic, request, route_of};
use super::servers::Servers;
use crate::check::{Checked, equal, eventually, report};
use rocketmq_tower::client::InvokeError;
use rocketmq_tower::protocol::{ClusterInfo, MASTER_ID, TopicRouteData, json};
use rocketmq_tower::{BoxError, RequestCode, ResponseCode};

pub(super) async fn check(servers: &Servers, client: &Client) -> Checked {
    let names = client.names(&[&servers.name_server]);
    report("name server: KV config", key_values(&names)).await?;
    report("name server: brokers", brokers(servers, &names)).await?;
    report("name server: routes", routes(servers, client, &names)).await?;
    report("name server: the first of the list is dead", dead(servers, client)).await?;
    report("name server: unknown code", unknown_code(&servers.name_server, client)).await?;
    report("broker: unknown code", unknown_code(&servers.broker, client)).await
}

async fn key_values(names: &Names) -> Checked {
    let value = "value \"quoted\" é𝄞";
    let key = [("namespace", "interop"), ("key", "a key")];
    let put = request(RequestCode::PUT_KV_CONFIG, &key).with_ext_field("value", value);
    names.ask(put).await?;
    let answer = names.ask(request(RequestCode::GET_KV_CONFIG, &key)).await?;
    equal(answer.ext_fields().get("value"), Some(value))?;
    names.ask(request(RequestCode::DELETE_KV_CONFIG, &key)).await?;
    let answer = names.call(request(RequestCode::GET_KV_CONFIG, &key)).await?;
    equal(answer.response_code(), ResponseCode::QUERY_NOT_FOUND)?;
    equal(answer.remark(), Some("No config item, Namespace: interop Key: a key"))
}

async fn brokers(servers: &Servers, names: &Names) -> Checked {
    let request = request(RequestCode::GET_BROKER_CLUSTER_INFO, &[]);
    let answer = names.ask(request).await?;
    let info: ClusterInfo = answer.json()?;
    // Numeric keys have no quotes, whatever the client's version, so this is not valid JSON.
    let expected = format!(
        "{{\"brokerAddrTable\":{{\"interop\":{{\"brokerAddrs\":{{0:\"{}\"}},\
         \"brokerName\":\"interop\",\"cluster\":\"interop\",\"enableActingMaster\":false}}}},\
         \"clusterAddrTable\":{{\"interop\":[\"interop\"]}}}}",
        servers.broker
    );
    equal(std::str::from_utf8(answer.body())?, &expected)?;
    equal(&json::to_fastjson(&info)?, answer.body())
}

async fn routes(servers: &Servers, client: &Client, names: &Names) -> Checked {
    let answer = names.call(route_of("Routes")).await?;
    equal(answer.response_code(), ResponseCode::TOPIC_NOT_EXIST)?;
    let expected = "No topic route info in name server for the topic: Routes\n\
        See https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.";
    equal(answer.remark(), Some(expected))?;

    client.ask(&servers.broker, create_topic("Routes", 3)?).await?;
    let code = async || {
        let answer = names.call(route_of("Routes")).await?;
        Ok(answer.response_code())
    };
    eventually(code, ResponseCode::SUCCESS).await?;
    let answer = names.ask(route_of("Routes")).await?;
    let route: TopicRouteData = answer.json()?;
    let [broker] = &route.broker_datas[..] else { return Err(format!("{route:?}").into()) };
    equal(&broker.broker_addrs, &[(MASTER_ID, servers.broker.clone())].into())?;
    equal(route.queue_datas.iter().map(|queues| queues.read_queue_nums).collect(), vec![3])
}

/// A call goes on to the next name server, and later calls stay there.
async fn dead(servers: &Servers, client: &Client) -> Checked {
    let dead = format!("127.0.0.1:{}", free_port(&[0])?);
    let names = client.names(&[&dead, &servers.name_server]);
    equal(names.chosen().as_ref(), Some(&dead))?;
    for _ in 0..2 {
        names.ask(request(RequestCode::GET_BROKER_CLUSTER_INFO, &[])).await?;
        equal(names.chosen().as_ref(), Some(&servers.name_server))?;
    }
    let all_dead = client.names(&[&dead, &dead]);
    match all_dead.call(request(RequestCode::GET_BROKER_CLUSTER_INFO, &[])).await {
        Err(InvokeError::Connect { addr, .. }) => equal(addr.to_string(), dead),
        other => Err(BoxError::from(format!("{other:?}"))),
    }
}

async fn unknown_code(addr: &str, client: &Client) -> Checked {
    let answer = client.call(addr, request(RequestCode::from(7777), &[])).await?;
    equal(answer.response_code(), ResponseCode::REQUEST_CODE_NOT_SUPPORTED)?;
    equal(answer.remark(), Some(" request type 7777 not supported"))?;
    // The servers are configured with this client's header encoding.
    equal(answer.serialize_type(), client.serialize_type())
}
