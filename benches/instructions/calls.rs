//! Counts calls of many callers over one channel.

use crate::reflecting::Reflecting;
use crate::requests::REQUESTS;
use crate::support::frames::{self, SEND};
use crate::support::processor;
use gungraun::{library_benchmark, library_benchmark_group};
use rocketmq_tower::SerializeType::{self, Json, RocketMq};
use rocketmq_tower::driver::{ConnectionConfig, Driver};
use rocketmq_tower::{Channel, RemotingCommand, service_fn};
use rocketmq_tower_test_support::echo;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Builder, Runtime};

const CALLERS: usize = 64;

/// Longer than the whole benchmark takes under valgrind.
const TIMEOUT: Duration = Duration::from_secs(60);

struct Client {
    runtime: Runtime,
    channel: Channel,
    request: RemotingCommand,
}

impl Client {
    /// Creates a client at this end of a connection. Each caller has made one call before counting.
    fn over<Io>(runtime: Runtime, io: Io, header: SerializeType) -> Self
    where
        Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let driver =
            Driver::client(processor::connection(io), service_fn(echo), ConnectionConfig::client());
        let channel = driver.channel().clone();
        runtime.spawn(driver);
        let this = Self { runtime, channel, request: request(header) };
        this.call(1);
        this
    }

    fn call(&self, times: usize) {
        self.runtime.block_on(async {
            let callers: Vec<_> = (0..CALLERS)
                .map(|_| {
                    let (channel, request) = (self.channel.clone(), self.request.clone());
                    tokio::spawn(async move {
                        for _ in 0..times {
                            let answer = channel.invoke(request.clone(), TIMEOUT).await;
                            answer.expect("an answer");
                        }
                    })
                })
                .collect();
            for caller in callers {
                caller.await.expect("a caller does not panic");
            }
        });
    }
}

fn request(header: SerializeType) -> RemotingCommand {
    frames::sized(SEND, header, 128)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

fn client(header: SerializeType) -> Client {
    Client::over(runtime(), Reflecting::new(&request(header)), header)
}

fn both(header: SerializeType) -> Client {
    let runtime = runtime();
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    runtime.spawn(Driver::server(
        processor::connection(theirs),
        service_fn(echo),
        ConnectionConfig::server(),
    ));
    Client::over(runtime, ours, header)
}

#[library_benchmark]
#[bench::client_json(client(Json))]
#[bench::client_binary(client(RocketMq))]
#[bench::both_json(both(Json))]
#[bench::both_binary(both(RocketMq))]
fn channel(client: Client) -> Client {
    client.call(REQUESTS / CALLERS);
    client
}

library_benchmark_group!(name = calling, benchmarks = [channel]);
