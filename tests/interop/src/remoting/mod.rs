//! Java's remoting against rocketmq-tower: Java's client with our server, our client with Java's
//! server; with JSON and binary headers each.

mod client;
mod codes;
mod java;
mod server;

use rocketmq_tower::{BoxError, SerializeType};

pub(crate) async fn run(class_path: &str) -> Result<(), BoxError> {
    for serialize_type in [SerializeType::Json, SerializeType::RocketMq] {
        println!("== Java's client, {} headers", serialize_type.name());
        let server = server::start().await?;
        java::run_client(class_path, serialize_type, &server.addr).await?;
        server.stop().await?;

        println!("== Java's server, {} headers", serialize_type.name());
        let server = java::Server::start(class_path, serialize_type).await?;
        client::check(&server.addr, serialize_type).await?;
    }
    Ok(())
}
