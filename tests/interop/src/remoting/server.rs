//! Our server, for Java's client.

use super::codes::{
    ASK, BUSY, CALL_BACK, COUNT, DEFERRED, DRAIN, ECHO, FAIL, HEADER, NOTIFY, SLOW,
};
use rocketmq_tower::layers::EventsLayer;
use rocketmq_tower::layers::events::Event;
use rocketmq_tower::message::SendHeader;
use rocketmq_tower::protocol::SendMessageResponseHeader;
use rocketmq_tower::server::listener::{Retry, TcpAcceptor};
use rocketmq_tower::server::{BoundServer, ServeError, Shutdown};
use rocketmq_tower::{
    BoxError, Channel, RemotingCommand, ResponseCode, Router, Server, ServiceBuilder, service_fn,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::sleep;

const TIMEOUT: Duration = Duration::from_secs(10);

type Answer = Result<RemotingCommand, BoxError>;

pub(crate) struct Running {
    pub(crate) addr: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Shutdown, ServeError>>,
}

impl Running {
    pub(crate) fn start(server: BoundServer<Retry<TcpAcceptor>>) -> Self {
        let addr = server.local_addr().to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        Self { addr, stop, task: tokio::spawn(server.serve_until(stopped)) }
    }

    pub(crate) async fn stop(self) -> Result<(), BoxError> {
        _ = self.stop.send(());
        let shutdown = self.task.await??;
        if shutdown.aborted == 0 { Ok(()) } else { Err(format!("{shutdown:?}").into()) }
    }
}

pub(crate) async fn start() -> Result<Running, BoxError> {
    let connections = Arc::new(AtomicUsize::new(0));
    let connected = Arc::clone(&connections);
    let events = EventsLayer::from_fn(move |event| {
        if matches!(event, Event::Connected(_)) {
            connected.fetch_add(1, Ordering::Relaxed);
        }
    });
    let calls = Arc::new(AtomicUsize::new(0));
    let count = service_fn(move |request: RemotingCommand| {
        let count = match &request.body()[..] {
            b"connections" => connections.load(Ordering::Relaxed),
            _ => calls.fetch_add(1, Ordering::Relaxed) + 1,
        };
        async move { Ok::<_, BoxError>(success().with_body(count.to_string())) }
    });
    let slow_runs = Arc::new(Semaphore::new(0));
    let begun = Arc::clone(&slow_runs);
    let busy = ServiceBuilder::new().load_shed().concurrency_limit(1).service(service_fn(slow));
    let router = Router::builder()
        .route(ECHO, service_fn(echo))
        .route(COUNT, count)
        .route(HEADER, service_fn(header))
        .route(BUSY, busy)
        .route(CALL_BACK, service_fn(call_back))
        .route(
            SLOW,
            service_fn(move |request: RemotingCommand| {
                begun.add_permits(1);
                slow(request)
            }),
        )
        .route(
            DRAIN,
            service_fn(move |request: RemotingCommand| drain(request, Arc::clone(&slow_runs))),
        )
        .route(DEFERRED, service_fn(deferred))
        .route(
            FAIL,
            service_fn(|_| async {
                Err::<RemotingCommand, _>(BoxError::from("as it was told to"))
            }),
        )
        .build()?;
    let server = Server::new(router).events(events).bind("127.0.0.1:0").await?;
    Ok(Running::start(server))
}

fn success() -> RemotingCommand {
    RemotingCommand::response(ResponseCode::SUCCESS)
}

fn channel(request: &RemotingCommand) -> Result<Channel, BoxError> {
    Ok(request.channel().ok_or("a request without a connection")?.clone())
}

async fn echo(mut request: RemotingCommand) -> Answer {
    Ok(success().with_body(request.take_body()))
}

async fn slow(request: RemotingCommand) -> Answer {
    sleep(Duration::from_secs(1)).await;
    echo(request).await
}

async fn header(request: RemotingCommand) -> Answer {
    let header = SendHeader::read(&request)?;
    let is_read = header.unit_mode && header.max_reconsume_times.is_none();
    let result = SendMessageResponseHeader {
        msg_id: &format!("{}|{}", header.producer_group, header.properties.as_str()),
        queue_id: header.queue_id,
        queue_offset: header.born_timestamp,
        transaction_id: Some(if is_read { "true" } else { "false" }),
        ..Default::default()
    };
    Ok(success().with_header(&result)?)
}

/// Calls the client while its own request is in flight.
async fn call_back(request: RemotingCommand) -> Answer {
    let channel = channel(&request)?;
    channel.invoke_oneway(RemotingCommand::request(NOTIFY)).await?;
    let ask = RemotingCommand::request(ASK).with_body(request.body().clone());
    let mut answer = channel.invoke(ask, TIMEOUT).await?;
    Ok(success().with_body(answer.take_body()))
}

/// Drains the connection once a slow request runs, so that a request is in flight.
async fn drain(request: RemotingCommand, slow_runs: Arc<Semaphore>) -> Answer {
    slow_runs.acquire().await?.forget();
    channel(&request)?.drain();
    Ok(success())
}

async fn deferred(request: RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> {
    let responder = request.defer()?;
    tokio::spawn(async move {
        sleep(Duration::from_millis(50)).await;
        responder.send(success().with_body("later"))
    });
    Ok(None)
}
