//! The peer: what it sends, and how it checks what it receives.

use super::calls::NUMBER;
use super::stage::Shared;
use crate::Input;
use bytes::BytesMut;
use rocketmq_tower_core::driver::ConnectionConfig;
use rocketmq_tower_core::{RemotingCodec, RemotingCommand, ResponseCode, SerializeType};
use std::collections::HashSet;
use tokio_util::codec::{Decoder, Encoder};

/// The maximum number of bytes per run: more would only take time.
const MOST: usize = 48 * 1024;

pub(super) struct Peer {
    codec: RemotingCodec,
    received: BytesMut,
    sent: usize,
    next_opaque: i32,
    /// Calls of the other side: opaque and number.
    calls: Vec<(i32, Option<String>)>,
    numbers: HashSet<i32>,
}

impl Peer {
    pub(super) fn new(config: &ConnectionConfig) -> Self {
        let codec = RemotingCodec::new().with_max_frame_length(config.max_frame_length);
        let (received, calls, numbers) = (BytesMut::new(), Vec::new(), HashSet::new());
        Self { codec, received, sent: 0, next_opaque: 1, calls, numbers }
    }

    /// Returns bytes that the fuzzer selects.
    pub(super) fn send(&mut self, input: &mut Input<'_>, kind: u8) -> Vec<u8> {
        let bytes = match kind {
            0 => self.requests(input),
            1 => self.answer(input),
            2 => self.stray_answer(input),
            _ => {
                let length = input.byte();
                input.take(length.into()).to_vec()
            }
        };
        self.sent += bytes.len();
        if self.sent > MOST { Vec::new() } else { bytes }
    }

    /// Returns requests, whose code selects what the service does.
    fn requests(&mut self, input: &mut Input<'_>) -> Vec<u8> {
        let (what, how, size) = (input.byte(), input.byte(), input.byte());
        let mut out = BytesMut::new();
        let repeat = if how & 0x40 == 0 { 1 } else { 12 };
        for _ in 0..repeat {
            let code = i32::from(what) | i32::from(size) << 8;
            let body = if how & 0x10 == 0 { size.into() } else { usize::from(size) * 24 };
            let mut request = RemotingCommand::request(code).with_body(vec![b'b'; body]);
            if how & 1 != 0 {
                request = request.oneway();
            }
            if how & 2 != 0 {
                request = request.with_serialize_type(SerializeType::RocketMq);
            }
            if how & 4 != 0 {
                request = request.with_version(400.into());
            }
            if how & 8 != 0 {
                request = request.with_ext_field("topic", "T");
            }
            // Some requests repeat the previous opaque.
            self.next_opaque += i32::from(how & 0x80 == 0);
            request.set_opaque(self.next_opaque);
            self.encode(&request, &mut out);
        }
        out.to_vec()
    }

    /// Returns the response to one of the other side's calls, possibly for a second time.
    fn answer(&mut self, input: &mut Input<'_>) -> Vec<u8> {
        let index = usize::from(input.byte());
        if self.calls.is_empty() {
            return Vec::new();
        }
        let (opaque, number) = &self.calls[index % self.calls.len()];
        let mut answer = RemotingCommand::response(ResponseCode::SUCCESS);
        if let Some(number) = number {
            answer = answer.with_ext_field(NUMBER, number);
        }
        answer.set_opaque(*opaque);
        let mut out = BytesMut::new();
        self.encode(&answer, &mut out);
        out.to_vec()
    }

    fn stray_answer(&mut self, input: &mut Input<'_>) -> Vec<u8> {
        let mut answer = RemotingCommand::response(ResponseCode::SYSTEM_ERROR);
        answer.set_opaque(i32::from(input.byte()) + 1_000_000);
        let mut out = BytesMut::new();
        self.encode(&answer, &mut out);
        out.to_vec()
    }

    fn encode(&self, command: &RemotingCommand, out: &mut BytesMut) {
        // The other side must refuse a frame that is too long.
        let mut codec = RemotingCodec::new();
        codec.encode(command, out).expect("encodes");
    }

    /// Checks what the driver wrote.
    pub(super) fn receive(&mut self, bytes: &[u8], stage: &Shared) {
        self.received.extend_from_slice(bytes);
        while let Some(command) = self.codec.decode(&mut self.received).expect("sound frames") {
            if command.is_response() {
                stage.borrow_mut().book.answer(&command);
                continue;
            }
            assert!(self.numbers.insert(command.opaque()), "a call's number was used again");
            if !command.is_oneway() {
                let number = command.ext_fields().get(NUMBER).map(str::to_owned);
                self.calls.push((command.opaque(), number));
            }
        }
    }

    /// Whether no incomplete frame is left.
    pub(super) fn is_even(&self) -> bool {
        self.received.is_empty()
    }
}
