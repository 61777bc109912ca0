//! `call`: any request, like `curl` for the remoting protocol.

use crate::failure::Failure;
use crate::input;
use crate::link::Link;
use crate::options::CallOptions;
use crate::output::{Out, body_to_json};
use rocketmq_tower::{Addr, LanguageCode, RemotingCommand, SerializeType};
use serde_json::{Map, Value, json};

pub(crate) async fn run(link: &Link, options: CallOptions, out: &mut Out) -> Result<(), Failure> {
    let addr = Addr::from(options.addr.as_str());
    let request = request(&options)?;
    if options.oneway {
        link.client.invoke_oneway(addr, request, link.timeout).await?;
        link.client.shutdown(link.timeout).await;
        return Ok(());
    }
    let response = link.ask(&addr, request).await?;
    let json = to_json(&response);
    out.line(|| json.clone(), || format!("{json:#}"))?;
    match response.response_code().is_success() {
        true => Ok(()),
        false => Err(Failure::refusal(&response)),
    }
}

fn request(options: &CallOptions) -> Result<RemotingCommand, Failure> {
    let body = match &options.body_file {
        Some(path) => input::all(path)?,
        None => options.body.clone().unwrap_or_default().into_bytes(),
    };
    let serialize_type = if options.binary { SerializeType::RocketMq } else { SerializeType::Json };
    let mut request = RemotingCommand::request(options.code)
        .with_version(options.claimed_version.into())
        .with_language(LanguageCode::from_name(&options.language))
        .with_serialize_type(serialize_type)
        .with_body(body);
    if !options.field.is_empty() {
        request.ext_fields_mut().extend(options.field.iter().map(|(name, value)| (name, value)));
    }
    Ok(request)
}

/// Returns the response as JSON. A body that is not UTF-8 is written in hex.
fn to_json(response: &RemotingCommand) -> Value {
    let fields = response.ext_fields().iter();
    let fields: Map<String, Value> =
        fields.map(|(name, value)| (name.to_owned(), value.into())).collect();
    let mut json = json!({
        "code": response.code(),
        "name": response.response_code().name(),
        "opaque": response.opaque(),
        "flag": response.flag(),
        "language": response.language().name(),
        "version": response.version().as_i32(),
        "serializeType": response.serialize_type().name(),
        "remark": response.remark(),
        "extFields": fields,
    });
    if let Value::Object(json) = &mut json {
        body_to_json(response.body(), true, json);
    }
    json
}
