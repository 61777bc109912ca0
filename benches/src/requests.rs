//! The requests to send, encoded once, and how to set and find their numbers.

use bytes::{Bytes, BytesMut};
use clap::ValueEnum;
use memchr::memmem;
use rocketmq_tower::{
    BoxError, LanguageCode, RemotingCodec, RemotingCommand, RequestCode, ResponseCode,
    SerializeType,
};
use tokio_util::codec::{Decoder, Encoder};

/// The header encoding of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Header {
    Json,
    Binary,
}

/// The first opaque. All opaques have ten digits, so that they can be set in place.
const FIRST: u32 = 1_000_000_000;

/// The number of opaques in use.
pub(crate) const OPAQUES: u32 = 1_000_000_000;

const JSON_CODE: &[u8] = b"\"code\":";
const JSON_OPAQUE: &[u8] = b"\"opaque\":";

/// Where the opaque is: after the frame length, the header word, code, language and version.
const BINARY_OPAQUE: usize = 4 + 4 + 2 + 1 + 2;

/// The send request of a producer of Java's client, with a body of `body` bytes.
pub(crate) fn send_message(header: Header, body: usize) -> RemotingCommand {
    let mut request = RemotingCommand::request(RequestCode::SEND_MESSAGE_V2)
        .with_language(LanguageCode::JAVA)
        .with_body(vec![b'x'; body]);
    if header == Header::Binary {
        request = request.with_serialize_type(SerializeType::RocketMq);
    }
    let properties = "KEYS\u{1}order-1017\u{2}UNIQ_KEY\u{1}7F0000010A2C18B4AAC2699A5C2A0000\u{2}\
                      WAIT\u{1}true\u{2}TAGS\u{1}TagA\u{2}";
    let fields = [
        ("a", "PID_producer_group"),
        ("b", "TopicTest"),
        ("c", "TBW102"),
        ("d", "4"),
        ("e", "0"),
        ("f", "0"),
        ("g", "1795341540052"),
        ("h", "0"),
        ("i", properties),
        ("j", "0"),
        ("k", "false"),
        ("m", "false"),
        ("n", "broker-a"),
    ];
    for (name, value) in fields {
        request.ext_fields_mut().insert(name, value);
    }
    request
}

/// Ten digits that [`Template::numbered`] finds in a frame.
pub(crate) const PLACEHOLDER: &str = "7777777777";

/// A frame whose opaque can be set.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) frame: Bytes,
    opaque_at: usize,
    number_at: Option<usize>,
    header: Header,
    body: usize,
}

impl Template {
    pub(crate) fn new(header: Header, body: usize) -> Result<Self, BoxError> {
        Self::of(send_message(header, body))
    }

    /// Encodes `request`.
    pub(crate) fn of(mut request: RemotingCommand) -> Result<Self, BoxError> {
        let body = request.body().len();
        let header = match request.serialize_type() {
            SerializeType::RocketMq => Header::Binary,
            _ => Header::Json,
        };
        request.set_opaque(i32::try_from(FIRST)?);
        let mut frame = BytesMut::new();
        RemotingCodec::new().encode(&request, &mut frame)?;
        let opaque_at = match header {
            Header::Binary => BINARY_OPAQUE,
            Header::Json => {
                let at = memmem::find(&frame, JSON_OPAQUE).ok_or("no opaque in the frame")?;
                at + JSON_OPAQUE.len()
            }
        };
        Ok(Self { frame: frame.freeze(), opaque_at, number_at: None, header, body })
    }

    /// Also sets the digits of [`PLACEHOLDER`], so that each frame has its own.
    pub(crate) fn numbered(mut self) -> Result<Self, BoxError> {
        let at = memmem::find(&self.frame[..self.head()], PLACEHOLDER.as_bytes());
        self.number_at = Some(at.ok_or("no placeholder in the frame")?);
        Ok(self)
    }

    /// The length of the frame without its body.
    pub(crate) fn head(&self) -> usize {
        self.frame.len() - self.body
    }

    /// Sets the opaque of `frame`, a copy of the template's frame, for the request `number`.
    pub(crate) fn set_opaque(&self, frame: &mut [u8], number: u32) {
        let opaque = FIRST + number;
        match self.header {
            Header::Binary => frame[self.opaque_at..][..4].copy_from_slice(&opaque.to_be_bytes()),
            Header::Json => set_digits(&mut frame[self.opaque_at..][..10], opaque.into()),
        }
        if let Some(at) = self.number_at {
            set_digits(&mut frame[at..][..PLACEHOLDER.len()], number.into());
        }
    }
}

