use super::table::Table;
use crate::support::fallible::ResponseFuture;
use crate::support::inner::inner_service;
use crate::support::rate::{Bucket, Place};
use crate::support::unused::Unused;
use rocketmq_tower_core::command::remark;
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, ResponseCode};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// Limits the requests of each peer. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct PeerRateLimit<S> {
    inner: S,
    table: Arc<Table>,
    /// The id of the last request's connection, and its peer's bucket. A service usually has one
    /// connection, so the table is looked up only once.
    last: Option<(u64, Arc<Bucket>)>,
}

impl<S> PeerRateLimit<S> {
    pub(super) fn new(inner: S, table: Arc<Table>) -> Self {
        Self { inner, table, last: None }
    }

    inner_service!();

    /// Whether the request is within the rate.
    fn admit(&mut self, request: &RemotingCommand) -> bool {
        let Some(channel) = request.channel() else { return true };
        let id = channel.id();
        if let Some((_, bucket)) = self.last.as_ref().filter(|(last, _)| *last == id) {
            return self.table.take(bucket);
        }
        let Some(ip) = channel.peer_addr().ip() else { return true };
        match self.table.place(ip) {
            Place::Own(bucket) => {
                let taken = self.table.take(&bucket);
                self.last = Some((id, bucket));
                taken
            }
            Place::Others(bucket) => self.table.take(&bucket),
        }
    }
}

impl<S> Service<RemotingCommand> for PeerRateLimit<S>
where
    S: Service<RemotingCommand> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        if self.admit(&request) {
            return ResponseFuture::running(self.inner.call(request));
        }
        drop(Unused::new(&mut self.inner));
        ResponseFuture::refused(Abort::new(ResponseCode::SYSTEM_BUSY, remark::OVERLOAD).into())
    }
}
