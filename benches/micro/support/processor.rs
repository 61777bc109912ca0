//! Connections, and requests received over them.

use super::frames;
use super::scripted::Scripted;
use rocketmq_tower::driver::{ConnectionConfig, Driver};
use rocketmq_tower::{ChannelInfo, Connection, RemotingCommand, SerializeType, service_fn};
use rocketmq_tower_test_support::echo;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Waker};

/// A connection with fixed addresses.
pub(crate) fn connection<Io>(io: Io) -> Connection<Io> {
    let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Connection::new(io, ChannelInfo::new(address(10911), address(54321)))
}

/// A send request of 128 bytes as layers get it, with its connection's channel.
pub(crate) fn received() -> RemotingCommand {
    let (sender, receiver) = mpsc::channel();
    let processor = service_fn(move |request: RemotingCommand| {
        sender.send(request.clone()).expect("is waited for");
        echo(request)
    });
    let (io, script) = Scripted::new(&frames::sized(frames::SEND, SerializeType::Json, 128), 1);
    script.allow(1);
    let driver = Driver::server(connection(io), processor, ConnectionConfig::server());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let _entered = runtime.enter();
    let pending = pin!(driver).poll(&mut Context::from_waker(Waker::noop())).is_pending();
    assert!(pending, "the connection goes on");
    receiver.try_recv().expect("one request")
}
