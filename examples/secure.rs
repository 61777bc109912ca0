//! A server as an operator would run it: TLS, the PROXY protocol, an IP filter, signed requests,
//! limits, metrics and traces. A client in the same process calls it once, and prints the response
//! and the metrics.
//!
//! ```sh
//! cargo run --features acl,metrics,proxy-protocol,tls-self-signed --example secure
//! ```
//!
//! With `-- --serve` the server runs until Ctrl-C; try `openssl s_client -connect 127.0.0.1:10911`.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use rocketmq_tower::client::{Connector, transport};
use rocketmq_tower::layers::acl::{Credentials, SignHook};
use rocketmq_tower::layers::ip_filter::IpRules;
use rocketmq_tower::layers::metrics::{LATENCY_BUCKETS, RPC_LATENCY};
use rocketmq_tower::layers::tls::{ClientTls, SelfSigned};
use rocketmq_tower::layers::{
    AclVerifyLayer, FirstByteTimeoutLayer, IpFilterLayer, MetricsLayer, PeerRateLimitLayer,
    ProxyProtocolLayer, TlsLayer, TraceLayer,
};
use rocketmq_tower::server::shutdown_signal;
use rocketmq_tower::{BoxError, Client, RemotingCommand, RequestCode, Server, service_fn};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tower::limit::GlobalConcurrencyLimitLayer;

const SECOND: Duration = Duration::from_secs(1);

async fn echo(mut request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    Ok(RemotingCommand::response(0).with_body(request.take_body()))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let serve = std::env::args().any(|argument| argument == "--serve");
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let authority = SelfSigned::new()?;
    let certificate = authority.issue(["localhost", "127.0.0.1"])?;
    let builder = PrometheusBuilder::new();
    let latency = Matcher::Full(RPC_LATENCY.to_owned());
    let recorder =
        Arc::new(builder.set_buckets_for_metric(latency, &LATENCY_BUCKETS)?.build_recorder());
    let metrics = MetricsLayer::builder().recorder(Arc::clone(&recorder)).build();

    let server = Server::new(service_fn(echo))
        .max_connections(10_000)
        // Connection layers, outermost first.
        .connection_layer(metrics.clone())
        .connection_layer(FirstByteTimeoutLayer::new(10 * SECOND))
        .connection_layer(ProxyProtocolLayer::optional().trust(["127.0.0.1".parse()?]))
        .connection_layer(IpFilterLayer::new(IpRules::new().allow(["127.0.0.0/8".parse()?])))
        .connection_layer(TlsLayer::new(certificate.server()?))
        .connection_layer(TraceLayer::new())
        // Request layers, outermost first.
        .layer(metrics)
        .layer(TraceLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(1024))
        .layer(PeerRateLimitLayer::new(1000))
        .layer(AclVerifyLayer::new(HashMap::from([("user", "12345678")])))
        .bind(if serve { "127.0.0.1:10911" } else { "127.0.0.1:0" })
        .await?;
    let (addr, stop) = (server.local_addr().to_string(), CancellationToken::new());
    let server = tokio::spawn(server.serve_until(stop.clone().cancelled_owned()));

    let tls = transport::TlsTransport::new(ClientTls::from_roots_pem(authority.certificate_pem())?);
    let sign = SignHook::new(Credentials::new("user", "12345678"));
    let client = Client::builder().connector(Connector::new().transport(tls)).hook(sign).build();
    let request = RemotingCommand::request(RequestCode::SEND_MESSAGE_V2).with_body("hello");
    let answer = client.invoke(addr, request, 3 * SECOND).await?;
    println!("{} {:?}\n{}", answer.response_code(), answer.body(), recorder.handle().render());
    if serve {
        shutdown_signal()?.await;
    }
    client.shutdown(SECOND).await;
    stop.cancel();
    server.await??;
    Ok(())
}
