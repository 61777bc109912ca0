use super::{Tenant, requests};
use crate::recover::abort_for;
use crate::support::fallible::Fallible;
use pin_project_lite::pin_project;
use rocketmq_tower_core::channel::ExchangeObserver;
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::{Abort, BoxError, Reply, RequestCode, ResponseCode};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// Future of a request that was passed on or refused.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        exchange: Fallible<F>,
        tenant: Option<(Tenant, ExchangeObserver)>,
        code: RequestCode,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn running(
        inner: F,
        tenant: Option<(Tenant, ExchangeObserver)>,
        code: RequestCode,
    ) -> Self {
        Self { exchange: Fallible::running(inner), tenant, code }
    }

    pub(super) fn refused(error: BoxError) -> Self {
        Self { exchange: Fallible::failed(error), tenant: None, code: 0.into() }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<R, E>>,
    R: Reply,
    E: Into<BoxError>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut result = ready!(this.exchange.poll(cx));
        let Some((tenant, observer)) = this.tenant.take() else { return Poll::Ready(result) };
        match &mut result {
            Ok(reply) => {
                if let Some(answer) = reply.command_mut() {
                    requests::leave(&tenant, *this.code, answer);
                }
            }
            Err(error) => {
                // What an inner layer noted has names that are not plain.
                observer.forget_abort();
                *error = plain(&tenant, &**error).into();
            }
        }
        Poll::Ready(result)
    }
}

/// Returns what a tenant is told of an error.
fn plain(tenant: &Tenant, error: &(dyn std::error::Error + 'static)) -> Abort {
    let Abort { code, remark, .. } = abort_for(error)
        .unwrap_or_else(|| Abort::new(ResponseCode::SYSTEM_ERROR, chain_text(error)));
    Abort::new(code, requests::remark(tenant, &remark))
}
