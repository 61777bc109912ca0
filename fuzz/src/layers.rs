//! A connection layer between a scripted wire and a service that reads to the end.

use crate::Input;
use crate::wire::{End, Flag, Io};
use rocketmq_tower_core::{Addr, ChannelInfo, CloseReason, Connection, Disconnect};
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tower_service::Service;

/// The outcome of a connection.
pub(crate) struct Outcome {
    /// The bytes and properties that the inner service received, if it was called.
    pub(crate) inside: Option<Inside>,
    pub(crate) reason: CloseReason,
}

#[derive(Default)]
pub(crate) struct Inside {
    pub(crate) bytes: Vec<u8>,
    pub(crate) peer: Addr,
    /// Whether reading ended without an error.
    pub(crate) whole: bool,
}

/// A service that reads to the end.
pub(crate) struct Reader<Io> {
    inside: Rc<RefCell<Option<Inside>>>,
    most: usize,
    io: PhantomData<fn(Io)>,
}

impl<Io> Clone for Reader<Io> {
    fn clone(&self) -> Self {
        Self { inside: Rc::clone(&self.inside), ..*self }
    }
}

impl<Io: AsyncRead + Unpin + 'static> Service<Connection<Io>> for Reader<Io> {
    type Response = Disconnect;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Disconnect, Infallible>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut connection: Connection<Io>) -> Self::Future {
        let (most, inside) = (self.most, Rc::clone(&self.inside));
        Box::pin(async move {
            let peer = connection.info().peer_addr.clone();
            let before = inside.replace(Some(Inside { peer, ..Inside::default() }));
            assert!(before.is_none(), "called twice");
            let mut part = vec![0; most];
            loop {
                let read = connection.io_mut().read(&mut part).await;
                let mut inside = inside.borrow_mut();
                let inside = inside.as_mut().expect("set above");
                match read {
                    Ok(0) => inside.whole = true,
                    Ok(length) => {
                        inside.bytes.extend_from_slice(&part[..length]);
                        continue;
                    }
                    Err(_) => {}
                }
                return Ok(Disconnect::new(CloseReason::PeerClosed));
            }
        })
    }
}

/// Runs a connection whose peer sends `bytes`, in parts that `input` selects. The peer then closes
/// the connection, or sends nothing more if it is `silent`.
pub(crate) async fn run<S, T>(
    input: &mut Input<'_>,
    bytes: &[u8],
    silent: bool,
    layer: impl FnOnce(Reader<T>) -> S,
) -> Outcome
where
    T: AsyncRead + Unpin + 'static,
    S: Service<Connection<Io>, Response = Disconnect, Error = Infallible>,
{
    let inside = Rc::new(RefCell::new(None));
    let most = input.pick([1, 7, 300, 9000]);
    let mut service = layer(Reader { inside: Rc::clone(&inside), most, io: PhantomData });
    let io = Io::new();
    let source: std::net::SocketAddr = ([10, 0, 0, 1], 4000).into();
    let local: std::net::SocketAddr = ([10, 0, 0, 2], 10911).into();
    let connection = Connection::new(io.clone(), ChannelInfo::new(local, source));
    let channel = connection.channel();
    let flag = Flag::new();
    let waker = Waker::from(flag.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(service.poll_ready(&mut cx).is_ready());
    let mut life = Box::pin(service.call(connection));
    io.change(|wire| {
        wire.open();
        wire.arrived = 0;
        wire.input.extend_from_slice(bytes);
        wire.read_most = input.pick([1, 3, 16, 100, usize::MAX]);
        wire.end = (!silent).then_some(End::Orderly);
    });
    let mut steps = bytes.len() + 3;
    let reason = loop {
        let mut polls = 0;
        let mut done = None;
        while done.is_none() && flag.take() {
            polls += 1;
            assert!(polls < 10_000, "busy");
            if let Poll::Ready(Ok(end)) = life.as_mut().poll(&mut cx) {
                done = Some(end.reason);
            }
        }
        if let Some(reason) = done {
            break reason;
        }
        steps = steps.checked_sub(1).expect("it ends");
        let left = io.change(|wire| {
            let more = input.next().map_or(usize::MAX, |byte| 1 + 8 * usize::from(byte));
            wire.arrived = wire.arrived.saturating_add(more);
            !wire.input.is_empty()
        });
        if !left && inside.borrow().is_some() {
            // The layer has passed the connection on.
            io.change(|wire| wire.end = Some(End::Orderly));
        } else if !left {
            tokio::time::advance(Duration::from_secs(11)).await;
        }
    };
    drop(life);
    assert!(channel.is_closed());
    Outcome { inside: inside.take(), reason }
}
