//! Commands as real clients and servers wrote them.

use rocketmq_tower::{RemotingCommand, ResponseCode, SerializeType};

/// Of Java's client, with 13 fields.
pub(crate) const SEND: &str = "java client SEND_MESSAGE_V2";
pub(crate) const PULL: &str = "java client PULL_MESSAGE";
pub(crate) const HEART_BEAT: &str = "java client HEART_BEAT";

/// Both forms of a header, by name.
pub(crate) const HEADERS: [(&str, SerializeType); 2] =
    [("json", SerializeType::Json), ("binary", SerializeType::RocketMq)];

/// A captured command, with its header in this form.
pub(crate) fn captured(name: &str, header: SerializeType) -> RemotingCommand {
    rocketmq_tower_test_support::captured(name).with_serialize_type(header)
}

/// A captured command with a body of `body` bytes.
pub(crate) fn sized(name: &str, header: SerializeType, body: usize) -> RemotingCommand {
    captured(name, header).with_body(vec![b'x'; body])
}

/// The answer to a request, with its body.
pub(crate) fn answered(request: &RemotingCommand) -> RemotingCommand {
    let mut answer = RemotingCommand::response(ResponseCode::SUCCESS)
        .with_serialize_type(request.serialize_type())
        .with_body(request.body().clone());
    answer.set_opaque(request.opaque());
    answer
}
