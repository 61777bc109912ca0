//! The client of this suite. Only this module calls the library's client.

use crate::check::TIMEOUT;
use rocketmq_tower::client::{self, Connector, InvokeError};
use rocketmq_tower::layers::acl::{Credentials, SignHook};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, Router, SerializeType};

/// The library's client, with one encoding of headers.
#[derive(Clone)]
pub(super) struct Client {
    client: client::Client,
    serialize_type: SerializeType,
}

impl Client {
    pub(super) fn new(serialize_type: SerializeType) -> Self {
        Self { client: client::Client::new(), serialize_type }
    }

    /// Returns a client that serves requests of its servers.
    pub(super) fn serving(router: Router, serialize_type: SerializeType) -> Self {
        let connector = Connector::new().service(router);
        let client = client::Client::builder().connector(connector).build();
        Self { client, serialize_type }
    }

    /// Returns a client that signs its requests.
    pub(super) fn signing(user: &str, password: &str, serialize_type: SerializeType) -> Self {
        let hook = SignHook::new(Credentials::new(user, password));
        Self { client: client::Client::builder().hook(hook).build(), serialize_type }
    }

    pub(super) fn serialize_type(&self) -> SerializeType {
        self.serialize_type
    }

    /// Calls a server, and returns its response, whatever its code.
    pub(super) async fn call(
        &self,
        addr: &str,
        request: RemotingCommand,
    ) -> Result<RemotingCommand, InvokeError> {
        let request = request.with_serialize_type(self.serialize_type);
        self.client.invoke(addr, request, TIMEOUT).await
    }

    /// Calls a server, and fails unless the response is `SUCCESS`.
    pub(super) async fn ask(
        &self,
        addr: &str,
        request: RemotingCommand,
    ) -> Result<RemotingCommand, BoxError> {
        succeed(request, async |request| self.call(addr, request).await).await
    }

    /// Sends a oneway request to a server.
    pub(super) async fn tell(
        &self,
        addr: &str,
        request: RemotingCommand,
    ) -> Result<(), InvokeError> {
        let request = request.with_serialize_type(self.serialize_type);
        self.client.invoke_oneway(addr, request, TIMEOUT).await
    }

    /// Returns the name servers with these addresses. The first call goes to the first of them.
    pub(super) fn names(&self, addrs: &[&str]) -> Names {
        // The first choice is random, but it stays when other addresses are added.
        let servers = self.client.name_servers(addrs.first().copied());
        servers.update(addrs.iter().copied());
        Names { servers, serialize_type: self.serialize_type }
    }
}

/// A group of name servers.
pub(super) struct Names {
    servers: client::NameServers,
    serialize_type: SerializeType,
}

impl Names {
    /// Calls one of them, and returns its response, whatever its code.
    pub(super) async fn call(
        &self,
        request: RemotingCommand,
    ) -> Result<RemotingCommand, InvokeError> {
        self.servers.invoke(request.with_serialize_type(self.serialize_type), TIMEOUT).await
    }

    /// Calls one of them, and fails unless the response is `SUCCESS`.
    pub(super) async fn ask(&self, request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
        succeed(request, async |request| self.call(request).await).await
    }

    /// Returns the address of the one that is called next.
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
    Err(format!("the response to {code} is {}: {remark}", answer.response_code()).into())
}
