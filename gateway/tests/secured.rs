//! A gateway that is secured on either side, in front of a server that says how it was called.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "test code")]

use rocketmq_tower::client::Connector;
use rocketmq_tower::client::transport::TlsTransport;
use rocketmq_tower::layers::acl::{AccessKey, Credentials, SignHook, sign};
use rocketmq_tower::layers::tls::{ClientTls, SelfSigned, TlsInfo};
use rocketmq_tower::layers::{AclVerifyLayer, ProxyProtocolLayer, TlsLayer};
use rocketmq_tower::protocol::{BrokerData, ClusterInfo, MASTER_ID};
use rocketmq_tower::server::RunningServer;
use rocketmq_tower::{
    Addr, BoxError, Channel, RemotingCommand, RequestCode, ResponseCode, Server, ServiceExt,
    service_fn,
};
use rocketmq_tower_gateway::{Gateway, Upstream};
use std::collections::HashMap;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// Answers as a name server of itself, and says who called and how.
async fn answer(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let channel = request.channel().expect("a connection");
    if request.request_code() == RequestCode::GET_BROKER_CLUSTER_INFO {
        let data = BrokerData {
            broker_addrs: [(MASTER_ID, channel.local_addr().to_string())].into(),
            broker_name: "a".into(),
            ..Default::default()
        };
        let info =
            ClusterInfo { broker_addr_table: [("a".into(), data)].into(), ..Default::default() };
        return Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_json(&info)?);
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
