//! Commands as real clients and servers wrote them.

use bytes::BytesMut;
use rocketmq_tower::{RemotingCodec, RemotingCommand, ResponseCode, SerializeType};
use tokio_util::codec::{Decoder, Encoder};

/// Of Java's client, with 13 fields.
pub(crate) const SEND: &str = "java client SEND_MESSAGE_V2";
pub(crate) const PULL: &str = "java client PULL_MESSAGE";
pub(crate) const HEART_BEAT: &str = "java client HEART_BEAT";

/// Both forms of a header, by name.
pub(crate) const HEADERS: [(&str, SerializeType); 2] =
    [("json", SerializeType::Json), ("binary", SerializeType::RocketMq)];

/// A captured command, with its header in this form.
pub(crate) fn captured(name: &str, header: SerializeType) -> RemotingCommand {
    let mut lines = include_str!("../../../core/tests/data/captured_frames.txt").lines();
    lines.find(|line| *line == name).expect("a captured frame of this name");
    let digits = lines.next().expect("its bytes").as_bytes().chunks(2);
    let digits = digits.map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    let bytes: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect();
    decode(&mut BytesMut::from(&bytes[..])).with_serialize_type(header)
}

/// A captured command with a body of so many bytes.
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

pub(crate) fn encoded(command: &RemotingCommand) -> BytesMut {
    let mut bytes = BytesMut::new();
    RemotingCodec::new().encode(command, &mut bytes).expect("encodes");
    bytes
}

pub(crate) fn decode(bytes: &mut BytesMut) -> RemotingCommand {
    RemotingCodec::new().decode(bytes).expect("decodes").expect("a whole frame")
}
