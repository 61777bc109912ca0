//! Signed requests, as Java's clients sign them.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use rocketmq_tower::{BoxError, RemotingCommand, SerializeType};
use sha1::Sha1;
use std::collections::BTreeMap;

/// The signature is one of the values of all fields, in the order of the fields' names, and of the
/// body. Empty values are nothing in JSON; in the binary header, Java reads them as `null`, and takes
/// that word for the value.
pub(super) fn sign(
    request: &mut RemotingCommand,
    user: &str,
    password: &str,
) -> Result<(), BoxError> {
    request.ext_fields_mut().remove("Signature");
    request.ext_fields_mut().insert("AccessKey", user);
    let mut signature = Hmac::<Sha1>::new_from_slice(password.as_bytes())?;
    let fields: BTreeMap<&str, &str> = request.ext_fields().iter().collect();
    let binary = request.serialize_type() == SerializeType::RocketMq;
    for value in fields.values() {
        let value = if binary && value.is_empty() { "null" } else { value };
        signature.update(value.as_bytes());
    }
    signature.update(request.body());
    let signature = STANDARD.encode(signature.finalize().into_bytes());
    request.ext_fields_mut().insert("Signature", &signature);
    Ok(())
}
