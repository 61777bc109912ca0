//! TLS and signatures.

use crate::process::Tower;
use crate::support::folder::Folder;
use rocketmq_tower::layers::acl::AccessKey;
use rocketmq_tower::layers::tls::{SelfSigned, TlsInfo};
use rocketmq_tower::layers::{AclVerifyLayer, TlsLayer};
use rocketmq_tower::{BoxError, RemotingCommand, Server, service_fn};
use std::collections::HashMap;

/// Says who calls, and how.
async fn answer(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let user = request.extensions().get().map_or("nobody", AccessKey::as_str);
    let info = request.channel().and_then(|channel| channel.extensions().get::<TlsInfo>());
    let text = format!("{user} {}", info.is_some());
    Ok(RemotingCommand::response(0).with_remark(text))
}

#[tokio::test]
async fn requests_are_signed() {
    let users = HashMap::from([("ann".to_owned(), "secret".to_owned())]);
    let server = Server::new(service_fn(answer)).layer(AclVerifyLayer::new(users));
    let server = server.bind("127.0.0.1:0").await.unwrap().spawn();
    let addr = server.local_addr().to_string();
    let tower = Tower::new(&addr);
    let call = ["call", &addr, "105", "--json"];
    assert_eq!(tower.run(&call).await.error()["name"], "NO_PERMISSION");
    let mut signed = tower.command(&call);
    signed.envs([("ROCKETMQ_ACCESS_KEY", "ann"), ("ROCKETMQ_SECRET_KEY", "secret")]);
    let done = crate::process::done(&mut signed).await;
    assert!(done.stdout.contains(r#""remark":"ann false""#), "{done:?}");
    let keys = ["--access-key=ann", "--secret-key=wrong"];
    assert_eq!(tower.run(&[&call[..], &keys].concat()).await.code, Some(1));
    assert_eq!(tower.run(&[&call[..], &keys[..1]].concat()).await.code, Some(2));
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn connections_have_tls() {
    let (authority, folder) = (SelfSigned::new().unwrap(), Folder::new());
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.certificate_pem()).unwrap();
    let ca = format!("--tls-ca={}", ca.display());
    let issued = authority.issue(["rocketmq.internal"]).unwrap();
    let tls = TlsLayer::new(issued.server().unwrap());
    let server = Server::new(service_fn(answer)).connection_layer(tls);
    let server = server.bind("127.0.0.1:0").await.unwrap().spawn();
    let addr = server.local_addr().to_string();
    let tower = Tower::new(&addr);
    let call = async |options: &[&str]| {
        let done = tower.run(&[&["call", &addr, "105"], options].concat()).await;
        (done.code, done.stdout.contains(r#""remark": "nobody true""#))
    };
    assert_eq!(call(&[&ca, "--tls-server-name=rocketmq.internal"]).await, (Some(0), true));
    assert_eq!(call(&["--tls-insecure"]).await, (Some(0), true));
    // It has another name.
    assert_eq!(call(&[&ca]).await, (Some(3), false));
    assert_eq!(call(&["--tls-ca=/no/such/file"]).await, (Some(2), false));
    server.shutdown().await.unwrap();
}