/// Writes `number` with leading zeros.
pub(crate) fn set_digits(field: &mut [u8], mut number: u64) {
    for digit in field.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Checks responses.
#[derive(Debug)]
pub(crate) struct Answers {
    body: usize,
    code: memmem::Finder<'static>,
    opaque: memmem::Finder<'static>,
}

impl Answers {
    /// Expects responses with bodies of `body` bytes.
    pub(crate) fn new(body: usize) -> Self {
        let [code, opaque] = [JSON_CODE, JSON_OPAQUE].map(memmem::Finder::new);
        Self { body, code, opaque }
    }

    /// Returns the number of the request that `frame` answers. Checks the code and the length of its
    /// body, not its content.
    pub(crate) fn number(&self, frame: &[u8]) -> Result<u32, BoxError> {
        let head = self.success(frame)?;
        if frame.len() != head + self.body {
            return Err(format!("a body of {} bytes", frame.len() - head).into());
        }
        let kind = frame[4];
        let opaque = match kind {
            1 => binary_opaque(frame),
            _ => self.opaque.find(&frame[8..head]).map(|at| digits(&frame[8 + at + 9..head])),
        };
        opaque.and_then(|opaque| opaque.checked_sub(FIRST)).ok_or("no opaque".into())
    }

    /// Checks that the code of a response is success. Returns the end of the header.
    pub(crate) fn success(&self, frame: &[u8]) -> Result<usize, BoxError> {
        let (kind, head) = header(frame).ok_or("no header")?;
        let success = match kind {
            1 => frame[8..].starts_with(&[0, 0]),
            _ => {
                let value = self.code.find(&frame[8..head]).map(|at| &frame[8 + at + 7..head]);
                value.is_some_and(|value| matches!(value, [b'0', b',' | b'}' | b' ', ..]))
            }
        };
        if !success {
            let answer = RemotingCodec::new().decode(&mut BytesMut::from(frame))?;
            return Err(format!("not success: {answer:?}").into());
        }
        Ok(head)
    }

    /// Checks a whole frame: it must be a response, with success and the request's body.
    pub(crate) fn check(&self, frame: &[u8]) -> Result<(), BoxError> {
        let answer = RemotingCodec::new()
            .decode(&mut BytesMut::from(frame))?
            .ok_or("the response is incomplete")?;
        if !answer.is_response() || answer.response_code() != ResponseCode::SUCCESS {
            return Err(format!("not success: {answer:?}").into());
        }
        if answer.body().len() != self.body || answer.body().iter().any(|byte| *byte != b'x') {
            return Err("the body is not that of the request".into());
        }
        Ok(())
    }
}

/// The length of the frame at the beginning of `bytes`, including its length field.
pub(crate) fn frame_length(bytes: &[u8]) -> Option<usize> {
    Some(u32::from_be_bytes(bytes.first_chunk().copied()?) as usize + 4)
}

/// The type and the end of a frame's header.
pub(crate) fn header(frame: &[u8]) -> Option<(u8, usize)> {
    let field: [u8; 4] = frame.get(4..8)?.try_into().ok()?;
    let end = 8 + (u32::from_be_bytes(field) & 0xff_ffff) as usize;
    (frame.len() >= end).then_some((field[0], end))
}

fn binary_opaque(frame: &[u8]) -> Option<u32> {
    frame.get(BINARY_OPAQUE..)?.first_chunk().copied().map(u32::from_be_bytes)
}

fn digits(text: &[u8]) -> u32 {
    let digits = text.iter().skip_while(|byte| **byte == b' ').take_while(|b| b.is_ascii_digit());
    digits.fold(0, |sum: u32, digit| sum.wrapping_mul(10).wrapping_add(u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_set_and_found() {
        for header in [Header::Json, Header::Binary] {
            let template = Template::new(header, 128).unwrap();
            let mut frame = template.frame.to_vec();
            for number in [0, 7, 123_456_789, OPAQUES - 1] {
                template.set_opaque(&mut frame, number);
                let bytes = &mut BytesMut::from(&frame[..]);
                let request = RemotingCodec::new().decode(bytes).unwrap().unwrap();
                assert_eq!(request.opaque() as u32, FIRST + number);
                let answer = answer(&request, ResponseCode::SUCCESS);
                assert_eq!(Answers::new(128).number(&answer).unwrap(), number);
                assert!(Answers::new(127).number(&answer).is_err());
                Answers::new(128).check(&answer).unwrap();
            }
            assert!(Answers::new(128).check(&frame).is_err(), "a request is no answer");
        }
    }

    #[test]
    fn other_codes_are_errors() {
        for header in [Header::Json, Header::Binary] {
            let request = send_message(header, 128);
            let refused = answer(&request, ResponseCode::SYSTEM_BUSY);
            let error = Answers::new(128).number(&refused).unwrap_err().to_string();
            assert!(error.starts_with("not success"), "{error}");
        }
    }

    #[test]
    fn each_frame_has_its_own_number() {
        let request = send_message(Header::Json, 9).with_ext_field("key", PLACEHOLDER);
        let template = Template::of(request).unwrap().numbered().unwrap();
        let mut frame = template.frame.to_vec();
        template.set_opaque(&mut frame, 42);
        let request = RemotingCodec::new().decode(&mut BytesMut::from(&frame[..]));
        let request = request.unwrap().unwrap();
        assert_eq!(request.ext_fields().get("key"), Some("0000000042"));
    }

    /// The frame of an echo of `request`.
    fn answer(request: &RemotingCommand, code: ResponseCode) -> Vec<u8> {
        let mut answer = RemotingCommand::response(code)
            .with_serialize_type(request.serialize_type())
            .with_body(request.body().clone());
        answer.set_opaque(request.opaque());
        let mut frame = BytesMut::new();
        RemotingCodec::new().encode(&answer, &mut frame).unwrap();
        frame.to_vec()
    }
}
