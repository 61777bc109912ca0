//! Our servers, one for each TLS configuration.

use super::certificates::Certificates;
use crate::remoting::codes::{COUNT, ECHO, RELOAD};
use crate::remoting::server::Running;
use rocketmq_tower::layers::TlsLayer;
use rocketmq_tower::layers::tls::{ServerTls, TlsMode};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, Router, Server, service_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) async fn start_all(
    certificates: &Certificates,
) -> Result<Vec<(&'static str, Running)>, BoxError> {
    certificates.copy("replaced", "server")?;
    let files = certificates.files("server");
    let roots = certificates.path("ca", "pem");
    let mut servers = Vec::new();
    for (kind, files, mode) in [
        ("disabled", files.clone(), TlsMode::Disabled),
        ("permissive", files.clone(), TlsMode::Permissive),
        ("none", files.clone(), TlsMode::Enforcing),
        ("optional", files.clone().ask_client_certificates(&roots), TlsMode::Enforcing),
        ("mutual", files.require_client_certificates(&roots), TlsMode::Enforcing),
        ("untrusted", certificates.files("untrusted"), TlsMode::Enforcing),
        ("replaced", certificates.files("replaced"), TlsMode::Enforcing),
    ] {
        let tls = ServerTls::from_files(files)?;
        servers.push((kind, start(tls, mode, certificates).await?));
    }
    Ok(servers)
}

async fn start(
    tls: ServerTls,
    mode: TlsMode,
    certificates: &Certificates,
) -> Result<Running, BoxError> {
    let [from, to] = ["untrusted", "replaced"]
        .map(|name| ["pem", "key"].map(|extension| certificates.path(name, extension)));
    let reloading = tls.clone();
    let reload = service_fn(move |_: RemotingCommand| {
        let done = from.iter().zip(&to).try_for_each(|(from, to)| {
            std::fs::copy(from, to)?;
            Ok::<_, BoxError>(())
        });
        let done = done.and_then(|()| Ok(reloading.reload()?));
        async move { if done? { Ok(success()) } else { Err(BoxError::from("no file has changed")) } }
    });
    let calls = Arc::new(AtomicUsize::new(0));
    let count = service_fn(move |_: RemotingCommand| {
        let count = calls.fetch_add(1, Ordering::Relaxed) + 1;
        async move { Ok::<_, BoxError>(success().with_body(count.to_string())) }
    });
    let echo = service_fn(|mut request: RemotingCommand| async move {
        Ok::<_, BoxError>(success().with_body(request.take_body()))
    });
    let router =
        Router::builder().route(ECHO, echo).route(COUNT, count).route(RELOAD, reload).build()?;
    let server = Server::new(router).connection_layer(TlsLayer::new(tls).mode(mode));
    Ok(Running::start(server.bind("127.0.0.1:0").await?))
}

fn success() -> RemotingCommand {
    RemotingCommand::response(ResponseCode::SUCCESS)
}
