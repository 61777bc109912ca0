//! A connection that either side drains while both call each other.

use crate::DELAYS;
use rocketmq_tower::client::Connector;
use rocketmq_tower::testing::memory;
use rocketmq_tower::{CallError, Channel, RemotingCommand, ResponseCode, Server, service_fn};
use rocketmq_tower_test_support::{SECOND, Tally, delayed, echo, request, soon, until};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Calls every millisecond, until a call ends with the news that the connection is drained.
async fn call_until_sent_away(channel: Channel) -> Tally {
    let (mut calls, mut tally) = (JoinSet::new(), Tally::default());
    let count = |tally: &mut Tally, result: Result<RemotingCommand, CallError>| match result {
        Ok(answer) if answer.response_code() == ResponseCode::GO_AWAY => tally.unprocessed += 1,
        Ok(_) => tally.answered += 1,
        Err(CallError::NotSent(_)) => tally.unprocessed += 1,
        Err(error) => tally.lose(1, format_args!("{error:?}")),
    };
    while tally.unprocessed + tally.lost == 0 {
        let caller = channel.clone();
        calls.spawn(async move { caller.invoke(request(1, 1), 10 * SECOND).await });
        sleep(Duration::from_millis(1)).await;
        while let Some(done) = calls.try_join_next() {
            count(&mut tally, done.expect("no panic"));
        }
    }
    while let Some(done) = calls.join_next().await {
        count(&mut tally, done.expect("no panic"));
    }
    tally
}

/// Opens a connection with this delay, over which both sides call. Drains it at each side after the
/// given time, if any. Returns what became of the calls of the client and of the server.
async fn drained(
    delay: Duration,
    client_after: Option<Duration>,
    server_after: Option<Duration>,
) -> (Tally, Tally) {
    let (listener, transport) = memory();
    let server = Server::new(service_fn(echo)).listen(listener).spawn();
    let (io, info) = transport.dial().await.expect("listens");
    let client = Connector::new().service(service_fn(echo)).run(delayed(io, delay), info);
    until(|| server.connections().len() == 1).await;
    let peer = server.connections().channels().pop().expect("one");
    let drain = |channel: Channel, after: Option<Duration>| async move {
        if let Some(after) = after {
            sleep(after).await;
            channel.drain();
        }
    };
    let tallies = soon(async {
        let drains = async {
            tokio::join!(drain(client.clone(), client_after), drain(peer.clone(), server_after))
        };
        let calls = tokio::join!(
            call_until_sent_away(client.clone()),
            call_until_sent_away(peer.observer()),
            drains
        );
        client.closed().await;
        (calls.0, calls.1)
    })
    .await;
    server.shutdown().await.expect("ends");
    tallies
}

async fn loses_nothing(
    drains: impl Fn(Duration, Duration) -> (Option<Duration>, Option<Duration>),
) {
    for delay in DELAYS.map(Duration::from_millis) {
        let mut report = Vec::new();
        for turn in 0..10 {
            let (client, server) = drains(Duration::from_micros(60_000 + 7_100 * turn), delay);
            report.push(drained(delay, client, server).await);
        }
        let is_sound = |tally: &Tally| tally.lost == 0 && tally.answered > 0;
        let all = report.iter().all(|(client, server)| is_sound(client) && is_sound(server));
        assert!(all, "{delay:?}: {report:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_drains_loses_nothing() {
    loses_nothing(|after, _| (Some(after), None)).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_drains_loses_nothing() {
    loses_nothing(|after, _| (None, Some(after))).await;
}

/// Each drains before it can know of the other's.
#[tokio::test(start_paused = true)]
async fn both_drain_at_once_and_lose_nothing() {
    loses_nothing(|after, delay| (Some(after), Some(after + delay / 2))).await;
}
