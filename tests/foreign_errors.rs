//! Answers survive layers from elsewhere, whose errors have no source.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::channel::Answered;
use rocketmq_tower::{Abort, BoxError, RemotingCommand, ResponseCode, Router, Server, service_fn};
use rocketmq_tower_test_support::{Raw, request};
use std::sync::{Arc, Mutex};
use tokio::io::DuplexStream;
use tower::layer::layer_fn;
use tower::util::MapErrLayer;
use tower::{Service, ServiceBuilder, ServiceExt};

/// The error of a layer that keeps the text of the inner error only.
#[derive(Debug, thiserror::Error)]
#[error("inner service error: {0}")]
struct Opaque(String);

/// Hides errors, as many middleware crates do.
macro_rules! hide {
    () => {
        MapErrLayer::new(|error: BoxError| BoxError::from(Opaque(error.to_string())))
    };
}

const REFUSED: i32 = 11;
const BROKEN: i32 = 12;
const FLAKY: i32 = 13;
const SLOW: i32 = 14;

/// Aborts, fails, or answers, by the request's code. Other codes have no route.
fn router() -> Router {
    let flaky = Arc::new(Mutex::new(0));
    Router::builder()
        .route(
            REFUSED,
            service_fn(|_| async {
                Err::<RemotingCommand, BoxError>(
                    Abort::new(ResponseCode::NO_PERMISSION, "not you").into(),
                )
            }),
        )
        .route(BROKEN, service_fn(|_| async { Err::<RemotingCommand, BoxError>("broken".into()) }))
        .route(
            FLAKY,
            service_fn(move |_| {
                let flaky = Arc::clone(&flaky);
                async move {
                    let mut calls = flaky.lock().expect("not poisoned");
                    *calls += 1;
                    match *calls {
                        1 => Err(BoxError::from(Abort::new(ResponseCode::SYSTEM_BUSY, "again"))),
                        _ => Err("broken".into()),
                    }
                    .map(|()| RemotingCommand::response(0))
                }
            }),
        )
        .route(
            SLOW,
            service_fn(|_| async {
                tokio::task::yield_now().await;
                Err::<RemotingCommand, BoxError>(
                    Abort::new(ResponseCode::TOPIC_NOT_EXIST, "no such topic").into(),
                )
            }),
        )
        .build()
        .expect("no duplicate")
}

async fn answers(peer: &mut Raw<DuplexStream>, code: i32) -> (ResponseCode, String) {
    let answer = peer.call(&request(code, code)).await;
    (answer.response_code(), answer.remark().unwrap_or_default().to_owned())
}

macro_rules! peer_of {
    ($server:expr) => {{
        let (listener, mut peers) = Scripted::new(1, false);
        tokio::spawn($server.listen(listener).serve());
        peers.remove(0)
    }};
}

