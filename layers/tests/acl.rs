//! `acl`: signatures.
#![cfg(feature = "acl")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower_core::{Addr, MqVersion, RemotingCommand, RequestCode, SerializeType};
use rocketmq_tower_layers::acl::{Credentials, EmptySecretKey, SignHook, sign, signature, verify};
use rocketmq_tower_layers::rpc_hook::RpcHook;

const KEY: &str = "12345678";
const FLAG: &str = "_UNIQUE_KEY_QUERY";

fn request(fields: &[(&str, &str)], body: &'static str) -> RemotingCommand {
    let mut request = RemotingCommand::request(RequestCode::QUERY_MESSAGE).with_body(body);
    request.ext_fields_mut().extend(fields.iter().copied());
    request
}

fn credentials() -> Credentials {
    Credentials::new("AK", "SK12345")
}

fn signed(fields: &[(&str, &str)], body: &'static str) -> RemotingCommand {
    let mut request = request(fields, body);
    sign(&mut request, &credentials()).expect("a key");
    request
}

/// Asserts that `content` is signed for `request`: a request with only that body has the same
/// signature.
#[track_caller]
fn assert_content(request: &RemotingCommand, content: &'static str) {
    let alone = RemotingCommand::request(1).with_body(content);
    assert_eq!(signature(request, KEY), signature(&alone, KEY));
}

fn signature_of(request: &RemotingCommand) -> &str {
    request.ext_fields().get("Signature").expect("signed")
}

/// The expected signatures were made by Java's `AclSigner` and `AclClientRPCHook`.
#[test]
fn signatures_are_javas() {
    let alone = request(&[], "RocketMQ");
    assert_eq!(signature(&alone, KEY).expect("a key"), "IUc8rrO/0gDch8CjObLQsW2rsiA=");

    let fields = [("b", "topicA"), ("a", "groupA"), ("Z", "9"), ("_x", "u")];
    let mut full = request(&fields, "hello");
    sign(&mut full, &credentials().with_security_token("TOKEN")).expect("a key");
    assert_eq!(signature_of(&full), "BC+6riMhcLVBo4RhPg6t7mlCrhM=");
    assert_eq!(full.ext_fields().get("AccessKey"), Some("AK"));
    assert_eq!(full.ext_fields().get("SecurityToken"), Some("TOKEN"));
    assert_content(&full, "AKTOKEN9ugroupAtopicAhello");

    let empty = signed(&[], "");
    assert_eq!(signature_of(&empty), "HXnU2SFpnLBoKtX5jteQjzWWL0M=");
    assert_content(&empty, "AK");
}

#[test]
fn fields_are_sorted_as_java_does_by_utf_16_units() {
    assert_content(&request(&[("a", "3"), ("_", "2"), ("B", "1"), ("aa", "4")], "5"), "12345");
    // UTF-8 has the opposite order: U+FF5E before U+1F600, whose first UTF-16 unit is U+D83D.
    let request = request(&[("\u{ff5e}", "2"), ("\u{1f600}", "1"), ("z", "0")], "");
    assert_content(&request, "012");
}

#[test]
fn only_what_was_signed_is_verified() {
    let signed = signed(&[("topic", "TopicTest"), ("queueId", "3")], "hello");
    let ok = |request: &RemotingCommand| verify(request, "SK12345").expect("a key");
    assert!(ok(&signed));
    assert!(!ok(&signed.clone().with_body("hellO")));
    assert!(!ok(&signed.clone().with_ext_field("queueId", "4")));
    assert!(!ok(&signed.clone().with_ext_field("later", "1")), "a field that was added");
    assert!(!ok(&signed.clone().with_ext_field("AccessKey", "other")));
    assert!(!verify(&signed, "SK1234").expect("a key"), "another key");
}

#[test]
fn a_signature_has_to_be_there_and_written_as_java_writes_it() {
    let signed = signed(&[], "hello");
    let right = signature_of(&signed);
    let mut missing = signed.clone();
    missing.ext_fields_mut().remove("Signature");
    assert_eq!(verify(&missing, "SK12345"), Ok(false));
    let tampered = format!("{}{}", if right.starts_with('A') { 'B' } else { 'A' }, &right[1..]);
    let (unpadded, longer) = (right.trim_end_matches('='), format!("{right}AAAA"));
    // The last two bits before the padding carry no data and must be zero.
    let last = right.as_bytes()[right.len() - 2];
    let trailing = format!("{}{}=", &right[..right.len() - 2], char::from(last + 1));
    for wrong in ["", "=", "not Base64!", &right[..8], &tampered, unpadded, &longer, &trailing] {
        let request = signed.clone().with_ext_field("Signature", wrong);
        assert_eq!(verify(&request, "SK12345"), Ok(false), "{wrong}");
    }
}

