//! The server calls its client, as brokers do: once with a response, and once oneway. It also
//! defers the response to a pull until there is news.
//!
//! ```sh
//! cargo run --example push
//! ```

use rocketmq_tower::channel::Responder;
use rocketmq_tower::client::Connector;
use rocketmq_tower::handler::handler_fn_with_state;
use rocketmq_tower::{
    Body, BoxError, RemotingCommand, RequestCode, ResponseCode, Server, State, handler_fn,
};
use std::time::Duration;
use tokio::sync::mpsc;

const SECOND: Duration = Duration::from_secs(1);

/// Defers the response: taking the `Responder` does so.
async fn pull(
    State(park): State<mpsc::Sender<Responder>>,
    responder: Responder,
) -> Result<Option<RemotingCommand>, BoxError> {
    park.send(responder).await?;
    Ok(None)
}

/// The client's handler: answers the server's requests.
async fn info(code: RequestCode) -> Body {
    println!("client: received {code}");
    Body(format!("running {}", std::process::id()).into())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    // The server keeps the responders of pulls, to answer them later.
    let (park, mut parked) = mpsc::channel::<Responder>(16);
    let pulls = handler_fn_with_state(park, pull);
    let server = Server::new(pulls).bind("127.0.0.1:0").await?;
    let addr = server.local_addr().to_string();
    tokio::spawn(server.serve());

    // The client serves the requests that the server sends.
    let client = Connector::new().service(handler_fn(info));
    let channel = client.connect(addr).await?;
    let pull = tokio::spawn(async move {
        channel.invoke(RemotingCommand::request(RequestCode::PULL_MESSAGE), 30 * SECOND).await
    });

    let responder = parked.recv().await.ok_or("the server has stopped")?;
    let to_client = responder.channel();
    let info = RemotingCommand::request(RequestCode::GET_CONSUMER_RUNNING_INFO);
    let answer = to_client.invoke(info, SECOND).await?;
    println!("server: the client answered {:?}", answer.body());
    let changed = RemotingCommand::request(RequestCode::NOTIFY_CONSUMER_IDS_CHANGED);
    to_client.invoke_oneway(changed).await?;

    responder.send(RemotingCommand::response(ResponseCode::SUCCESS).with_body("news"))?;
    println!("client: pulled {:?}", pull.await??.body());
    Ok(())
}
