//! Our client, with a Java server that shuts down and responds with `GO_AWAY`.

use super::codes::{ECHO, SHUT_DOWN};
use super::java;
use crate::check::{Checked, TIMEOUT, equal, report};
use rocketmq_tower::client::transport::TcpTransport;
use rocketmq_tower::client::{Client, Connector, InvokeError};
use rocketmq_tower::{
    Addr, BoxError, RemotingCommand, ResponseCode, SerializeType, Service, service_fn,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The duration of the server's shutdown; longer than the checks take.
const SHUTDOWN: Duration = Duration::from_secs(60);

/// The name that clients call.
const NAME: &str = "broker:10911";

pub(crate) async fn check(class_path: &str, serialize_type: SerializeType) -> Checked {
    let leaving = java::Server::start(class_path, serialize_type, SHUTDOWN).await?;
    let staying = java::Server::start(class_path, serialize_type, SHUTDOWN).await?;
    let (leaving, staying) = (leaving.addr.as_str(), staying.addr.as_str());
    let caller = Caller::new(&[staying, leaving], serialize_type);
    report("GO_AWAY, called again over a fresh connection", caller.is_moved()).await?;
    let caller = Caller::new(&[staying, leaving, leaving], serialize_type);
    report("GO_AWAY, from everybody", caller.is_sent_away()).await
}

/// A client that calls one name, and the servers for its next connections, in reverse order.
struct Caller {
    client: Client,
    servers: Arc<Mutex<Vec<String>>>,
    serialize_type: SerializeType,
}

impl Caller {
    fn new(servers: &[&str], serialize_type: SerializeType) -> Self {
        let servers: Vec<_> = servers.iter().copied().map(str::to_owned).collect();
        let servers = Arc::new(Mutex::new(servers));
        let next = Arc::clone(&servers);
        let transport = service_fn(move |_name: Addr| {
            let server = next.lock().unwrap_or_else(PoisonError::into_inner).pop();
            async move {
                let server = server.ok_or("the client opened more connections than expected")?;
                Ok::<_, BoxError>(TcpTransport::new().call(server.into()).await?)
            }
        });
        let connector = Connector::new().transport(transport);
        Self { client: Client::builder().connector(connector).build(), servers, serialize_type }
    }

    /// Returns the number of servers that have not been used.
    fn left(&self) -> usize {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    async fn call(&self, code: i32) -> Result<RemotingCommand, InvokeError> {
        let request = RemotingCommand::request(code).with_serialize_type(self.serialize_type);
        self.client.invoke(NAME, request.with_body("hello"), TIMEOUT).await
    }

    async fn echo(&self) -> Checked {
        let answer = self.call(ECHO).await?;
        equal(answer.response_code(), ResponseCode::SUCCESS)?;
        equal(&answer.body()[..], b"hello")
    }

    async fn is_moved(&self) -> Checked {
        self.echo().await?;
        self.call(SHUT_DOWN).await?;
        // The server responds first, and begins to shut down some time after that.
        while self.left() > 0 {
            self.echo().await?;
        }
        equal(self.client.connection_count(), 1)?;
        self.echo().await
    }

    async fn is_sent_away(&self) -> Checked {
        match self.call(ECHO).await {
            Err(error @ InvokeError::GoAway { .. }) => {
                equal(error.to_string().as_str(), "broker:10911 answered GO_AWAY twice")?;
                equal(error.is_unprocessed(), true)?;
            }
            other => return Err(format!("{other:?}").into()),
        }
        // Two servers are used, and the next call opens a new connection.
        equal(self.left(), 1)?;
        self.echo().await
    }
}
