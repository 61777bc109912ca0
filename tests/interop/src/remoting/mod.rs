//! Java's remoting against rocketmq-tower, with JSON and with binary headers.
//!
//! Java's client calls our server, also with signed requests. Our client calls Java's server, also
//! while that shuts down. No call of Java's client is lost when our server ends connections. Both also run with TLS, and OpenSSL's client calls our server.

mod client;
mod codes;
pub(crate) mod ends;
mod go_away;
mod java;
mod server;
mod signed;
mod tls;

use rocketmq_tower::{BoxError, SerializeType};
use std::time::Duration;

pub(crate) async fn run(class_path: &str) -> Result<(), BoxError> {
    for serialize_type in [SerializeType::Json, SerializeType::RocketMq] {
        println!("== Java's client, {} headers", serialize_type.name());
        let server = server::start().await?;
        java::run_client(class_path, serialize_type, "interop.Client", &[&server.addr]).await?;
        server.stop().await?;

        println!("== Java's client that signs, {} headers", serialize_type.name());
        signed::check(class_path, serialize_type).await?;

        println!("== Java's server, {} headers", serialize_type.name());
        let shutdown = Duration::from_secs(2);
        let server = java::Server::start(class_path, serialize_type, shutdown).await?;
        client::check(&server.addr, serialize_type).await?;

        println!("== Java's server that shuts down, {} headers", serialize_type.name());
        go_away::check(class_path, serialize_type).await?;
    }
    println!("== Java's client, while connections end");
    ends::check(class_path).await?;
    tls::check(class_path).await
}
