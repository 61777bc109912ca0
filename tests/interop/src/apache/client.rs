//! How this suite calls servers: the one place that knows the library's way of doing it.

use crate::check::TIMEOUT;
use rocketmq_tower::client::{self, Connector, InvokeError};
use rocketmq_tower::layers::acl::{Credentials, SignHook};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, Router, SerializeType};

/// The library's client, with headers of one kind.
#[derive(Clone)]
pub(super) struct Client {
    client: client::Client,
    serialize_type: SerializeType,
}

impl Client {
    pub(super) fn new(serialize_type: SerializeType) -> Self {
        Self { client: client::Client::new(), serialize_type }
    }

    /// A client that answers its servers' requests.
    pub(super) fn serving(router: Router, serialize_type: SerializeType) -> Self {
        let connector = Connector::new().service(router);
        let client = client::Client::builder().connector(connector).build();
        Self { client, serialize_type }
    }

    /// A client that signs its requests.
    pub(super) fn signing(user: &str, password: &str, serialize_type: SerializeType) -> Self {
        let hook = SignHook::new(Credentials::new(user, password));
        Self { client: client::Client::builder().hook(hook).build(), serialize_type }
    }

    pub(super) fn serialize_type(&self) -> SerializeType {
        self.serialize_type
    }

    /// Calls a server, whatever it answers.
    pub(super) async fn call(
        &self,
        addr: &str,
        request: RemotingCommand,
    ) -> Result<RemotingCommand, InvokeError> {
        let request = request.with_serialize_type(self.serialize_type);
        self.client.invoke(addr, request, TIMEOUT).await
    }

    /// Calls a server that is to answer with `SUCCESS`.
    pub(super) async fn ask(
        &self,
        addr: &str,
        request: RemotingCommand,
    ) -> Result<RemotingCommand, BoxError> {
        succeed(request, async |request| self.call(addr, request).await).await
    }

    /// Calls a server that is not to answer.
    pub(super) async fn tell(
        &self,
        addr: &str,
        request: RemotingCommand,
    ) -> Result<(), InvokeError> {
        let request = request.with_serialize_type(self.serialize_type);
        self.client.invoke_oneway(addr, request, TIMEOUT).await
    }

    /// The name servers with these addresses. The first is the first to be called.
    pub(super) fn names(&self, addrs: &[&str]) -> Names {
        // By itself, the first choice is a random one; but it stays when others are added.
        let servers = self.client.name_servers(addrs.first().copied());
        servers.update(addrs.iter().copied());
        Names { servers, serialize_type: self.serialize_type }
    }
}

/// Name servers.
pub(super) struct Names {
    servers: client::NameServers,
    serialize_type: SerializeType,
}

impl Names {
    /// Calls one of them, whatever it answers.
    pub(super) async fn call(
        &self,
        request: RemotingCommand,
    ) -> Result<RemotingCommand, InvokeError> {
        self.servers.invoke(request.with_serialize_type(self.serialize_type), TIMEOUT).await
    }

    /// Calls one of them, which is to answer with `SUCCESS`.
    pub(super) async fn ask(&self, request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
        succeed(request, async |request| self.call(request).await).await
    }

    /// The one that is called next.
    pub(super) fn chosen(&self) -> Option<String> {
        self.servers.chosen().map(|addr| addr.to_string())
    }
}

async fn succeed(
    request: RemotingCommand,
    call: impl AsyncFnOnce(RemotingCommand) -> Result<RemotingCommand, InvokeError>,
) -> Result<RemotingCommand, BoxError> {
    let code = request.request_code();
    let answer = call(request).await?;
    if answer.response_code() == ResponseCode::SUCCESS {
        return Ok(answer);
    }
    let remark = answer.remark().unwrap_or_default();
    Err(format!("{code} is answered with {}: {remark}", answer.response_code()).into())
}
