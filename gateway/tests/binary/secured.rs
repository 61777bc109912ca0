//! TLS, signatures and PROXY headers.

use crate::itself::cluster_info;
use crate::process::Served;
use crate::support::folder::Folder;
use crate::support::peer::message;
use crate::support::soon;
use crate::upstream;
use rocketmq_tower::client::Connector;
use rocketmq_tower::client::transport::TlsTransport;
use rocketmq_tower::layers::acl::{AccessKey, Credentials, sign};
use rocketmq_tower::layers::tls::{ClientTls, SelfSigned};
use rocketmq_tower::layers::{AclVerifyLayer, ProxyProtocolLayer, TlsLayer};
use rocketmq_tower::server::RunningServer;
use rocketmq_tower::{
    BoxError, Channel, RemotingCommand, RequestCode, ResponseCode, Server, ServiceExt, service_fn,
};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

const PATIENCE: Duration = Duration::from_secs(30);

/// Answers as a name server of itself, and says who called.
async fn answer(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let channel = request.channel().expect("a connection");
    if request.request_code() == RequestCode::GET_BROKER_CLUSTER_INFO {
        return cluster_info(channel);
    }
    let user = request.extensions().get().map_or("nobody", AccessKey::as_str);
    let text = format!("{user} {}", channel.peer_addr());
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_remark(text))
}

/// A cluster that requires TLS, the signature of the gateway, and PROXY headers where they come.
async fn cluster(authority: &SelfSigned) -> RunningServer {
    let tls = authority.issue(["127.0.0.1"]).unwrap().server().unwrap();
    let users = HashMap::from([("gateway".to_owned(), "inside".to_owned())]);
    let server = Server::new(service_fn(answer))
        .layer(AclVerifyLayer::new(users))
        .connection_layer(ProxyProtocolLayer::optional().trust_anyone())
        .connection_layer(TlsLayer::new(tls));
    server.bind("127.0.0.1:0").await.unwrap().spawn()
}

/// Writes the certificate and key of a server that `authority` issues.
fn write_certificate(folder: &Path, authority: &SelfSigned) {
    let issued = authority.issue(["127.0.0.1"]).unwrap();
    fs::write(folder.join("server.pem"), issued.certificate_pem()).unwrap();
    fs::write(folder.join("server.key"), issued.key_pem()).unwrap();
}

fn trusting(authority: &SelfSigned) -> ClientTls {
    ClientTls::from_roots_pem(authority.certificate_pem()).unwrap()
}

async fn connect(tls: ClientTls, addr: &str) -> Result<Channel, BoxError> {
    let (io, info) = TlsTransport::new(tls).oneshot(addr.into()).await?;
    Ok(Connector::new().run(io, info))
}

