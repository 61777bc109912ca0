//! Requests whose response is deferred.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, start, start_with};
use rocketmq_tower_core::channel::{DeferError, Responder};
use rocketmq_tower_core::driver::ConnectionConfig;
use rocketmq_tower_core::{BoxError, RemotingCommand, Reply, ResponseCode};
use rocketmq_tower_test_support::{SECOND, request, soon};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tower::service_fn;
use tower_service::Service;

fn success(remark: &'static str) -> RemotingCommand {
    RemotingCommand::response(ResponseCode::SUCCESS).with_remark(remark)
}

/// Returns a service that defers requests with code 1 and sends their responders to `parked`. It
/// answers other requests at once.
fn parking(
    parked: mpsc::UnboundedSender<Responder>,
) -> impl Service<RemotingCommand, Response = Option<RemotingCommand>, Error = BoxError, Future: Send>
+ Send {
    service_fn(move |request: RemotingCommand| {
        let parked = parked.clone();
        async move {
            if request.code() != 1 {
                return Ok(Some(success("at once")));
            }
            parked.send(request.defer()?)?;
            Ok(None)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn deferred_requests_are_answered_in_any_order_and_take_no_slot() {
    let (parked, mut responders) = mpsc::unbounded_channel();
    let mut config = ConnectionConfig::server();
    config.max_in_flight = 1;
    let Running { mut peer, .. } = start_with(parking(parked), config, 64 * 1024);
    for opaque in 0..3 {
        peer.send(&request(1, opaque)).await;
    }
    assert_eq!(peer.call(&request(2, 9)).await.opaque(), 9);
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(responders.recv().await.expect("parked"));
    }
    for (opaque, responder) in [2, 1, 0].into_iter().zip(waiting.drain(..).rev()) {
        let elsewhere = tokio::task::spawn_blocking(move || responder.send(success("later")));
        elsewhere.await.expect("no panic").expect("open");
        let answer = peer.receive().await;
        assert_eq!((answer.opaque(), answer.remark()), (opaque, Some("later")));
    }
}

/// A request that gets neither a response nor a responder is answered with an error.
#[tokio::test(start_paused = true)]
async fn no_answer_without_a_responder_is_an_error() {
    let Running { mut peer, channel, .. } =
        start(service_fn(|request: RemotingCommand| async move {
            Ok::<_, BoxError>((request.code() != 1).then(|| success("answered")))
        }));
    let answer = peer.call(&request(1, 1)).await;
    assert_eq!((answer.opaque(), answer.response_code()), (1, ResponseCode::SYSTEM_ERROR));
    assert!(answer.remark().is_some_and(|remark| remark.starts_with("no answer: ")), "{answer:?}");
    // A oneway request expects none.
    peer.send(&request(1, 3).oneway()).await;
    assert_eq!(peer.call(&request(2, 2)).await.opaque(), 2);
    channel.drain();
    assert!(peer.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_responder_answers_with_an_error() {
    let (parked, mut responders) = mpsc::unbounded_channel();
    let Running { mut peer, .. } = start(parking(parked));
    peer.send(&request(1, 5)).await;
    drop(responders.recv().await);
    let answer = peer.receive().await;
    assert_eq!((answer.opaque(), answer.response_code()), (5, ResponseCode::SYSTEM_ERROR));
    assert_eq!(answer.remark(), Some("the request was dropped unanswered"));
}

/// Whether the processor returns before or after, and whatever it returns.
#[tokio::test(start_paused = true)]
async fn a_discarded_responder_does_not_answer() {
    let (parked, mut responders) = mpsc::unbounded_channel();
    let (told, mut answered) = mpsc::unbounded_channel();
    let service = service_fn(move |request: RemotingCommand| {
        let (parked, told) = (parked.clone(), told.clone());
        async move {
            let observer = request.exchange_observer();
            let responder = request.defer()?;
            let answer = match request.code() {
                1 => None,
                2 => Some(success("too late")),
                _ => return Ok(Some(success("answered"))),
            };
            match request.body().is_empty() {
                true => parked.send(responder)?,
                false => responder.discard(),
            }
            if &request.body()[..] == b"waits" {
                tokio::time::sleep(SECOND).await;
            }
            let code = answer.as_ref().map(RemotingCommand::response_code);
            observer.on_answered(code, move |answered| {
                told.send((answered.code, answered.deferred)).expect("the test waits");
            });
            Ok::<_, BoxError>(answer)
        }
    });
    let Running { mut peer, channel, .. } = start(service);
    for (code, body) in [(1, ""), (1, "at once"), (1, "waits"), (2, "at once"), (2, "waits")] {
        peer.send(&request(code, code).with_body(body)).await;
        if body.is_empty() {
            responders.recv().await.expect("parked").discard();
        }
        assert_eq!(soon(answered.recv()).await, Some((None, true)), "{code} {body}");
        assert!(timeout(10 * SECOND, peer.try_next()).await.is_err(), "{code} {body}");
        assert_eq!(peer.call(&request(3, 9)).await.remark(), Some("answered"));
    }
    // A drain waits for a responder until it is discarded.
    peer.send(&request(1, 1)).await;
    let responder = responders.recv().await.expect("parked");
    channel.drain();
    assert!(timeout(SECOND, peer.try_next()).await.is_err());
    responder.discard();
    assert!(soon(peer.next()).await.is_none());
}

/// The first response is sent, the second is dropped.
#[tokio::test(start_paused = true)]
async fn a_request_is_answered_once_even_if_the_processor_answers_as_well() {
    let (parked, mut responders) = mpsc::unbounded_channel();
    let service = service_fn(move |request: RemotingCommand| {
        let parked = parked.clone();
        async move {
            let responder = request.defer()?;
            match request.code() {
                1 => responder.send(success("responder"))?,
                2 => {
                    responder.send(success("responder"))?;
                    tokio::time::sleep(SECOND).await;
                }
                _ => parked.send(responder)?,
            }
            Ok::<_, BoxError>(success("processor"))
        }
    });
    let Running { mut peer, .. } = start(service);
    for (code, first) in [(1, "responder"), (2, "responder"), (3, "processor")] {
        assert_eq!(peer.call(&request(code, code)).await.remark(), Some(first), "{code}");
        if code == 3 {
            responders.recv().await.expect("parked").send(success("late")).expect("open");
        }
        assert!(timeout(10 * SECOND, peer.next()).await.is_err(), "{code}: no second answer");
    }
}

#[tokio::test(start_paused = true)]
async fn only_requests_of_a_connection_can_be_deferred_and_only_once() {
    assert_eq!(request(1, 1).defer().expect_err("by hand"), DeferError::NotARequest);
    let service = service_fn(|request: RemotingCommand| async move {
        let first = request.defer()?;
        assert_eq!(request.defer().expect_err("again"), DeferError::Already);
        first.send(success("once"))?;
        Ok::<Option<RemotingCommand>, BoxError>(None)
    });
    let Running { mut peer, .. } = start(service);
    assert_eq!(peer.call(&request(1, 1)).await.remark(), Some("once"));
}

#[tokio::test(start_paused = true)]
async fn oneway_requests_may_be_deferred_to_no_effect() {
    let (parked, mut responders) = mpsc::unbounded_channel();
    let Running { mut peer, .. } = start(parking(parked));
    peer.send(&request(1, 1).oneway()).await;
    responders.recv().await.expect("parked").send(success("to nobody")).expect("open");
    assert_eq!(peer.call(&request(2, 2)).await.opaque(), 2);
}

#[tokio::test(start_paused = true)]
async fn their_number_is_bounded_and_comes_back() {
    let (parked, mut responders) = mpsc::unbounded_channel();
    let mut config = ConnectionConfig::server();
    config.max_deferred = 2;
    let Running { mut peer, .. } = start_with(parking(parked), config, 64 * 1024);
    for round in 0..3 {
        for opaque in 0..2 {
            peer.send(&request(1, opaque)).await;
        }
        let refused = peer.call(&request(1, 7)).await;
        assert_eq!((refused.opaque(), refused.response_code()), (7, ResponseCode::SYSTEM_ERROR));
        assert_eq!(refused.remark(), Some("the connection already has 2 deferred requests"));
        for _ in 0..2 {
            let responder = responders.recv().await.expect("parked");
            if round == 1 {
                drop(responder)
            } else {
                responder.send(success("ok")).expect("open")
            }
            peer.receive().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn draining_waits_for_them_and_they_can_know() {
    let (parked, mut responders) = mpsc::unbounded_channel();
    let Running { mut peer, channel, .. } = start(parking(parked));
    peer.send(&request(1, 1)).await;
    let responder = responders.recv().await.expect("parked");
    let held = responder.channel();
    let holder = tokio::spawn(async move {
        held.draining().await;
        responder.send(success("go home"))
    });
    tokio::time::sleep(SECOND).await;
    assert!(!holder.is_finished());
    channel.drain();
    assert_eq!(peer.receive().await.remark(), Some("go home"));
    assert!(peer.next().await.is_none());
    holder.await.expect("no panic").expect("open");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_leaves_is_not_waited_for() {
    let (parked, mut responders) = mpsc::unbounded_channel();
    let Running { mut peer, channel, task } = start(parking(parked));
    peer.send(&request(1, 1)).await;
    let responder = responders.recv().await.expect("parked");
    drop(peer);
    soon(channel.closed()).await;
    task.await.expect("no panic").expect("infallible");
    responder.send(success("too late")).expect_err("closed");
}

#[test]
fn an_absent_answer_is_a_reply() {
    assert!(None::<RemotingCommand>.into_command().is_none());
}

/// Layers that retry call the service with a clone of the request.
#[tokio::test(start_paused = true)]
async fn clones_of_a_request_share_the_right_to_defer_it() {
    let mut running = start(service_fn(|request: RemotingCommand| async move {
        let (first, second) = (request.clone(), request.clone());
        let responder = first.defer()?;
        assert_eq!(second.defer().err(), Some(DeferError::Already));
        assert_eq!(request.defer().err(), Some(DeferError::Already));
        responder.send(success("by a clone"))?;
        Ok::<Option<RemotingCommand>, BoxError>(None)
    }));
    assert_eq!(running.peer.call(&request(1, 7)).await.remark(), Some("by a clone"));
}

#[tokio::test(start_paused = true)]
async fn a_clone_that_is_deferred_after_the_response_answers_nothing_and_keeps_nothing() {
    let (kept, mut clones) = mpsc::unbounded_channel();
    let Running { mut peer, channel, .. } = start(service_fn(move |request: RemotingCommand| {
        let kept = kept.clone();
        async move {
            kept.send(request.clone())?;
            Ok::<_, BoxError>(success("first"))
        }
    }));
    for send in [true, false] {
        assert_eq!(peer.call(&request(1, 7)).await.remark(), Some("first"));
        let clone: RemotingCommand = clones.recv().await.expect("was kept");
        let responder = clone.defer().expect("not known to have ended");
        match send {
            true => responder.send(success("second")).expect("open"),
            false => drop(responder),
        }
        assert!(timeout(SECOND, peer.next()).await.is_err(), "answered once");
    }
    channel.drain();
    assert!(peer.next().await.is_none(), "nothing delays the drain");
}

/// For example, a look-up fails after the request was deferred, or a timeout drops the work and
/// returns a response.
#[tokio::test(start_paused = true)]
async fn what_the_processor_returns_counts_more_than_a_responder_that_it_drops() {
    let mut running = start(service_fn(|request: RemotingCommand| async move {
        let work = async {
            let _responder = request.defer()?;
            match request.code() {
                1 => Err::<Option<RemotingCommand>, BoxError>("it failed".into()),
                _ => std::future::pending().await,
            }
        };
        timeout(SECOND, work).await.unwrap_or(Ok(Some(success("timed out"))))
    }));
    assert_eq!(running.peer.call(&request(1, 1)).await.remark(), Some("it failed"));
    assert_eq!(running.peer.call(&request(2, 2)).await.remark(), Some("timed out"));
    let third = timeout(SECOND, running.peer.next()).await;
    assert!(third.is_err(), "answered once");
}

#[tokio::test(start_paused = true)]
async fn a_responder_that_is_dropped_while_its_processor_runs_is_answered_for_at_its_end() {
    let mut running = start(service_fn(|request: RemotingCommand| async move {
        drop(request.defer()?);
        tokio::time::sleep(SECOND).await;
        Ok::<Option<RemotingCommand>, BoxError>(None)
    }));
    running.peer.send(&request(1, 1)).await;
    assert!(timeout(SECOND / 2, running.peer.next()).await.is_err());
    assert_eq!(running.peer.receive().await.remark(), Some("the request was dropped unanswered"));
}

/// Observers of a response see it, whether the service has returned it or a responder sends it later.
#[tokio::test(start_paused = true)]
async fn observers_see_the_response() {
    let (parked, mut responders) = mpsc::unbounded_channel();
    let (told, mut seen) = mpsc::unbounded_channel();
    let service = service_fn(move |request: RemotingCommand| {
        let (parked, told) = (parked.clone(), told.clone());
        async move {
            let observer = request.exchange_observer();
            let answer = match request.code() {
                1 => parked.send(request.defer()?).map(|()| None)?,
                _ => Some(success("at once")),
            };
            observer.on_response(answer.as_ref(), move |response| {
                told.send(response.remark().map(str::to_owned)).expect("the test waits");
            });
            Ok::<_, BoxError>(answer)
        }
    });
    let Running { mut peer, .. } = start(service);
    peer.call(&request(2, 1)).await;
    assert_eq!(soon(seen.recv()).await.flatten().as_deref(), Some("at once"));

    peer.send(&request(1, 2)).await;
    let responder = responders.recv().await.expect("parked");
    assert!(seen.try_recv().is_err(), "not yet");
    responder.send(success("later")).expect("open");
    assert_eq!(peer.receive().await.remark(), Some("later"));
    assert_eq!(soon(seen.recv()).await.flatten().as_deref(), Some("later"));

    peer.send(&request(1, 3)).await;
    drop(responders.recv().await);
    peer.receive().await;
    assert!(seen.try_recv().is_err(), "a dropped responder has no response");
}
