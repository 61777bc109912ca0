//! A peer in memory that answers every request at once.

use crate::support::frames;
use memchr::memmem;
use rocketmq_tower::{RemotingCommand, SerializeType};
use rocketmq_tower_test_support::encode;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The opaque of the template, which is found there as text or as bytes.
const OPAQUE: i32 = 1_234_567_890;

/// Answers every whole frame that is written with the same response, except for the request's
/// opaque. It only reads the opaque and copies the response, so it costs little.
pub(crate) struct Reflecting {
    header: SerializeType,
    /// The response before and after its opaque, without the length field and the header word.
    around: (Vec<u8>, Vec<u8>),
    /// The length of the response's body.
    body: usize,
    requests: Vec<u8>,
    answers: Vec<u8>,
    read: usize,
    reader: Option<Waker>,
}

impl Reflecting {
    /// Creates a peer that answers requests like this one with their body.
    pub(crate) fn new(request: &RemotingCommand) -> Self {
        let mut answer = frames::answered(request);
        answer.set_opaque(OPAQUE);
        let (header, body) = (request.serialize_type(), answer.body().len());
        let opaque = match header {
            SerializeType::Json => OPAQUE.to_string().into_bytes(),
            SerializeType::RocketMq => OPAQUE.to_be_bytes().to_vec(),
        };
        let frame = &encode(&answer)[8..];
        let at = memmem::find(frame, &opaque).expect("an opaque");
        let around = (frame[..at].to_vec(), frame[at + opaque.len()..].to_vec());
        let (requests, answers) = (Vec::new(), Vec::new());
        Self { header, around, body, requests, answers, read: 0, reader: None }
    }

    /// Answers all whole requests.
    fn answer(&mut self) {
        let mut rest = &self.requests[..];
        while let Some((length, frames)) = rest.split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*length) as usize;
            let Some((request, next)) = frames.split_at_checked(length) else { break };
            let opaque = opaque(self.header, &request[4..]);
            let length = 4 + self.around.0.len() + opaque.len() + self.around.1.len();
            let word = (length - 4 - self.body) as u32 | (u32::from(request[0]) << 24);
            self.answers.extend_from_slice(&(length as u32).to_be_bytes());
            self.answers.extend_from_slice(&word.to_be_bytes());
            self.answers.extend_from_slice(&self.around.0);
            self.answers.extend_from_slice(opaque);
            self.answers.extend_from_slice(&self.around.1);
            rest = next;
        }
        let done = self.requests.len() - rest.len();
        self.requests.drain(..done);
    }
}

/// The opaque as it is encoded in a request's header.
fn opaque(form: SerializeType, header: &[u8]) -> &[u8] {
    const NAME: &[u8] = b"\"opaque\":";
    match form {
        SerializeType::Json => {
            let value = memmem::find(header, NAME).expect("an opaque") + NAME.len();
            let digits = header[value..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            &header[value..value + digits]
        }
        // After code, language and version.
        SerializeType::RocketMq => &header[5..9],
    }
}

impl AsyncRead for Reflecting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = buffer.remaining().min(self.answers.len() - self.read);
        if count == 0 {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        buffer.put_slice(&self.answers[self.read..self.read + count]);
        self.read += count;
        if self.read == self.answers.len() {
            self.answers.clear();
            self.read = 0;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Reflecting {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.requests.extend_from_slice(bytes);
        self.answer();
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
