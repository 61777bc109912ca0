//! The way to the servers: a client, with the credentials and the TLS that the options ask for.

use crate::failure::Failure;
use crate::options::{Global, Tls};
use rocketmq_tower::client::transport::TlsTransport;
use rocketmq_tower::client::{Client, Connector, Producer, TopicRoutes};
use rocketmq_tower::error::chain_text;
use rocketmq_tower::layers::acl::{Credentials, SignHook};
use rocketmq_tower::layers::tls::{ClientTls, TlsConfigError};
use rocketmq_tower::{Addr, RemotingCommand};
use std::time::Duration;

/// A client, and what all commands need. Clones share the connections.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) client: Client,
    pub(crate) routes: TopicRoutes,
    pub(crate) timeout: Duration,
}

impl Link {
    /// Creates a link with at most this number of connections to each address.
    pub(crate) fn new(options: &Global, connections: usize) -> Result<Self, Failure> {
        let mut builder =
            Client::builder().connections_per_address(connections).call_timeout(options.timeout);
        if let Some(tls) = client_tls(&options.tls)? {
            builder = builder.connector(Connector::new().transport(TlsTransport::new(tls)));
        }
        if let (Some(access_key), Some(secret_key)) = (&options.access_key, &options.secret_key) {
            builder = builder.hook(SignHook::new(Credentials::new(access_key, secret_key)));
        }
        let client = builder.build();
        let names = options.namesrv.iter().map(|addr| addr.trim()).filter(|addr| !addr.is_empty());
        let names = client.name_servers(names);
        let routes = TopicRoutes::new(names).ask_timeout(options.timeout);
        Ok(Self { client, routes, timeout: options.timeout })
    }

    /// Returns the response to a request, whatever its code is.
    pub(crate) async fn ask(
        &self,
        addr: &Addr,
        request: RemotingCommand,
    ) -> Result<RemotingCommand, Failure> {
        Ok(self.client.invoke(addr.clone(), request, self.timeout).await?)
    }

    /// Returns the response to a request that has to succeed.
    pub(crate) async fn call(
        &self,
        addr: &Addr,
        request: RemotingCommand,
    ) -> Result<RemotingCommand, Failure> {
        succeeded(self.ask(addr, request).await?)
    }

    /// Returns the response of a name server to a request that has to succeed.
    pub(crate) async fn call_names(
        &self,
        request: RemotingCommand,
    ) -> Result<RemotingCommand, Failure> {
        succeeded(self.routes.name_servers().invoke(request, self.timeout).await?)
    }

    /// Returns a producer with the name of this group.
    pub(crate) fn producer(&self, group: &str) -> Producer {
        Producer::new(self.routes.clone()).group(group).timeout(self.timeout)
    }
}

fn succeeded(response: RemotingCommand) -> Result<RemotingCommand, Failure> {
    match response.response_code().is_success() {
        true => Ok(response),
        false => Err(Failure::refusal(&response)),
    }
}

/// Returns the settings of TLS, if it is asked for.
fn client_tls(options: &Tls) -> Result<Option<ClientTls>, Failure> {
    make_tls(options).map_err(|error| Failure::Usage(chain_text(&error)))
}

fn make_tls(options: &Tls) -> Result<Option<ClientTls>, TlsConfigError> {
    let mut tls = match &options.tls_ca {
        Some(roots) => ClientTls::from_roots_file(roots)?,
        None if options.tls_insecure => ClientTls::danger_accept_any_certificate()?,
        None => return Ok(None),
    };
    if let (Some(certificate), Some(key)) = (&options.tls_certificate, &options.tls_key) {
        tls = tls.identity_files(certificate, key)?;
    }
    match &options.tls_server_name {
        Some(name) => Ok(Some(tls.server_name(name)?)),
        None => Ok(Some(tls)),
    }
}