#[tokio::test(start_paused = true)]
async fn a_hidden_abort_is_answered_with_its_code_and_remark() {
    let mut peer = peer_of!(Server::new(router()).layer(hide!()).layer(hide!()));
    for _ in 0..2 {
        let refused = (ResponseCode::NO_PERMISSION, "not you".to_owned());
        assert_eq!(answers(&mut peer, REFUSED).await, refused);
        let missing = (ResponseCode::TOPIC_NOT_EXIST, "no such topic".to_owned());
        assert_eq!(answers(&mut peer, SLOW).await, missing);
        let unsupported =
            (ResponseCode::REQUEST_CODE_NOT_SUPPORTED, " request type 99 not supported".to_owned());
        assert_eq!(answers(&mut peer, 99).await, unsupported);
        // Notes are of one exchange.
        let broken =
            (ResponseCode::SYSTEM_ERROR, "inner service error: inner service error: broken".into());
        assert_eq!(answers(&mut peer, BROKEN).await, broken);
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_in_another_task_hides_nothing() {
    let spawned = layer_fn(|inner: rocketmq_tower::server::HookedProcessor<Router>| {
        service_fn(move |request: RemotingCommand| {
            let inner = inner.clone();
            async move {
                let task = tokio::spawn(inner.oneshot(request));
                task.await?.map_err(|error| BoxError::from(Opaque(error.to_string())))
            }
        })
    });
    let mut peer = peer_of!(Server::new(router()).layer(spawned));
    let refused = (ResponseCode::NO_PERMISSION, "not you".to_owned());
    assert_eq!(answers(&mut peer, REFUSED).await, refused);
}

/// An abort of an earlier attempt is not the answer to a later one.
#[tokio::test(start_paused = true)]
async fn a_repeated_request_forgets_the_first_abort() {
    let twice = layer_fn(|inner: rocketmq_tower::server::HookedProcessor<Router>| {
        service_fn(move |request: RemotingCommand| {
            let mut inner = inner.clone();
            async move {
                if let Ok(answer) = inner.ready().await?.call(request.clone()).await {
                    return Ok(answer);
                }
                inner.ready().await?.call(request).await
            }
        })
    });
    let mut peer = peer_of!(Server::new(router()).layer(hide!()).layer(twice));
    let broken = (ResponseCode::SYSTEM_ERROR, "inner service error: broken".to_owned());
    assert_eq!(answers(&mut peer, FLAKY).await, broken);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_a_foreign_layer_is_mapped() {
    #[derive(Debug, thiserror::Error)]
    #[error("the circuit is open")]
    struct Open;

    let open = layer_fn(|_inner| {
        service_fn(|request: RemotingCommand| async move {
            match request.code() {
                REFUSED => Err::<RemotingCommand, BoxError>(Open.into()),
                _ => Err("something else".into()),
            }
        })
    });
    let server = Server::new(router()).layer(open).map_error(|error: &BoxError| {
        error.is::<Open>().then(|| Abort::new(ResponseCode::SYSTEM_BUSY, "[OVERLOAD]open"))
    });
    let mut peer = peer_of!(server);
    let busy = (ResponseCode::SYSTEM_BUSY, "[OVERLOAD]open".to_owned());
    assert_eq!(answers(&mut peer, REFUSED).await, busy);
    let other = (ResponseCode::SYSTEM_ERROR, "something else".to_owned());
    assert_eq!(answers(&mut peer, BROKEN).await, other);
}

/// Layers that measure are told the code that the peer gets.
#[tokio::test(start_paused = true)]
async fn observers_learn_the_code_that_the_peer_gets() {
    let seen = Arc::new(Mutex::new(Vec::<Answered>::new()));
    let told = Arc::clone(&seen);
    let watch = layer_fn(move |inner: MapErrService| {
        let told = Arc::clone(&told);
        service_fn(move |request: RemotingCommand| {
            let (inner, told) = (inner.clone(), Arc::clone(&told));
            async move {
                let observer = request.exchange_observer();
                let result = inner.oneshot(request).await;
                if result.is_err() {
                    observer.on_failed(move |answered| {
                        told.lock().expect("not poisoned").push(answered);
                    });
                }
                result
            }
        })
    });
    type MapErrService =
        tower::util::BoxCloneSyncService<RemotingCommand, Option<RemotingCommand>, BoxError>;
    let boxed = layer_fn(|inner: rocketmq_tower::server::HookedProcessor<Router>| {
        MapErrService::new(ServiceBuilder::new().layer(hide!()).service(inner))
    });
    let mut peer = peer_of!(Server::new(router()).layer(watch).layer(boxed));
    answers(&mut peer, REFUSED).await;
    answers(&mut peer, BROKEN).await;
    let seen = seen.lock().expect("not poisoned");
    let codes: Vec<_> = seen.iter().map(|answered| answered.code).collect();
    let expected = [ResponseCode::NO_PERMISSION, ResponseCode::SYSTEM_ERROR].map(Some);
    assert_eq!(codes, expected);
}

#[tokio::test(start_paused = true)]
async fn a_shared_layer_hides_no_abort() {
    let mut peer = peer_of!(Server::new(router()).shared_layer(hide!()).layer(hide!()));
    let refused = (ResponseCode::NO_PERMISSION, "not you".to_owned());
    assert_eq!(answers(&mut peer, REFUSED).await, refused);
}
