//! Consumers of one group: the broker notifies them of changes, and passes requests on to them.

use super::client::Client;
use super::requests::{create_topic, heartbeat, request};
use super::servers::Servers;
use crate::check::{Checked, TIMEOUT, equal, eventually, report};
use rocketmq_tower::protocol::{
    ConsumerList, ConsumerRunningInfo, GetConsumerRunningInfoRequestHeader,
};
use rocketmq_tower::{
    BoxError, Header, Json, RemotingCommand, RequestCode, ResponseCode, Router, SerializeType,
    service_fn,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

const TOPIC: &str = "Groups";
const GROUP: &str = "a-group";

/// A client, and the notifications that the broker sent to it.
struct Consumer {
    id: &'static str,
    client: Client,
    told: UnboundedReceiver<RemotingCommand>,
}

pub(super) async fn check(servers: &Servers, serialize_type: SerializeType) -> Checked {
    let watcher = Client::new(serialize_type);
    watcher.ask(&servers.broker, create_topic(TOPIC, 1)?).await?;
    let mut first = Consumer::new("first", serialize_type)?;
    let mut second = Consumer::new("second", serialize_type)?;
    report("broker: heartbeat", join(servers, &mut first)).await?;
    report("broker: news of the group", joined(servers, &mut first, &mut second)).await?;
    report("broker: asks its client", asked(servers, &watcher)).await?;
    report("broker: unregister", left(servers, &mut first, &second)).await?;
    drop(first);
    report("broker: a connection that is gone", gone(servers, &watcher)).await
}

impl Consumer {
    fn new(id: &'static str, serialize_type: SerializeType) -> Result<Self, BoxError> {
        let (tell, told) = unbounded_channel();
        let notified = service_fn(move |request: RemotingCommand| {
            let told = tell.send(request);
            async { told.map(|()| None::<RemotingCommand>) }
        });
        let running = move |Header(header): Header<GetConsumerRunningInfoRequestHeader>| async move {
            equal((&*header.consumer_group, &*header.client_id), (GROUP, id))?;
            Ok::<_, BoxError>(Json(running_info(id)))
        };
        let router = Router::builder()
            .route(RequestCode::NOTIFY_CONSUMER_IDS_CHANGED, notified)
            .route_fn(RequestCode::GET_CONSUMER_RUNNING_INFO, running)
            .build()?;
        Ok(Self { id, client: Client::serving(router, serialize_type), told })
    }

    async fn join(&self, servers: &Servers) -> Checked {
        self.client.ask(&servers.broker, heartbeat(self.id, GROUP, TOPIC)?).await?;
        Ok(())
    }

    /// Waits until the broker notifies this client that the group's members have changed.
    async fn hear(&mut self) -> Checked {
        let late = |_| format!("{} was not notified of a change of its group", self.id);
        let told = timeout(TIMEOUT, self.told.recv()).await.map_err(late)?;
        let told = told.ok_or("the consumer serves nothing")?;
        equal(told.is_oneway(), true)?;
        equal(told.ext_fields().get("consumerGroup"), Some(GROUP))
    }
}

/// A state that tells which consumer it is from.
fn running_info(id: &str) -> ConsumerRunningInfo {
    let properties = [("is".to_owned(), id.to_owned())].into();
    ConsumerRunningInfo { properties, ..Default::default() }
}

async fn members(servers: &Servers, client: &Client) -> Result<Vec<String>, BoxError> {
    let code = RequestCode::GET_CONSUMER_LIST_BY_GROUP;
    let request = request(code, &[("consumerGroup", GROUP)]);
    let answer = client.ask(&servers.broker, request).await?;
    let mut members = answer.json::<ConsumerList>()?.consumer_id_list;
    members.sort_unstable();
    Ok(members)
}

async fn join(servers: &Servers, first: &mut Consumer) -> Checked {
    first.join(servers).await?;
    // A member that joins is notified as well.
    first.hear().await?;
    equal(members(servers, &first.client).await?, vec!["first".into()])
}

async fn joined(servers: &Servers, first: &mut Consumer, second: &mut Consumer) -> Checked {
    second.join(servers).await?;
    first.hear().await?;
    second.hear().await?;
    equal(members(servers, &first.client).await?, vec!["first".into(), "second".into()])
}

/// The broker passes a request on to the member that it names, and returns that member's response.
async fn asked(servers: &Servers, watcher: &Client) -> Checked {
    for id in ["first", "second"] {
        let fields = [("consumerGroup", GROUP), ("clientId", id), ("jstackEnable", "false")];
        let request = request(RequestCode::GET_CONSUMER_RUNNING_INFO, &fields);
        let answer = watcher.ask(&servers.broker, request).await?;
        equal(answer.json()?, running_info(id))?;
    }
    Ok(())
}

async fn left(servers: &Servers, first: &mut Consumer, second: &Consumer) -> Checked {
    let fields =
        [("clientID", second.id), ("consumerGroup", GROUP), ("producerGroup", "producers")];
    let leave = request(RequestCode::UNREGISTER_CLIENT, &fields);
    second.client.ask(&servers.broker, leave).await?;
    first.hear().await?;
    equal(members(servers, &first.client).await?, vec!["first".into()])
}

async fn gone(servers: &Servers, watcher: &Client) -> Checked {
    let code = async || {
        let code = RequestCode::GET_CONSUMER_LIST_BY_GROUP;
        let request = request(code, &[("consumerGroup", GROUP)]);
        let answer = watcher.call(&servers.broker, request).await?;
        Ok((answer.response_code(), answer.remark().map(str::to_owned)))
    };
    let remark = format!("no consumer for this group, {GROUP}");
    eventually(code, (ResponseCode::SYSTEM_ERROR, Some(remark))).await
}
