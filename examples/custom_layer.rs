//! A custom layer that refuses topics that are not allowed, in about 40 lines.
//!
//! ```sh
//! cargo run --example custom_layer
//! ```

use rocketmq_tower::{
    Abort, BoxError, Layer, RemotingCommand, RequestCode, ResponseCode, Server, Service, service_fn,
};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// The layer, which is configured once.
#[derive(Clone)]
struct AllowTopicsLayer(&'static [&'static str]);

impl<S> Layer<S> for AllowTopicsLayer {
    type Service = AllowTopics<S>;

    fn layer(&self, inner: S) -> AllowTopics<S> {
        AllowTopics { inner, topics: self.0 }
    }
}

/// The middleware around the processor of each connection.
#[derive(Clone)]
struct AllowTopics<S> {
    inner: S,
    topics: &'static [&'static str],
}

impl<S> Service<RemotingCommand> for AllowTopics<S>
where
    S: Service<RemotingCommand, Error: Into<BoxError>, Future: Send + 'static>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        if let Some(topic) = request.ext_fields().get("topic") {
            if !self.topics.contains(&topic) {
                // `inner` is ready but not called: it keeps the permit that it reserved for the
                // connection's next request. If a limit inside is shared by several connections,
                // put `OneshotLayer` around this layer.
                let abort = Abort::new(
                    ResponseCode::NO_PERMISSION,
                    format!("topic {topic} is not allowed"),
                );
                return Box::pin(async { Err(abort.into()) });
            }
        }
        let answer = self.inner.call(request);
        Box::pin(async move { answer.await.map_err(Into::into) })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let processor = service_fn(|_: RemotingCommand| async {
        Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
    });
    let server =
        Server::new(processor).layer(AllowTopicsLayer(&["news"])).bind("127.0.0.1:0").await?;
    let addr = server.local_addr().to_string();
    tokio::spawn(server.serve());

    let channel = rocketmq_tower::connect(addr).await?;
    for topic in ["news", "secrets"] {
        let request =
            RemotingCommand::request(RequestCode::SEND_MESSAGE).with_ext_field("topic", topic);
        let answer = channel.invoke(request, Duration::from_secs(3)).await?;
        println!("{topic}: {} {}", answer.response_code(), answer.remark().unwrap_or_default());
    }
    Ok(())
}
