//! Our server that requires signed requests, with Java's client and its signing hook.

use super::java;
use super::server::Running;
use rocketmq_tower::layers::AclVerifyLayer;
use rocketmq_tower::layers::acl::AccessKey;
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, SerializeType, Server, service_fn};
use std::collections::HashMap;

const USER: &str = "interop";
const SECRET_KEY: &str = "interop-secret";

pub(crate) async fn check(class_path: &str, serialize_type: SerializeType) -> Result<(), BoxError> {
    let verify = AclVerifyLayer::new(HashMap::from([(USER, SECRET_KEY)]));
    let server = Server::new(service_fn(echo)).layer(verify).bind("127.0.0.1:0").await?;
    let server = Running::start(server);
    let arguments = [server.addr.as_str(), USER, SECRET_KEY];
    java::run_client(class_path, serialize_type, "interop.SignedClient", &arguments).await?;
    server.stop().await
}

/// Responds with the user's name and the request's body.
async fn echo(mut request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let user = request.extensions().get().map_or("nobody", AccessKey::as_str).to_owned();
    let answer = RemotingCommand::response(ResponseCode::SUCCESS).with_remark(user);
    Ok(answer.with_body(request.take_body()))
}
