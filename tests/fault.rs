//! A client over TCP, and a server that injects faults.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, run};
use rocketmq_tower::layers::fault::{ConnectionFault, Faults, RequestFault, Rule};
use rocketmq_tower::layers::{ByteCountLayer, FaultLayer, Next, from_fn};
use rocketmq_tower::{
    Abort, Addr, BoxError, CallError, Client, Connection, ConnectionService, Disconnect, Layer,
    Processor, RemotingCommand, Reply, RequestCode, ResponseCode, Server, Service, ServiceExt,
    service_fn,
};
use rocketmq_tower_test_support::{SECOND, echo, soon, until};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const SEND: RequestCode = RequestCode::SEND_MESSAGE_V2;

/// An echo server with faults.
async fn faulty(faults: &Faults) -> Running {
    let server = Server::new(service_fn(echo))
        .connection_layer(FaultLayer::new(faults))
        .layer(FaultLayer::new(faults));
    run(server.bind("127.0.0.1:0").await.expect("binds"))
}

#[tokio::test]
async fn a_client_meets_every_fault_and_goes_on() {
    let faults = Faults::new(1);
    let running = faulty(&faults).await;
    let client = Client::new();
    let call = async || {
        let request = RemotingCommand::request(SEND).with_body(vec![7; 10_000]);
        let answer = client.invoke(running.addr, request, SECOND / 2).await;
        answer.map(|answer| answer.response_code())
    };
    assert_eq!(call().await.expect("no fault"), ResponseCode::SUCCESS);
    let busy = RequestFault::Respond(Abort::new(ResponseCode::SYSTEM_BUSY, "busy"));
    faults.requests([Rule::new(busy).times(1)]);
    assert_eq!(call().await.expect("an answer"), ResponseCode::SYSTEM_BUSY);
    for fault in [
        RequestFault::LoseRequest,
        RequestFault::LoseResponse,
        RequestFault::Disconnect,
        RequestFault::Delay(2 * SECOND),
    ] {
        faults.requests([Rule::new(fault.clone()).code(SEND)]);
        assert!(call().await.is_err(), "{fault:?}");
        faults.clear();
        assert_eq!(call().await.expect("it goes on"), ResponseCode::SUCCESS, "{fault:?}");
    }
    for fault in [ConnectionFault::Truncate(5000), ConnectionFault::Disconnect] {
        // The next connection suffers the fault.
        faults.requests([Rule::new(RequestFault::Disconnect)]);
        assert!(call().await.is_err());
        faults.clear();
        faults.connections([Rule::new(fault)]);
        assert!(call().await.is_err(), "{fault:?}");
        faults.clear();
        assert_eq!(call().await.expect("it goes on"), ResponseCode::SUCCESS, "{fault:?}");
    }
    running.stop().await;
}

/// A drain does not wait for requests that were lost.
#[tokio::test]
async fn a_server_with_lost_requests_shuts_down() {
    let faults = Faults::new(1);
    faults.requests([Rule::new(RequestFault::LoseRequest)]);
    let running = faulty(&faults).await;
    let channel = rocketmq_tower::connect(running.addr).await.expect("connects");
    let call =
        tokio::spawn(
            async move { channel.invoke(RemotingCommand::request(SEND), 20 * SECOND).await },
        );
    until(|| faults.injected() == 1).await;
    assert_eq!(running.stop().await.aborted, 0);
    let error = soon(call).await.expect("no panic").expect_err("lost");
    assert!(matches!(error, CallError::Closed(_)), "{error:?}");
}

/// Functions at both levels of a server, and around a client.
#[tokio::test]
async fn functions_are_layers_everywhere() {
    async fn marked(
        request: RemotingCommand,
        next: Next<impl Processor>,
    ) -> Result<Option<RemotingCommand>, BoxError> {
        let answer = next.run(request).await?.into_command();
        Ok(answer.map(|answer| answer.with_remark("marked")))
    }
    async fn counted<Io>(
        open: Arc<AtomicUsize>,
        connection: Connection<Io>,
        next: Next<impl ConnectionService<Io>>,
    ) -> Result<Disconnect, BoxError> {
        open.fetch_add(1, Ordering::Relaxed);
        let end = next.run(connection).await;
        open.fetch_sub(1, Ordering::Relaxed);
        end
    }
    async fn tagged(
        (addr, request): (Addr, RemotingCommand),
        next: Next<Client>,
    ) -> Result<RemotingCommand, BoxError> {
        next.run((addr, request.with_body("tagged"))).await
    }

    let open = Arc::new(AtomicUsize::new(0));
    let bytes = ByteCountLayer::new();
    let total = bytes.total();
    let count = rocketmq_tower::layers::from_fn_with_state(Arc::clone(&open), counted);
    let server = Server::new(service_fn(echo))
        .connection_layer(count)
        .connection_layer(bytes)
        .layer(from_fn(marked))
        .layer(from_fn(marked));
    let running = run(server.bind("127.0.0.1:0").await.expect("binds"));
    let mut client = from_fn(tagged).layer(Client::new());
    let call = client.ready().await.expect("ready");
    let answer = call.call((running.addr.into(), RemotingCommand::request(1))).await;
    let answer = answer.expect("an answer");
    assert_eq!((answer.remark(), &answer.body()[..]), (Some("marked"), &b"tagged"[..]));
    assert_eq!(open.load(Ordering::Relaxed), 1);
    assert!(total.bytes_read() > 0 && total.bytes_written() > 0);
    running.stop().await;
    assert_eq!(open.load(Ordering::Relaxed), 0);
}
