//! A gateway that is secured on either side, in front of a server that says how it was called.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "test code")]

#[path = "common/itself.rs"]
mod itself;

use itself::cluster_info;
use rocketmq_tower::client::Connector;
use rocketmq_tower::client::transport::TlsTransport;
use rocketmq_tower::layers::acl::{AccessKey, Credentials, SignHook, sign};
use rocketmq_tower::layers::tls::{ClientTls, SelfSigned, TlsInfo};
use rocketmq_tower::layers::{AclVerifyLayer, Next, ProxyProtocolLayer, TlsLayer, from_fn};
use rocketmq_tower::server::RunningServer;
use rocketmq_tower::{
    Addr, BoxError, Channel, Processor, RemotingCommand, Reply, RequestCode, ResponseCode, Server,
    ServiceExt, service_fn,
};
use rocketmq_tower_gateway::{Gateway, Target, Upstream};
use std::collections::HashMap;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// Answers as a name server of itself, and says who called and how.
async fn answer(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let channel = request.channel().expect("a connection");
    if request.request_code() == RequestCode::GET_BROKER_CLUSTER_INFO {
        return cluster_info(channel);
    }
    let user = request.extensions().get().map_or("nobody", AccessKey::as_str);
    let tls = channel.extensions().get::<TlsInfo>().is_some();
    let text = format!("{user} {} {tls}", channel.peer_addr());
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_remark(text))
}

fn users(name: &str) -> AclVerifyLayer<HashMap<String, String>> {
    AclVerifyLayer::new(HashMap::from([(name.to_owned(), "secret".to_owned())]))
}

fn credentials(name: &str) -> Credentials {
    Credentials::new(name, "secret")
}

fn upstream(server: &RunningServer) -> Upstream {
    Upstream::new([server.local_addr().to_string()])
}

async fn ask(channel: &Channel, request: RemotingCommand) -> (ResponseCode, String) {
    let response = channel.invoke(request, PATIENCE).await.unwrap();
    (response.response_code(), response.remark().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn the_context_of_a_trace_passes_and_layers_know_the_target() {
    async fn echo(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
        match request.ext_fields().get("traceparent") {
            Some(context) => Ok(RemotingCommand::response(0).with_remark(context.to_owned())),
            None => answer(request).await,
        }
    }
    async fn aimed(
        request: RemotingCommand,
        next: Next<impl Processor>,
    ) -> Result<impl Reply, BoxError> {
        let target = Target::of(&request).expect("a port has received it");
        assert_eq!(target.upstream(), "main");
        let is_known = ["a/0", "name-server"].contains(&target.name());
        assert!(is_known, "{target:?}");
        next.run(request).await
    }
    let server = Server::new(service_fn(echo)).bind("127.0.0.1:0").await.unwrap().spawn();
    let builder = Gateway::builder().upstream(upstream(&server)).vip_channel(false);
    let gateway = builder.layer(from_fn(aimed)).start().await.unwrap();
    let context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let names = gateway.name_server_addrs()[0].to_string();
    let mut open = Vec::new();
    for port in [&gateway.brokers()[0].advertised, &names] {
        let channel = rocketmq_tower::connect(port).await.unwrap();
        let request = RemotingCommand::request(77).with_ext_field("traceparent", context);
        assert_eq!(ask(&channel, request).await, (ResponseCode::SUCCESS, context.to_owned()));
        open.push(channel);
    }
    let ports = gateway.status().connections().await;
    let ports: Vec<_> =
        ports.iter().map(|port| (&*port.target, port.clients, port.brokers)).collect();
    assert_eq!(ports, [("name-server", 1, 0), ("a/0", 1, 1)]);
}

#[tokio::test]
async fn requests_are_verified_outside_and_signed_anew_inside() {
    let server = Server::new(service_fn(answer)).layer(users("gateway"));
    let server = server.bind("127.0.0.1:0").await.unwrap().spawn();
    let signing = upstream(&server).hook(SignHook::new(credentials("gateway")));
    let builder = Gateway::builder().upstream(signing).vip_channel(false).layer(users("alice"));
    let gateway = builder.start().await.unwrap();
    let channel = rocketmq_tower::connect(&gateway.brokers()[0].advertised).await.unwrap();
    let mut request = RemotingCommand::request(77).with_body("hello");
    let (code, _) = ask(&channel, request.clone()).await;
    assert_eq!(code, ResponseCode::NO_PERMISSION);
    sign(&mut request, &credentials("alice")).unwrap();
    let (code, text) = ask(&channel, request).await;
    assert!(code.is_success(), "{text}");
    assert!(text.starts_with("gateway "), "{text}");
}

#[tokio::test]
async fn tls_on_both_sides_and_the_address_of_the_client_inside() {
    let authority = SelfSigned::new().unwrap();
    let tls = authority.issue(["127.0.0.1"]).unwrap().server().unwrap();
    let trusting = ClientTls::from_roots_pem(authority.certificate_pem()).unwrap();
    let server = Server::new(service_fn(answer))
        .connection_layer(ProxyProtocolLayer::optional().trust_anyone())
        .connection_layer(TlsLayer::new(tls.clone()));
    let server = server.bind("127.0.0.1:0").await.unwrap().spawn();
    let gateway = Gateway::builder()
        .upstream(upstream(&server).tls(trusting.clone()).proxy_protocol(true))
        .vip_channel(false)
        .connection_layer(TlsLayer::new(tls))
        .start()
        .await
        .unwrap();

    let port: Addr = gateway.brokers()[0].advertised.as_str().into();
    let (io, info) = TlsTransport::new(trusting).oneshot(port.clone()).await.unwrap();
    let own = info.local_addr.clone();
    let channel = Connector::new().run(io, info);
    let (code, text) = ask(&channel, RemotingCommand::request(77)).await;
    assert_eq!((code, text), (ResponseCode::SUCCESS, format!("nobody {own} true")));

    // TLS is required outside.
    let plain = rocketmq_tower::connect(port.to_string()).await.unwrap();
    plain.invoke(RemotingCommand::request(77), PATIENCE).await.unwrap_err();
}
