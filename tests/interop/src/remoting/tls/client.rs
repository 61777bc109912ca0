//! Our client, with Java's server in each TLS mode.

use super::certificates::Certificates;
use crate::check::{Checked, TIMEOUT, equal, report};
use crate::remoting::codes::ECHO;
use crate::remoting::java;
use rocketmq_tower::client::transport::TlsTransport;
use rocketmq_tower::client::{Client, Connector};
use rocketmq_tower::layers::tls::ClientTls;
use rocketmq_tower::{BoxError, RemotingCommand};

pub(crate) async fn check(class_path: &str, certificates: &Certificates) -> Checked {
    let plain = Client::new();
    let trusting = ClientTls::from_roots_file(certificates.path("ca", "pem"))?;
    let identity = |name| {
        let [certificate, key] = ["pem", "key"].map(|kind| certificates.path(name, kind));
        trusting.clone().identity_files(certificate, key).map(client)
    };
    let (known, stranger) = (identity("client")?, identity("stranger")?);
    let unknown = client(trusting.clone());
    let other = client(ClientTls::from_roots_file(certificates.path("other", "pem"))?);
    let careless = client(ClientTls::danger_accept_any_certificate()?);

    let server = start(class_path, certificates, "enforcing", true).await?;
    report("TLS, both have certificates", answered(&known, &server)).await?;
    report("TLS, a certificate is wanted, there is none", refused(&unknown, &server)).await?;
    report("TLS, a certificate is wanted, not this one", refused(&stranger, &server)).await?;
    report("no TLS, enforcing", refused(&plain, &server)).await?;

    let server = start(class_path, certificates, "permissive", false).await?;
    report("TLS, permissive", answered(&unknown, &server)).await?;
    report("no TLS, permissive", answered(&plain, &server)).await?;
    report("TLS, the server is not trusted", refused(&other, &server)).await?;
    report("TLS, nobody asks who the server is", answered(&careless, &server)).await?;

    let server = start(class_path, certificates, "disabled", false).await?;
    report("TLS, disabled", refused(&unknown, &server)).await?;
    report("no TLS, disabled", answered(&plain, &server)).await
}

fn client(tls: ClientTls) -> Client {
    Client::builder().connector(Connector::new().transport(TlsTransport::new(tls))).build()
}

async fn start(
    class_path: &str,
    certificates: &Certificates,
    mode: &str,
    wants_certificates: bool,
) -> Result<java::Server, BoxError> {
    let path = |name, extension| certificates.path(name, extension).display().to_string();
    let mut options = vec![
        "-Dtls.test.mode.enable=false".to_owned(),
        format!("-Dtls.server.mode={mode}"),
        format!("-Dtls.server.certPath={}", path("server", "pem")),
        format!("-Dtls.server.keyPath={}", path("server", "key")),
    ];
    if wants_certificates {
        options.push("-Dtls.server.need.client.auth=require".to_owned());
        options.push("-Dtls.server.authClient=true".to_owned());
        options.push(format!("-Dtls.server.trustCertPath={}", path("ca", "pem")));
    }
    java::Server::start_with(class_path, &options).await
}

async fn call(client: &Client, server: &java::Server, length: usize) -> Checked {
    let body: Vec<u8> = (0..length).map(|at| (at * 31 + at / 256) as u8).collect();
    let request = RemotingCommand::request(ECHO).with_body(body.clone());
    let answer = client.invoke(&*server.addr, request, TIMEOUT).await?;
    equal(answer.body() == &body, true)
}

async fn answered(client: &Client, server: &java::Server) -> Checked {
    for length in [1, 64 << 10, 4 << 20] {
        call(client, server, length).await?;
    }
    Ok(())
}

async fn refused(client: &Client, server: &java::Server) -> Checked {
    equal(call(client, server, 1).await.is_err(), true)
}
