//! Servers that answer GO_AWAY, and the client's hooks.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::net::Net;
use rocketmq_tower::client::{Client, Connector, InvokeError};
use rocketmq_tower::layers::rpc_hook::{RequestHead, RpcHook};
use rocketmq_tower::{
    Abort, Addr, BoxError, MqVersion, RemotingCommand, ResponseCode, Router, service_fn,
};
use rocketmq_tower_test_support::{SECOND, echo, request, soon};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const SERVER: &str = "server:10911";

/// Answers GO_AWAY on the first `connections` connections, and echoes on the others. Code 2 takes
/// five seconds.
fn sends_away(net: &Net, connections: usize) {
    let seen: Arc<Mutex<Vec<u64>>> = Arc::default();
    let processor = service_fn(move |request: RemotingCommand| {
        let id = request.channel().expect("from a connection").id();
        let mut seen = seen.lock().expect("no panic");
        if !seen.contains(&id) {
            seen.push(id);
        }
        let away = seen.iter().position(|seen| *seen == id) < Some(connections);
        async move {
            if request.code() == 2 {
                sleep(5 * SECOND).await;
            } else if away {
                return Ok(RemotingCommand::response(ResponseCode::GO_AWAY));
            }
            echo(request).await
        }
    });
    net.start(SERVER, processor);
}

/// Starts a call that takes five seconds, and waits for one of them.
async fn slow_call(client: &Client) -> JoinHandle<Result<RemotingCommand, InvokeError>> {
    let client = client.clone();
    let call = tokio::spawn(async move { client.invoke(SERVER, request(2, 1), 9 * SECOND).await });
    sleep(SECOND).await;
    call
}

#[tokio::test(start_paused = true)]
async fn a_call_is_repeated_once_over_a_fresh_connection() {
    let net = Net::new();
    sends_away(&net, 1);
    let client = net.client();
    let before = slow_call(&client).await;
    let answer = client.invoke(SERVER, request(1, 5).with_body("x"), SECOND).await;
    let answer = answer.expect("by the second connection");
    assert_eq!((answer.response_code(), answer.opaque()), (ResponseCode::SUCCESS, 5));
    assert_eq!(&answer.body()[..], b"x");
    assert_eq!(net.open(SERVER).len(), 2, "the old one has a call under way");
    soon(before).await.expect("no panic").expect("answered over the old one");
    sleep(SECOND).await;
    assert_eq!((net.open(SERVER).len(), net.connections(SERVER)), (1, 2), "it was drained");
    assert_eq!(client.connection_count(), 1);
}

/// Calls in flight on a retired connection fail when it closes.
#[tokio::test(start_paused = true)]
async fn calls_on_the_old_connection_fail_with_it() {
    let net = Net::new();
    sends_away(&net, 1);
    let client = net.client();
    let before = slow_call(&client).await;
    let old = net.open(SERVER).pop().expect("one");
    client.invoke(SERVER, request(1, 5), SECOND).await.expect("by the second connection");
    let start = Instant::now();
    old.close("enough");
    let error = soon(before).await.expect("no panic").expect_err("cut");
    assert!(matches!(error, InvokeError::Closed { .. }), "{error:?}");
    assert_eq!((start.elapsed(), client.connection_count()), (Duration::ZERO, 1));
}

/// The server takes 600 ms to answer GO_AWAY; the next time it does not respond.
#[tokio::test(start_paused = true)]
async fn both_attempts_are_one_call() {
    let net = Net::new();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    net.start(
        SERVER,
        service_fn(move |request: RemotingCommand| {
            let tell = tell.clone();
            async move {
                let signature = request.ext_fields().get("signature").map(str::to_owned);
                tell.send((request.version(), signature, request.body().clone()))?;
                sleep(SECOND * 6 / 10).await;
                Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::GO_AWAY))
            }
        }),
    );
    let command = request(1, 5).with_version(MqVersion::V5_0_0).with_body("x");
    let (client, start) = (net.client(), Instant::now());
    let call = client.invoke(SERVER, command.with_ext_field("signature", "s"), SECOND);
    let error = soon(call).await.expect_err("late");
    assert!(matches!(error, InvokeError::Timeout { timeout: SECOND, .. }), "{error:?}");
    assert_eq!(start.elapsed(), SECOND);
    let first = told.recv().await.expect("asked");
    assert_eq!(first.1.as_deref(), Some("s"));
    assert_eq!(told.recv().await.expect("asked again"), first);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_keeps_saying_so_is_an_error() {
    let net = Net::new();
    sends_away(&net, 2);
    let client = net.client();
    let error = client.invoke(SERVER, request(1, 5), SECOND).await.expect_err("away twice");
    assert!(matches!(&error, InvokeError::GoAway { addr } if *addr == Addr::from(SERVER)));
    assert!(error.is_unprocessed());
    client.invoke(SERVER, request(1, 5), SECOND).await.expect("the third connection");
    assert_eq!(net.connections(SERVER), 3);
}

