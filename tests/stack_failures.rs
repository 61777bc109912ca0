//! Failures and panics at the connection level affect one connection, or end the server in an
//! orderly way.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::server::{ServeError, Shutdown};
use rocketmq_tower::{
    BoxError, Connection, Disconnect, Layer, RemotingCommand, Server, Service, service_fn,
};
use rocketmq_tower_test_support::{Raw, echo, request, sleeper, soon};
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::io::DuplexStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A layer that fails in the given way at the connection of this number.
#[derive(Clone, Copy)]
enum Fault {
    CallPanics(usize),
    ReadyPanics(usize),
    LifePanics(usize),
    LifeFails(usize),
}

#[derive(Clone)]
struct Faulty<S> {
    inner: S,
    fault: Fault,
    connections: usize,
}

impl<S> Layer<S> for Fault {
    type Service = Faulty<S>;

    fn layer(&self, inner: S) -> Faulty<S> {
        Faulty { inner, fault: *self, connections: 0 }
    }
}

impl<Io, S> Service<Connection<Io>> for Faulty<S>
where
    S: Service<
            Connection<Io>,
            Response = Disconnect,
            Error: Into<BoxError>,
            Future: Send + 'static,
        >,
{
    type Response = Disconnect;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Disconnect, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let panics = matches!(self.fault, Fault::ReadyPanics(at) if at == self.connections);
        assert!(!panics, "a bug");
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        let (fault, number) = (self.fault, self.connections);
        self.connections += 1;
        assert!(!matches!(fault, Fault::CallPanics(at) if at == number), "a bug");
        let life = self.inner.call(connection);
        Box::pin(async move {
            match fault {
                Fault::LifePanics(at) if at == number => panic!("a bug"),
                Fault::LifeFails(at) if at == number => Err("not this one".into()),
                _ => life.await.map_err(Into::into),
            }
        })
    }
}

type Serving = JoinHandle<Result<Shutdown, ServeError>>;

/// Serves three connections with an echo processor and this layer, until the sender is used.
fn serve(fault: Fault) -> (Serving, oneshot::Sender<()>, Vec<Raw<DuplexStream>>) {
    let (listener, peers) = Scripted::new(3, false);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::new(service_fn(echo)).connection_layer(fault).listen(listener);
    (tokio::spawn(server.serve_until(stopped)), stop, peers)
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_a_connection_is_set_up_is_that_connections() {
    let (server, stop, mut peers) = serve(Fault::CallPanics(1));
    assert_eq!(peers[0].call(&request(1, 1)).await.opaque(), 1);
    assert!(peers[1].next().await.is_none(), "dropped");
    assert_eq!(peers[2].call(&request(1, 2)).await.opaque(), 2, "the server goes on");
    assert_eq!(peers[0].call(&request(1, 3)).await.opaque(), 3);
    drop(peers);
    stop.send(()).expect("runs");
    let shutdown = soon(server).await.expect("no panic").expect("no failure");
    assert_eq!((shutdown.accepted, shutdown.aborted), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_failed_keeps_no_place_among_the_connections() {
    for fault in [Fault::CallPanics(0), Fault::LifePanics(0), Fault::LifeFails(0)] {
        let (listener, mut peers) = Scripted::new(2, false);
        let server = Server::new(service_fn(echo)).max_connections(1).connection_layer(fault);
        tokio::spawn(server.listen(listener).serve());
        assert!(peers.remove(0).next().await.is_none());
        assert_eq!(peers.remove(0).call(&request(1, 2)).await.opaque(), 2);
    }
}

/// A processor whose clones panic, like those that lock a poisoned mutex.
struct BadClone(Arc<AtomicUsize>);

impl Clone for BadClone {
    fn clone(&self) -> Self {
        assert_ne!(self.0.fetch_add(1, Ordering::Relaxed), 0, "a bug");
        Self(Arc::clone(&self.0))
    }
}

impl Service<RemotingCommand> for BadClone {
    type Response = RemotingCommand;
    type Error = BoxError;
    type Future = Ready<Result<RemotingCommand, BoxError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: RemotingCommand) -> Self::Future {
        ready(Ok(RemotingCommand::response(0)))
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_processors_clone_is_that_connections() {
    let (listener, mut peers) = Scripted::new(2, false);
    tokio::spawn(Server::new(BadClone(Arc::default())).listen(listener).serve());
    assert!(peers.remove(0).next().await.is_none());
    assert_eq!(peers.remove(0).call(&request(1, 2)).await.opaque(), 2);
}

/// Existing connections are drained: their requests are answered.
#[tokio::test(start_paused = true)]
async fn a_stack_whose_readiness_panics_ends_the_server_in_order() {
    let (listener, mut peers) = Scripted::new(1, false);
    peers[0].send(&request(3, 1)).await;
    let server =
        Server::new(service_fn(sleeper)).connection_layer(Fault::ReadyPanics(1)).listen(listener);
    let server = tokio::spawn(server.serve());
    assert_eq!(peers[0].next().await.expect("answered").opaque(), 1);
    assert!(peers[0].next().await.is_none(), "drained");
    drop(peers);
    let ServeError::Service(error) = soon(server).await.expect("no panic").expect_err("failed")
    else {
        panic!("the stack failed")
    };
    assert_eq!(error.to_string(), "the stack of the connection level panicked: a bug");
}
