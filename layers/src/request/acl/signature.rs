use super::Credentials;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rocketmq_tower_core::{MqVersion, RemotingCodec, RemotingCommand, SerializeType};
use sha1::Sha1;

pub(super) const ACCESS_KEY: &str = "AccessKey";
const SECURITY_TOKEN: &str = "SecurityToken";
const SIGNATURE: &str = "Signature";

/// Java's `MixAll.UNIQUE_MSG_QUERY_FLAG`.
const UNIQUE_KEY_QUERY: &str = "_UNIQUE_KEY_QUERY";

/// The secret key is empty, so it cannot sign or verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret key is empty")]
pub struct EmptySecretKey;

/// Signs `request` with `credentials`: sets the ext fields `AccessKey`, `SecurityToken` (or removes
/// it, if there is no token) and `Signature`. A request that is already signed is signed again.
///
/// # Errors
/// If the secret key is empty.
pub fn sign(
    request: &mut RemotingCommand,
    credentials: &Credentials,
) -> Result<(), EmptySecretKey> {
    let fields = request.ext_fields_mut();
    fields.insert(ACCESS_KEY, &credentials.access_key);
    match &credentials.security_token {
        Some(token) => fields.insert(SECURITY_TOKEN, token),
        None => _ = fields.remove(SECURITY_TOKEN),
    }
    let signature = signature(request, &credentials.secret_key)?;
    request.ext_fields_mut().insert(SIGNATURE, &signature);
    Ok(())
}

/// Returns the signature of `request` as it is now, as Java's servers and this library's accept it.
/// The [module's documentation](super) says what is signed.
///
/// # Errors
/// If the secret key is empty.
pub fn signature(request: &RemotingCommand, secret_key: &str) -> Result<String, EmptySecretKey> {
    let mac = mac(request, empty_values(request)[0], secret_key)?;
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

/// Whether the signature of `request` was made with `secret_key`, and for this request. Compares in
/// constant time, so that the duration does not reveal how much of the signature is right.
///
/// # Errors
/// If the secret key is empty.
pub fn verify(request: &RemotingCommand, secret_key: &str) -> Result<bool, EmptySecretKey> {
    if secret_key.is_empty() {
        return Err(EmptySecretKey);
    }
    // `STANDARD` accepts only the canonical Base64 text of a signature, so this is as strict as
    // Java, which compares the texts.
    let given = request.ext_fields().get(SIGNATURE).and_then(|text| STANDARD.decode(text).ok());
    let Some(given) = given else { return Ok(false) };
    for empty in empty_values(request) {
        if mac(request, empty, secret_key)?.verify_slice(&given).is_ok() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The texts that may be signed for an empty value. All servers accept the first one.
///
/// Java's servers read the empty values of binary headers as nulls, and sign the text `null` for
/// them. Java's clients sign the empty text.
fn empty_values(request: &RemotingCommand) -> &'static [&'static str] {
    match RemotingCodec::serialize_type_of(request) {
        SerializeType::RocketMq if signed_fields(request).any(|(_, value)| value.is_empty()) => {
            &["null", ""]
        }
        _ => &[""],
    }
}

fn mac(
    request: &RemotingCommand,
    empty: &str,
    secret_key: &str,
) -> Result<Hmac<Sha1>, EmptySecretKey> {
    if secret_key.is_empty() {
        return Err(EmptySecretKey);
    }
    // HMAC takes keys of any length, so this does not fail.
    let mut mac = Hmac::new_from_slice(secret_key.as_bytes()).map_err(|_| EmptySecretKey)?;
    let mut fields: Vec<_> = signed_fields(request).collect();
    fields.sort_unstable_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    for (_, value) in fields {
        let value = if value.is_empty() { empty } else { value };
        mac.update(value.as_bytes());
    }
    mac.update(request.body());
    Ok(mac)
}

fn signed_fields(request: &RemotingCommand) -> impl Iterator<Item = (&str, &str)> {
    let is_old = request.version() <= MqVersion::V4_9_3;
    let fields = request.ext_fields().iter();
    fields.filter(move |(name, _)| *name != SIGNATURE && !(is_old && *name == UNIQUE_KEY_QUERY))
}
