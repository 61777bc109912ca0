//! How many messages a request or a response holds.

use super::rule::Direction;
use rocketmq_tower_core::{RemotingCommand, RequestCode as Code, ResponseCode};

/// The part of a quota that a request or a response uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

/// Returns which way messages go in an exchange, if they do.
pub(super) fn direction(code: Code) -> Option<Direction> {
    match code {
        Code::SEND_MESSAGE_V2
        | Code::SEND_MESSAGE
        | Code::SEND_BATCH_MESSAGE
        | Code::SEND_REPLY_MESSAGE
        | Code::SEND_REPLY_MESSAGE_V2 => Some(Direction::Send),
        Code::PULL_MESSAGE
        | Code::LITE_PULL_MESSAGE
        | Code::POP_MESSAGE
        | Code::PEEK_MESSAGE
        | Code::QUERY_MESSAGE
        | Code::VIEW_MESSAGE_BY_ID => Some(Direction::Receive),
        _ => None,
    }
}

impl Amount {
    pub(super) fn sent(request: &RemotingCommand) -> Self {
        let body = request.body();
        let messages = if is_batch(request) { count(body).max(1) } else { 1 };
        Self { messages, bytes: body.len() as u64 }
    }

    pub(super) fn received(response: &RemotingCommand) -> Self {
        if response.response_code() != ResponseCode::SUCCESS {
            return Self { messages: 0, bytes: 0 };
        }
        Self { messages: count(response.body()), bytes: response.body().len() as u64 }
    }
}

/// C++ clients send batches with the codes of single messages, and say so in a field.
fn is_batch(request: &RemotingCommand) -> bool {
    let field = match request.request_code() {
        Code::SEND_BATCH_MESSAGE => return true,
        Code::SEND_MESSAGE | Code::SEND_REPLY_MESSAGE => "batch",
        _ => "m",
    };
    request
        .ext_fields()
        .get(field)
        .is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
}

/// Counts messages, each of which begins with its size in 4 bytes. What is no message ends the count.
fn count(mut bytes: &[u8]) -> u64 {
    let mut messages = 0;
    while let Some((size, _)) = bytes.split_first_chunk::<4>() {
        let size = u32::from_be_bytes(*size) as usize;
        match bytes.get(size..) {
            Some(rest) if size >= 4 => bytes = rest,
            _ => break,
        }
        messages += 1;
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::{Amount, count};
    use rocketmq_tower_core::message::SendHeader;
    use rocketmq_tower_core::{RemotingCommand, RequestCode, ResponseCode};

    /// Messages of 23 bytes each.
    fn batch(messages: usize) -> Vec<u8> {
        let mut message = [0; 23];
        message[3] = 23;
        message.repeat(messages)
    }

    #[test]
    fn batches_count_their_messages_in_each_of_their_forms() {
        let mut header = SendHeader::new("p", "t", 0);
        let single = header.request().with_body(batch(3));
        assert_eq!(Amount::sent(&single), Amount { messages: 1, bytes: 69 });
        header.batch = true;
        let mut request = header.request().with_body(batch(3));
        assert_eq!(request.request_code(), RequestCode::SEND_BATCH_MESSAGE);
        assert_eq!(Amount::sent(&request), Amount { messages: 3, bytes: 69 });
        request.set_code(RequestCode::SEND_MESSAGE_V2);
        assert_eq!(Amount::sent(&request).messages, 3, "as C++ sends it");
        let words =
            RemotingCommand::request(RequestCode::SEND_MESSAGE).with_ext_field("batch", "True");
        assert_eq!(Amount::sent(&words.with_body(batch(2))).messages, 2);
    }

    #[test]
    fn what_is_no_message_ends_the_count() {
        for (bytes, expected) in [
            (&b""[..], 0),
            (&[0, 0, 0], 0),
            (&[0, 0, 0, 0, 0, 0, 0, 4], 0),
            (&[0, 0, 0, 4, 0, 0, 0, 5], 1),
            (&[0, 0, 0, 5, 9, 0, 0, 0, 4], 2),
            (&[0xff; 16], 0),
        ] {
            assert_eq!(count(bytes), expected, "{bytes:?}");
        }
        let odd = RemotingCommand::request(RequestCode::SEND_BATCH_MESSAGE).with_body("no batch");
        assert_eq!(Amount::sent(&odd).messages, 1, "a send is at least one");
    }

    #[test]
    fn only_a_success_has_messages() {
        let response = |code| RemotingCommand::response(code).with_body(batch(4));
        assert_eq!(Amount::received(&response(ResponseCode::SUCCESS)).messages, 4);
        let none = Amount { messages: 0, bytes: 0 };
        assert_eq!(Amount::received(&response(ResponseCode::PULL_NOT_FOUND)), none);
    }
}
