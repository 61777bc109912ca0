//! How this suite calls servers: the one place that knows the library's way of doing it.

use super::sign::sign;
use crate::check::TIMEOUT;
use rocketmq_tower::client::Connector;
use rocketmq_tower::{BoxError, Channel, RemotingCommand, ResponseCode, Router, SerializeType};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// One connection to each server that was called, until it and its clones are dropped.
#[derive(Clone)]
pub(super) struct Client {
    connector: Connector<Router>,
    channels: Arc<Mutex<HashMap<String, Channel>>>,
    serialize_type: SerializeType,
    /// A user and his password, to sign requests with.
    credentials: Option<(&'static str, &'static str)>,
}

impl Client {
    pub(super) fn new(serialize_type: SerializeType) -> Result<Self, BoxError> {
        Ok(Self::serving(Router::builder().build()?, serialize_type))
    }

    /// A client that answers its servers' requests.
    pub(super) fn serving(router: Router, serialize_type: SerializeType) -> Self {
        let connector = Connector::new().service(router);
        Self { connector, channels: Arc::default(), serialize_type, credentials: None }
    }

    pub(super) fn signing(mut self, user: &'static str, password: &'static str) -> Self {
        self.credentials = Some((user, password));
        self
    }

    pub(super) fn serialize_type(&self) -> SerializeType {
        self.serialize_type
    }

    /// Calls a server, whatever it answers.
    pub(super) async fn call(
        &self,
        addr: &str,
        request: RemotingCommand,
    ) -> Result<RemotingCommand, BoxError> {
        let request = self.prepare(request)?;
        Ok(self.channel(addr).await?.invoke(request, TIMEOUT).await?)
    }

    /// Calls a server that is to answer with `SUCCESS`.
    pub(super) async fn ask(
        &self,
        addr: &str,
        request: RemotingCommand,
    ) -> Result<RemotingCommand, BoxError> {
        let code = request.request_code();
        let answer = self.call(addr, request).await?;
        if answer.response_code() == ResponseCode::SUCCESS {
            return Ok(answer);
        }
        let remark = answer.remark().unwrap_or_default();
        Err(format!("{code} is answered with {}: {remark}", answer.response_code()).into())
    }

    /// Calls a server that is not to answer.
    pub(super) async fn tell(&self, addr: &str, request: RemotingCommand) -> Result<(), BoxError> {
        let request = self.prepare(request)?;
        Ok(self.channel(addr).await?.invoke_oneway(request).await?)
    }

    fn prepare(&self, request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
        let mut request = request.with_serialize_type(self.serialize_type);
        if let Some((user, password)) = self.credentials {
            sign(&mut request, user, password)?;
        }
        Ok(request)
    }

    async fn channel(&self, addr: &str) -> Result<Channel, BoxError> {
        let mut channels = self.channels.lock().await;
        if let Some(channel) = channels.get(addr).filter(|channel| !channel.is_closed()) {
            return Ok(channel.clone());
        }
        let channel = self.connector.connect(addr).await?;
        channels.insert(addr.to_owned(), channel.clone());
        Ok(channel)
    }
}