/// A server drains and restarts behind the same address.
#[tokio::test(start_paused = true)]
async fn a_draining_server_loses_no_call() {
    let net = Net::new();
    net.start(SERVER, service_fn(echo));
    let client = net.client();
    for round in 0..10 {
        for opaque in 0..10 {
            let command = request(1, opaque).with_version(MqVersion::CURRENT);
            client.invoke(SERVER, command, SECOND).await.expect("answered");
        }
        for channel in net.open(SERVER) {
            channel.drain();
        }
        if round % 2 == 0 {
            sleep(SECOND).await;
        }
    }
    assert_eq!(client.calls(), 0);
}

/// Records its calls; fails before requests with code 9, aborts those with code 8.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

impl RpcHook for Notes {
    fn before(&self, peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        self.0.lock().expect("no panic").push(format!("before {peer}"));
        match request.code() {
            9 => Err("not now".into()),
            8 => Err(Abort::new(ResponseCode::NO_PERMISSION, "never").into()),
            _ => Ok(()),
        }
    }

    fn after(
        &self,
        peer: &Addr,
        request: &RequestHead,
        response: Option<&mut RemotingCommand>,
    ) -> Result<(), BoxError> {
        let response = response.map(|response| response.response_code());
        let note = format!("after {peer} {response:?} {}", request.code());
        self.0.lock().expect("no panic").push(note);
        Ok(())
    }
}

fn hooked(net: &Net) -> (Client, Notes) {
    let notes = Notes::default();
    (net.builder().hook(notes.clone()).build(), notes)
}

#[tokio::test(start_paused = true)]
async fn hooks_run_once_for_a_call_whatever_it_takes() {
    let net = Net::new();
    sends_away(&net, 1);
    let (client, notes) = hooked(&net);
    client.invoke(SERVER, request(1, 5), SECOND).await.expect("by the second connection");
    let after = "after server:10911 Some(0(SUCCESS)) 1";
    assert_eq!(notes.take(), ["before server:10911", after]);
    client.invoke_oneway(SERVER, request(1, 5), SECOND).await.expect("written");
    assert_eq!(notes.take(), ["before server:10911"]);
    client.invoke("nobody:1", request(1, 5), SECOND).await.expect_err("nobody there");
    assert_eq!(notes.take(), ["before nobody:1"]);
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_ends_the_call() {
    let net = Net::new();
    sends_away(&net, 0);
    let (client, notes) = hooked(&net);
    for (code, text) in [(9, "not now"), (8, "aborted with NO_PERMISSION: never")] {
        let error = client.invoke(SERVER, request(code, 5), SECOND).await.expect_err("hook");
        let InvokeError::Hook(source) = error else { panic!("{error:?}") };
        assert_eq!(source.to_string(), text);
        assert_eq!(notes.take(), ["before server:10911"]);
    }
    assert_eq!((net.connections(SERVER), client.calls()), (0, 0));
}

/// The server calls its client over the connection that the client made.
#[tokio::test(start_paused = true)]
async fn the_server_reaches_the_clients_router() {
    let net = Net::new();
    net.start(
        SERVER,
        service_fn(|request: RemotingCommand| async move {
            let channel = request.channel().expect("from a connection");
            let asked =
                channel.invoke(RemotingCommand::request(40).with_body("who?"), SECOND).await?;
            Ok::<_, BoxError>(RemotingCommand::response(0).with_body(asked.body().clone()))
        }),
    );
    let router = Router::builder().route(40, service_fn(echo)).build().expect("one route");
    let connector = Connector::new().service(router).transport(net);
    let notes = Notes::default();
    let client = Client::builder().connector(connector).hook(notes.clone()).build();
    let answer = client.invoke(SERVER, request(1, 1), SECOND).await.expect("answered");
    assert_eq!(&answer.body()[..], b"who?");
    assert_eq!(notes.take().len(), 2, "hooks are for what the client asks");
}