async fn ask(channel: &Channel, user: &str) -> (ResponseCode, String) {
    let mut request = RemotingCommand::request(77).with_body("hello");
    sign(&mut request, &Credentials::new(user, "outside")).unwrap();
    let response = channel.invoke(request, PATIENCE).await.unwrap();
    (response.response_code(), response.remark().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn tls_and_signatures_on_both_sides_and_their_reload() {
    let (inside, outside) = (SelfSigned::new().unwrap(), SelfSigned::new().unwrap());
    let cluster = cluster(&inside).await;
    let folder = Folder::new();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write_certificate(folder.path(), &outside);
    write("ca.pem", &inside.certificate_pem());
    write("accounts.toml", "alice = \"outside\"\n");
    write("gateway-keys.toml", "access-key = \"gateway\"\nsecret-key = \"inside\"\n");
    let settings = format!(
        "{}credentials = \"gateway-keys.toml\"\nproxy-protocol = true\n\
         [upstream.tls]\nca = \"ca.pem\"\n\
         [tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n\
         [acl]\naccounts = \"accounts.toml\"\n",
        upstream(&cluster.local_addr().to_string())
    );
    let mut served = Served::start_in(folder, &settings).await;
    let channel = connect(trusting(&outside), &served.broker).await.unwrap();
    let (code, text) = ask(&channel, "alice").await;
    let own = channel.local_addr().to_string();
    assert_eq!((code, text), (ResponseCode::SUCCESS, format!("gateway {own}")));
    let (code, text) = ask(&channel, "bob").await;
    assert_eq!((code, &*text), (ResponseCode::NO_PERMISSION, "User:bob is not found."));
    // The name-server port is secured as well.
    let names = connect(trusting(&outside), &served.names).await.unwrap();
    assert!(ask(&names, "alice").await.0.is_success());

    // Another account, and another certificate.
    let renewed = SelfSigned::new().unwrap();
    write_certificate(served.folder.path(), &renewed);
    fs::write(served.folder.path().join("accounts.toml"), "bob = \"outside\"\n").unwrap();
    let line = served.hang_up().await;
    assert!(line.contains("the settings were read again"), "{line}");
    assert!(ask(&channel, "bob").await.0.is_success());
    assert_eq!(ask(&channel, "alice").await.0, ResponseCode::NO_PERMISSION);
    connect(trusting(&outside), &served.broker).await.unwrap_err();
    let channel = connect(trusting(&renewed), &served.broker).await.unwrap();
    assert!(ask(&channel, "bob").await.0.is_success());

    // A key of another certificate: the accounts stay as well.
    fs::write(served.folder.path().join("accounts.toml"), "alice = \"outside\"\n").unwrap();
    let other = outside.issue(["127.0.0.1"]).unwrap();
    fs::write(served.folder.path().join("server.key"), other.key_pem()).unwrap();
    let line = served.hang_up().await;
    assert!(line.contains("the private key does not belong to the certificate"), "{line}");
    let channel = connect(trusting(&renewed), &served.broker).await.unwrap();
    assert!(ask(&channel, "bob").await.0.is_success());
}

#[tokio::test]
async fn the_address_of_a_client_behind_a_balancer_reaches_the_broker() {
    let server = Server::new(service_fn(answer))
        .connection_layer(ProxyProtocolLayer::optional().trust_anyone());
    let server = server.bind("127.0.0.1:0").await.unwrap().spawn();
    let proxies = "[proxy-protocol]\ntrust = [\"127.0.0.0/8\"]\nrequired = true\n";
    let settings =
        format!("{}proxy-protocol = true\n{proxies}", upstream(&server.local_addr().to_string()));
    let served = Served::start(&settings).await;
    let mut io = tokio::net::TcpStream::connect(&served.broker).await.unwrap();
    io.write_all(b"PROXY TCP4 203.0.113.7 192.0.2.9 50000 9876\r\n").await.unwrap();
    let channel = Connector::new().run(io, Default::default());
    let response = soon(channel.invoke(RemotingCommand::request(77), PATIENCE)).await.unwrap();
    assert_eq!(response.remark(), Some("nobody 203.0.113.7:50000"));
    let direct = rocketmq_tower::connect(&served.broker).await.unwrap();
    direct.invoke(RemotingCommand::request(77), PATIENCE).await.unwrap_err();
}

#[tokio::test]
async fn tenants_see_only_their_own_topics() {
    let broker = crate::broker().await;
    let folder = Folder::new();
    let accounts = "shop = \"s\"\nshop-2 = \"s2\"\nbank = \"b\"\noperator = \"o\"\n";
    fs::write(folder.path().join("accounts.toml"), accounts).unwrap();
    let settings = format!(
        "{}[acl]\naccounts = \"accounts.toml\"\n[namespace]\noperators = [\"operator\"]\ntenants = {{ shop-2 = \"shop\" }}\n",
        crate::settings(&broker)
    );
    let served = Served::start_in(folder, &settings).await;
    let call = async |user: &str, secret: &str, mut request: RemotingCommand| {
        let channel = rocketmq_tower::connect(&served.broker).await.unwrap();
        sign(&mut request, &Credentials::new(user, secret)).unwrap();
        channel.invoke(request, PATIENCE).await.unwrap()
    };
    let sent = call("shop", "s", message("orders", 0, &[], "text")).await;
    assert_eq!(sent.response_code(), ResponseCode::SUCCESS, "{sent:?}");
    let topics = async |user: &str, secret: &str| {
        let request = RemotingCommand::request(RequestCode::GET_ALL_TOPIC_CONFIG);
        String::from_utf8(call(user, secret, request).await.body().to_vec()).unwrap()
    };
    for (user, secret) in [("shop", "s"), ("shop-2", "s2")] {
        let seen = topics(user, secret).await;
        assert!(seen.contains("\"orders\"") && !seen.contains('%'), "{user}: {seen}");
    }
    assert!(!topics("bank", "b").await.contains("orders"));
    assert!(topics("operator", "o").await.contains("shop%orders"));
    let nobody = rocketmq_tower::connect(&served.broker).await.unwrap();
    let refused = nobody.invoke(message("orders", 0, &[], "text"), PATIENCE).await.unwrap();
    assert_eq!(refused.response_code(), ResponseCode::NO_PERMISSION);
}
