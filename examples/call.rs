//! Sends one request to a server and prints the response as JSON, like `curl` for the remoting
//! protocol.
//!
//! ```sh
//! cargo run --release --example call -- 127.0.0.1:9876 GET_ROUTEINFO_BY_TOPIC --field topic=TopicTest
//! cargo run --release --example call -- 127.0.0.1:9876 310 --field b=TopicTest --body 'hello' --binary
//! ```

use clap::Parser;
use rocketmq_tower::{
    BoxError, LanguageCode, MqVersion, RemotingCommand, RequestCode, SerializeType,
};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Parser)]
struct Options {
    /// Host and port of the server.
    addr: String,
    /// The request code: a number, or its name in RocketMQ.
    code: RequestCode,
    /// An ext field, as NAME=VALUE. May be repeated.
    #[arg(long, value_parser = field)]
    field: Vec<(String, String)>,
    /// The request's body.
    #[arg(long, conflicts_with = "body_file", default_value = "")]
    body: String,
    /// A file with the request's body.
    #[arg(long)]
    body_file: Option<PathBuf>,
    /// Encode the header in binary instead of JSON.
    #[arg(long)]
    binary: bool,
    /// Send a oneway request, and do not wait for a response.
    #[arg(long)]
    oneway: bool,
    /// The version that the request claims to come from, as a number.
    #[arg(long, default_value_t = MqVersion::CURRENT.as_i32())]
    version: i32,
    /// The language that the request claims to come from.
    #[arg(long, default_value = "RUST")]
    language: String,
    /// Timeout of the call, in milliseconds.
    #[arg(long, default_value_t = 3000)]
    timeout: u64,
}

fn field(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn request(options: &Options) -> Result<RemotingCommand, BoxError> {
    let body = match &options.body_file {
        Some(path) => std::fs::read(path)?,
        None => options.body.clone().into_bytes(),
    };
    let serialize_type = if options.binary { SerializeType::RocketMq } else { SerializeType::Json };
    let mut request = RemotingCommand::request(options.code)
        .with_version(options.version.into())
        .with_language(LanguageCode::from_name(&options.language))
        .with_serialize_type(serialize_type)
        .with_body(body);
    if !options.field.is_empty() {
        request.ext_fields_mut().extend(options.field.iter().map(|(name, value)| (name, value)));
    }
    Ok(request)
}

/// Prints the response as JSON. A body that is not UTF-8 is printed in hex.
fn print(answer: &RemotingCommand) -> Result<(), BoxError> {
    let fields: Map<String, Value> =
        answer.ext_fields().iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let mut json = json!({
        "code": answer.code(),
        "name": answer.response_code().name(),
        "opaque": answer.opaque(),
        "flag": answer.flag(),
        "language": answer.language().name(),
        "version": answer.version().as_i32(),
        "serializeType": answer.serialize_type().name(),
        "remark": answer.remark(),
        "extFields": fields,
    });
    match std::str::from_utf8(answer.body()) {
        Ok(text) => json["body"] = text.into(),
        Err(_) => {
            let hex: String = answer.body().iter().map(|byte| format!("{byte:02x}")).collect();
            json["bodyHex"] = hex.into();
        }
    }
    println!("{}", serde_json::to_string_pretty(&json)?);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let options = Options::parse();
    let channel = rocketmq_tower::connect(&options.addr).await?;
    let request = request(&options)?;
    if options.oneway {
        channel.invoke_oneway(request).await?;
    } else {
        print(&channel.invoke(request, Duration::from_millis(options.timeout)).await?)?;
    }
    // Draining writes a queued oneway request before the connection closes.
    channel.drain();
    match channel.closed().await {
        // A server that does not know how to drain may close first.
        reason if options.oneway && reason.is_error() => Err(reason.to_string().into()),
        _ => Ok(()),
    }
}
