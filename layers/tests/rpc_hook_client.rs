//! `rpc_hook` on a client, around a channel: Java's rules.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use rocketmq_tower_core::driver::{ConnectionConfig, Driver};
use rocketmq_tower_core::{
    Addr, BoxError, CallError, Channel, ChannelInfo, Connection, RemotingCommand, Reply,
    ResponseCode,
};
use rocketmq_tower_layers::RpcHookLayer;
use rocketmq_tower_layers::rpc_hook::{RequestHead, RpcHook};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::{Layer, Service, ServiceExt, service_fn};

const USER: &str = "10.0.0.7:7";
const PROXY: &str = "192.0.2.1:10911";
const BROKER: &str = "192.0.2.2:10911";

/// Logs its calls. Requests with code 13 fail.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    fn push(&self, line: String) {
        self.0.lock().expect("not poisoned").push(line);
    }

    fn log(&self) -> Vec<String> {
        self.0.lock().expect("not poisoned").clone()
    }
}

impl RpcHook for Recorder {
    fn before(&self, peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        self.push(format!("before {peer}"));
        if request.code() == 13 { Err("broken".into()) } else { Ok(()) }
    }

    fn after(
        &self,
        peer: &Addr,
        request: &RequestHead,
        response: Option<&mut RemotingCommand>,
    ) -> Result<(), BoxError> {
        let code = response.map(|response| response.response_code().to_string());
        let from = request.channel().map(|channel| format!(" from {}", channel.peer_addr()));
        let from = from.unwrap_or_default();
        self.push(format!("after {peer} {}{from}", code.unwrap_or_default()));
        Ok(())
    }
}

fn addr(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

async fn succeed(_request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    Ok(RemotingCommand::response(ResponseCode::SUCCESS))
}

/// A channel from `client` to `server`, which runs `processor`.
fn channel<P>(client: &str, server: &str, processor: P) -> Channel
where
    P: Service<
            RemotingCommand,
            Response: Reply + Send,
            Error: Into<BoxError>,
            Future: Send + 'static,
        > + Send
        + 'static,
{
    let (client, server) = (addr(client), addr(server));
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let connection = Connection::new(theirs, ChannelInfo::new(server, client));
    tokio::spawn(Driver::server(connection, processor, ConnectionConfig::server()));
    common::client(ours, ChannelInfo::new(client, server), ConnectionConfig::client())
}

/// Sends a request through hooks around a channel. Returns the hooks' log and the result.
async fn call(request: RemotingCommand) -> (Vec<String>, Result<RemotingCommand, BoxError>) {
    let recorder = Recorder::default();
    let layer = RpcHookLayer::new().hook(recorder.clone()).peer(addr(BROKER));
    let client = layer.layer(channel(USER, BROKER, service_fn(succeed)));
    let result = client.oneshot(request).await;
    (recorder.log(), result)
}

#[tokio::test(start_paused = true)]
async fn hooks_run_before_a_call_and_after_its_answer() {
    let (log, result) = call(RemotingCommand::request(1)).await;
    assert_eq!(log, [format!("before {BROKER}"), format!("after {BROKER} SUCCESS")]);
    assert_eq!(result.expect("answered").response_code(), ResponseCode::SUCCESS);
}

#[tokio::test(start_paused = true)]
async fn after_hooks_do_not_run_for_oneway_requests() {
    let (log, result) = call(RemotingCommand::request(1).oneway()).await;
    assert_eq!(log, [format!("before {BROKER}")]);
    result.expect("sent");
}

#[tokio::test(start_paused = true)]
async fn after_hooks_do_not_run_when_a_before_hook_failed() {
    let (log, result) = call(RemotingCommand::request(13)).await;
    assert_eq!(log, [format!("before {BROKER}")]);
    assert_eq!(result.expect_err("failed").to_string(), "broken");
}

#[tokio::test(start_paused = true)]
async fn after_hooks_do_not_run_when_the_call_failed() {
    let recorder = Recorder::default();
    let stuck = service_fn(|_| std::future::pending::<Result<RemotingCommand, BoxError>>());
    let layer = RpcHookLayer::new().hook(recorder.clone()).peer(addr(BROKER));
    let channel = channel(USER, BROKER, stuck);
    let call = tokio::spawn(layer.layer(channel.clone()).oneshot(RemotingCommand::request(1)));
    tokio::time::sleep(Duration::from_secs(1)).await;
    channel.close("enough");
    let error = call.await.expect("no panic").expect_err("closed");
    assert!(matches!(error.downcast_ref(), Some(CallError::Closed(_))), "{error}");
    assert_eq!(recorder.log(), [format!("before {BROKER}")]);
}

/// When a proxy forwards a request, its inbound hooks get the address of the user, and its outbound
/// hooks that of the broker.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_passed_on_has_the_peer_that_it_goes_to() {
    let (inbound, outbound) = (Recorder::default(), Recorder::default());
    let upstream = RpcHookLayer::new().hook(outbound.clone()).peer(addr(BROKER));
    let upstream = upstream.layer(channel(PROXY, BROKER, service_fn(succeed)));
    let proxy = service_fn(move |request: RemotingCommand| upstream.clone().oneshot(request));
    let proxy = RpcHookLayer::new().hook(inbound.clone()).layer(proxy);
    let user = channel(USER, PROXY, proxy);
    user.oneshot(RemotingCommand::request(1)).await.expect("answered");
    let after = |peer| [format!("before {peer}"), format!("after {peer} SUCCESS from {USER}")];
    assert_eq!(inbound.log(), after(USER));
    assert_eq!(outbound.log(), after(BROKER));
}

#[tokio::test(start_paused = true)]
async fn a_server_knows_who_sent_a_oneway_request() {
    let recorder = Recorder::default();
    let service = RpcHookLayer::new().hook(recorder.clone()).layer(service_fn(succeed));
    let user = channel(USER, PROXY, service);
    user.clone().oneshot(RemotingCommand::request(1).oneway()).await.expect("sent");
    user.oneshot(RemotingCommand::request(1)).await.expect("answered");
    let round = [format!("before {USER}"), format!("after {USER} SUCCESS from {USER}")];
    assert_eq!(recorder.log(), [round.clone(), round].concat());
}
