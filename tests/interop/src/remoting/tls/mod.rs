//! TLS, with Java's client and server, and with OpenSSL's client.

mod certificates;
mod client;
mod openssl;
mod server;

use super::java;
use certificates::Certificates;
use rocketmq_tower::{BoxError, SerializeType};

pub(crate) async fn check(class_path: &str) -> Result<(), BoxError> {
    let certificates = Certificates::new()?;
    let servers = server::start_all(&certificates).await?;

    println!("== OpenSSL's client");
    openssl::check(&certificates, &servers).await?;

    println!("== Java's client with TLS");
    let mut arguments = vec![certificates.folder().to_owned()];
    arguments.extend(servers.iter().map(|(kind, server)| format!("{kind}={}", server.addr)));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    java::run_client(class_path, SerializeType::Json, "interop.TlsClient", &arguments).await?;
    for (_, server) in servers {
        server.stop().await?;
    }

    println!("== Java's server with TLS");
    client::check(class_path, &certificates).await
}
