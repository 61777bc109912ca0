//! Commands captured from real clients and servers.

use rocketmq_tower::{RemotingCommand, ResponseCode, SerializeType};

/// A send request of Java's client, with 13 ext fields.
pub(crate) const SEND: &str = "java client SEND_MESSAGE_V2";
pub(crate) const PULL: &str = "java client PULL_MESSAGE";
pub(crate) const HEART_BEAT: &str = "java client HEART_BEAT";

/// Both header encodings, by name.
pub(crate) const HEADERS: [(&str, SerializeType); 2] =
    [("json", SerializeType::Json), ("binary", SerializeType::RocketMq)];

/// A captured command with this header encoding.
pub(crate) fn captured(name: &str, header: SerializeType) -> RemotingCommand {
    rocketmq_tower_test_support::captured(name).with_serialize_type(header)
}

/// A captured command with a body of `body` bytes.
pub(crate) fn sized(name: &str, header: SerializeType, body: usize) -> RemotingCommand {
    captured(name, header).with_body(vec![b'x'; body])
}

/// The response to a request, with the request's body.
pub(crate) fn answered(request: &RemotingCommand) -> RemotingCommand {
    let mut answer = RemotingCommand::response(ResponseCode::SUCCESS)
        .with_serialize_type(request.serialize_type())
        .with_body(request.body().clone());
    answer.set_opaque(request.opaque());
    answer
}
