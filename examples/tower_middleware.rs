//! Uses tower's own middleware, unchanged, at both levels.
//!
//! ```sh
//! cargo run --example tower_middleware
//! ```

use rocketmq_tower::layers::OneshotLayer;
use rocketmq_tower::{
    BoxError, Connection, RemotingCommand, RequestCode, ResponseCode, Server, service_fn,
};
use std::time::Duration;
use tokio::net::TcpStream;
use tower::buffer::BufferLayer;
use tower::limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer, RateLimitLayer};
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer;

/// Takes as many milliseconds as the body says.
async fn work(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let millis = std::str::from_utf8(request.body())?.parse()?;
    tokio::time::sleep(Duration::from_millis(millis)).await;
    Ok(RemotingCommand::response(ResponseCode::SUCCESS))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::new(service_fn(work))
        // Connection level: each tower request is a connection, whose future lasts as long as it
        // does.
        .connection_layer(RateLimitLayer::new(100, Duration::from_secs(1))) // accepted per second
        .connection_layer(TimeoutLayer::new(Duration::from_secs(3600))) // the maximum age
        .connection_layer(BufferLayer::<Connection<TcpStream>>::new(16)) // accepted in advance
        // Request level: refuses requests beyond the limits, and those that take too long time out.
        // `OneshotLayer` makes each request wait for readiness on its own. Without it, a connection
        // whose request was shed would stay in the queue for a permit that all connections share.
        .layer(OneshotLayer::new())
        .layer(LoadShedLayer::new())
        .layer(ConcurrencyLimitLayer::new(2)) // for each connection
        .layer(GlobalConcurrencyLimitLayer::new(64)) // for the server
        .layer(TimeoutLayer::new(Duration::from_millis(300)))
        .layer(BufferLayer::<RemotingCommand>::new(16))
        .layer(RateLimitLayer::new(1000, Duration::from_secs(1)))
        .bind("127.0.0.1:0")
        .await?;
    let addr = server.local_addr().to_string();
    tokio::spawn(server.serve());

    let channel = rocketmq_tower::connect(addr).await?;
    let call = |millis: &'static str| {
        let request = RemotingCommand::request(RequestCode::SEND_MESSAGE).with_body(millis);
        channel.invoke(request, Duration::from_secs(3))
    };
    let (quick, slow, third) = tokio::join!(call("1"), call("1000"), call("1"));
    for (name, answer) in [("quick", quick), ("slow", slow), ("third at once", third)] {
        let answer = answer?;
        println!("{name}: {} {}", answer.response_code(), answer.remark().unwrap_or_default());
    }
    Ok(())
}
