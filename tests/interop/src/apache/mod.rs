//! Our client against Apache's name server and broker.

mod acl;
mod client;
mod command_line;
mod groups;
mod message;
mod messages;
mod name_server;
mod offsets;
pub(crate) mod ports;
pub(crate) mod process;
pub(crate) mod requests;
pub(crate) mod scratch;
pub(crate) mod servers;

use crate::check::{Checked, report};
use client::Client;
pub(crate) use process::print_end;
use rocketmq_tower::{BoxError, SerializeType};
use servers::Servers;

const BOTH: [SerializeType; 2] = [SerializeType::Json, SerializeType::RocketMq];

pub(crate) async fn run(class_path: &str) -> Result<(), BoxError> {
    let class_path = absolute(class_path)?;
    for serialize_type in BOTH {
        println!("== Apache's servers, {} headers", serialize_type.name());
        let servers = Servers::start(&class_path, serialize_type, false).await?;
        let checked = check(&servers, serialize_type).await;
        checked.inspect_err(|_| servers.print_logs())?;
    }
    let servers = Servers::start(&class_path, SerializeType::Json, true).await?;
    for serialize_type in BOTH {
        println!("== Apache's broker with signatures, {} headers", serialize_type.name());
        let checked = acl::check(&servers, serialize_type).await;
        checked.inspect_err(|_| servers.print_logs())?;
    }
    Ok(())
}

async fn check(servers: &Servers, serialize_type: SerializeType) -> Checked {
    let client = Client::new(serialize_type);
    name_server::check(servers, &client).await?;
    messages::check(servers, &client).await?;
    offsets::check(servers, &client).await?;
    groups::check(servers, serialize_type).await?;
    report("the command line", command_line::check(servers, &[])).await
}

/// Returns the class path with absolute paths, as the servers run in other directories.
pub(crate) fn absolute(class_path: &str) -> Result<String, BoxError> {
    let here = std::env::current_dir()?;
    let entries: Vec<_> = class_path.split(':').map(|entry| here.join(entry)).collect();
    Ok(std::env::join_paths(entries)?.into_string().map_err(|_| "the class path is not text")?)
}