fn binary(request: RemotingCommand) -> RemotingCommand {
    request.with_serialize_type(SerializeType::RocketMq)
}

/// Java's servers require it: they read the empty values of binary headers as nulls.
#[test]
fn empty_values_of_binary_headers_are_signed_as_the_text_null() {
    let fields = [("a", "1"), ("b", ""), ("c", "2")];
    assert_content(&request(&fields, "body"), "12body");
    assert_content(&binary(request(&fields, "body")), "1null2body");
    // Neither is signed, empty or not.
    let unsigned = request(&[("Signature", ""), (FLAG, "")], "body");
    assert_content(&binary(unsigned.with_version(MqVersion::V4_9_3)), "body");
    // This code does not fit in a binary header, so the request is sent in JSON.
    let pop = RemotingCommand::request(RequestCode::POP_MESSAGE).with_ext_field("a", "");
    assert_content(&binary(pop.with_body("body")), "body");
}

/// Java's clients sign the empty text, although Java's servers read a null.
#[test]
fn empty_values_of_binary_headers_may_be_signed_as_javas_clients_do() {
    let with = |serialize_type, value: &str| {
        let request = request(&[("topic", "T")], "hello").with_serialize_type(serialize_type);
        request.with_ext_field("empty", value)
    };
    // Signs the request with the value `of`, but sends an empty value.
    let ok = |serialize_type, of| {
        let signature = signature(&with(SerializeType::Json, of), KEY).expect("a key");
        let sent = with(serialize_type, "").with_ext_field("Signature", &signature);
        verify(&sent, KEY).expect("a key")
    };
    assert!(ok(SerializeType::RocketMq, ""), "Java's clients");
    assert!(ok(SerializeType::RocketMq, "null"), "this library's, for Java's servers");
    assert!(!ok(SerializeType::RocketMq, "other"));
    assert!(ok(SerializeType::Json, ""));
    assert!(!ok(SerializeType::Json, "null"));
}

#[test]
fn old_versions_do_not_sign_the_flag_of_queries() {
    for (version, flag_counts) in [
        (MqVersion::UNSET, false),
        (MqVersion::V4_9_3, false),
        (MqVersion::from(400), true),
        (MqVersion::CURRENT, true),
    ] {
        let mut query = request(&[("key", "k")], "").with_version(version);
        sign(&mut query, &credentials()).expect("a key");
        let query = query.with_ext_field(FLAG, "true");
        assert_eq!(verify(&query, "SK12345"), Ok(!flag_counts), "{version}");
    }
}

#[test]
fn a_request_that_is_sent_again_is_signed_anew() {
    let first = SignHook::new(credentials().with_security_token("TOKEN"));
    let mut request = request(&[("topic", "T")], "hello");
    first.before(&Addr::default(), &mut request).expect("a key");
    let once = request.clone();
    first.before(&Addr::default(), &mut request).expect("a key");
    assert_eq!(request, once);

    let second = SignHook::new(Credentials::new("other", KEY));
    request.set_body("bye");
    second.before(&Addr::default(), &mut request).expect("a key");
    assert_eq!(request.ext_fields().get("SecurityToken"), None, "it was another's");
    assert_eq!(verify(&request, KEY), Ok(true));
    assert_content(&request, "otherTbye");
}

#[test]
fn an_empty_key_signs_nothing() {
    let hook = SignHook::new(Credentials::new("AK", ""));
    let mut request = request(&[], "");
    let error = hook.before(&Addr::default(), &mut request).expect_err("no key");
    assert!(error.is::<EmptySecretKey>());
    assert!(!request.ext_fields().contains("Signature"));
    assert_eq!(verify(&request, ""), Err(EmptySecretKey));
}

#[test]
fn debug_output_has_no_secrets() {
    let credentials = Credentials::new("AK", "secret").with_security_token("secret");
    let text = format!("{credentials:?} {:?}", SignHook::new(credentials.clone()));
    assert!(text.contains("AK") && !text.contains("secret"), "{text}");
}
