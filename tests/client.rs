//! The minimal client, and servers that call it.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::run;
use rocketmq_tower::client::Connector;
use rocketmq_tower::layers::EventsLayer;
use rocketmq_tower::{
    BoxError, CallError, CloseReason, RemotingCommand, ResponseCode, Router, SerializeType, Server,
    Service, ServiceBuilder, ServiceExt, service_fn,
};
use rocketmq_tower_test_support::{SECOND, echo, request, soon};
use std::time::Duration;

#[tokio::test]
async fn calls_over_a_socket() {
    let server = common::echo_server().await;
    let channel = rocketmq_tower::connect(server.addr).await.expect("connects");
    assert_eq!(channel.peer_addr().to_string(), server.addr.to_string());
    let calls: Vec<_> = (0..100)
        .map(|opaque| {
            let channel = channel.clone();
            tokio::spawn(async move {
                let serialize_type =
                    if opaque % 2 == 0 { SerializeType::Json } else { SerializeType::RocketMq };
                let request = request(1, opaque).with_serialize_type(serialize_type);
                let body = format!("call {opaque}");
                let answer = channel.invoke(request.with_body(body.clone()), 10 * SECOND).await?;
                assert_eq!((answer.opaque(), answer.body()), (opaque, &bytes::Bytes::from(body)));
                Ok::<_, CallError>(())
            })
        })
        .collect();
    for call in calls {
        call.await.expect("no panic").expect("answered");
    }
    server.stop().await;
    assert!(matches!(soon(channel.closed()).await, CloseReason::PeerClosed));
}

/// The server calls its client while it handles a request of that client.
#[tokio::test]
async fn the_server_calls_back() {
    let processor = service_fn(|request: RemotingCommand| async move {
        let channel = request.channel().expect("from a connection").clone();
        channel.invoke_oneway(RemotingCommand::request(40)).await?;
        let answer =
            channel.invoke(RemotingCommand::request(307).with_body("how are you"), SECOND).await?;
        let unsupported = channel.invoke(RemotingCommand::request(221), SECOND).await?;
        assert_eq!(unsupported.response_code(), ResponseCode::REQUEST_CODE_NOT_SUPPORTED);
        assert_eq!(unsupported.remark(), Some(" request type 221 not supported"));
        Ok::<_, BoxError>(
            RemotingCommand::response(ResponseCode::SUCCESS).with_body(answer.body().clone()),
        )
    });
    let server = run(Server::new(processor).bind("127.0.0.1:0").await.expect("binds"));
    let (notified, mut notifications) = tokio::sync::mpsc::unbounded_channel();
    let router = Router::builder()
        .route(307, service_fn(echo))
        .route(
            40,
            service_fn(move |request: RemotingCommand| {
                let notified = notified.clone();
                async move {
                    notified.send(request.is_oneway())?;
                    Ok::<Option<RemotingCommand>, BoxError>(None)
                }
            }),
        )
        .build()
        .expect("no duplicates");
    let channel = Connector::new().service(router).connect(server.addr).await.expect("connects");
    let answer = channel.invoke(RemotingCommand::request(1), 10 * SECOND).await.expect("answered");
    assert_eq!(&answer.body()[..], b"how are you");
    assert_eq!(soon(notifications.recv()).await, Some(true));
    server.stop().await;
}

#[tokio::test]
async fn middleware_goes_around_the_channel() {
    let stuck = service_fn(|_| std::future::pending::<Result<RemotingCommand, BoxError>>());
    let server = run(Server::new(stuck).bind("127.0.0.1:0").await.expect("binds"));
    let channel = rocketmq_tower::connect(server.addr).await.expect("connects");
    let mut client = ServiceBuilder::new().timeout(SECOND / 10).service(channel);
    let error = client.ready().await.expect("ready").call(RemotingCommand::request(1)).await;
    error
        .expect_err("timed out")
        .downcast::<tower::timeout::error::Elapsed>()
        .expect("tower's own");
    server.task.abort();
}

#[tokio::test]
async fn an_idle_client_leaves() {
    let server = common::echo_server().await;
    let (events, mut told) = EventsLayer::stream(8);
    let connector = Connector::new().idle_timeout(Duration::from_millis(50)).events(events);
    let channel = connector.connect(server.addr).await.expect("connects");
    assert!(matches!(soon(channel.closed()).await, CloseReason::Idle));
    for name in ["CONNECTED", "IDLE", "DISCONNECTED"] {
        assert_eq!(soon(told.recv()).await.expect("an event").name(), name);
    }
    let error = channel.invoke(RemotingCommand::request(1), SECOND).await.expect_err("closed");
    assert!(matches!(error, CallError::NotSent(CloseReason::Idle)));
    server.stop().await;
}
