//! The brokers of a cluster, and what all of them are asked.

use crate::failure::Failure;
use crate::link::Link;
use crate::output::Progress;
use rocketmq_tower::protocol::{ClusterInfo, MASTER_ID};
use rocketmq_tower::{Addr, RemotingCommand, RequestCode};
use std::collections::{BTreeMap, VecDeque};
use tokio::task::JoinSet;

/// The maximum number of questions at a time.
const AT_A_TIME: usize = 16;

/// A master broker.
#[derive(Clone, Debug)]
pub(crate) struct Master {
    pub(crate) name: String,
    pub(crate) cluster: String,
    pub(crate) addr: Addr,
}

/// Returns all masters, in the order of their names.
///
/// # Errors
/// If the name server knows no master, or does not answer.
pub(crate) async fn masters(link: &Link) -> Result<Vec<Master>, Failure> {
    let request = RemotingCommand::request(RequestCode::GET_BROKER_CLUSTER_INFO);
    let info: ClusterInfo = link.call_names(request).await?.json()?;
    let masters: Vec<_> = info
        .broker_addr_table
        .into_values()
        .filter_map(|broker| {
            let addr = broker.broker_addrs.get(&MASTER_ID)?;
            let addr = Addr::from(addr.as_str());
            Some(Master { name: broker.broker_name, cluster: broker.cluster, addr })
        })
        .collect();
    match masters.is_empty() {
        true => Err(Failure::answer("the name server knows no master broker")),
        false => Ok(masters),
    }
}

/// Returns the masters of a topic with their names, in the order of these.
pub(crate) async fn masters_of(link: &Link, topic: &str) -> Result<Vec<(String, Addr)>, Failure> {
    let route = link.routes.get(topic, link.timeout).await?;
    let names = route.data().queue_datas.iter().map(|queues| queues.broker_name.clone());
    // Each name once.
    let masters: BTreeMap<_, _> = names
        .filter_map(|name| {
            let addr = route.master(&name)?.clone();
            Some((name, addr))
        })
        .collect();
    match masters.is_empty() {
        true => Err(Failure::answer(format!("no master broker has the topic {topic}"))),
        false => Ok(Vec::from_iter(masters)),
    }
}

/// Answers a question about each item, for 16 at a time, and returns the answers in the order of the items.
pub(crate) async fn each<T, R, F>(
    items: Vec<T>,
    progress: &Progress,
    ask: impl Fn(T) -> F,
) -> Result<Vec<R>, Failure>
where
    R: Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    let mut answers: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let mut waiting: VecDeque<_> = items.into_iter().enumerate().collect();
    let (mut asked, mut done) = (JoinSet::new(), 0);
    loop {
        while asked.len() < AT_A_TIME {
            let Some((at, item)) = waiting.pop_front() else { break };
            let question = ask(item);
            asked.spawn(async move { (at, question.await) });
        }
        let Some(answered) = asked.join_next().await else { break };
        let (at, answer) = answered.map_err(|error| Failure::Local(error.to_string()))?;
        answers[at] = Some(answer);
        done += 1;
        progress.set(done);
    }
    Ok(answers.into_iter().flatten().collect())
}
