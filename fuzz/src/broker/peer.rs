//! A peer with one connection.

use super::ledger::{Expected, Ledger};
use bytes::BytesMut;
use rocketmq_tower_core::{RemotingCodec, RemotingCommand, ResponseCode};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::codec::{Decoder, Encoder};

/// The maximum time until an answer: a pop waits for 60 s, a pull for 30 s, and what else there is for a few
/// seconds.
const PATIENCE: Duration = Duration::from_secs(70);

pub(super) struct Peer {
    writer: WriteHalf<DuplexStream>,
    inbox: Arc<Mutex<Inbox>>,
    reader: JoinHandle<()>,
    /// The requests without an answer, by opaque.
    pending: HashMap<i32, (Instant, Expected)>,
    /// The opaque of the last request.
    last: i32,
}

/// The frames that have arrived.
#[derive(Default)]
struct Inbox {
    frames: Vec<RemotingCommand>,
    ended: bool,
}

impl Peer {
    pub(super) fn new(io: DuplexStream) -> Self {
        let (read, writer) = tokio::io::split(io);
        let inbox = Arc::new(Mutex::new(Inbox::default()));
        let reader = tokio::spawn(fill(read, Arc::clone(&inbox)));
        Self { writer, inbox, reader, pending: HashMap::new(), last: 0 }
    }

    pub(super) async fn send(&mut self, mut request: RemotingCommand) {
        self.last += 1;
        request.set_opaque(self.last);
        if !request.is_oneway() {
            self.pending.insert(self.last, (Instant::now(), Expected::of(&request)));
        }
        self.write(request).await;
    }

    async fn write(&mut self, command: RemotingCommand) {
        let mut bytes = BytesMut::new();
        RemotingCodec::new().encode(command, &mut bytes).expect("encodes");
        let written = timeout(PATIENCE, self.writer.write_all(&bytes)).await;
        // An error means that the broker has closed the connection.
        _ = written.expect("the broker reads");
    }

    /// Sends the end of what this side sends.
    pub(super) async fn finish(&mut self) {
        _ = self.writer.shutdown().await;
    }

    /// Handles what has arrived: the answers, of which each request has one at most, and the broker's
    /// own requests. Returns whether the connection is open.
    pub(super) async fn receive(&mut self, ledger: &mut Ledger) -> bool {
        let (frames, ended) = {
            let mut inbox = self.inbox.lock().expect("no panic");
            (std::mem::take(&mut inbox.frames), inbox.ended)
        };
        for frame in frames {
            if frame.is_response() {
                let pending = self.pending.remove(&frame.opaque());
                let Some((_, expected)) = pending else { panic!("nobody has asked for {frame:?}") };
                ledger.answered(expected, &frame);
            } else if !frame.is_oneway() {
                let mut answer = RemotingCommand::response(ResponseCode::SUCCESS);
                answer.set_opaque(frame.opaque());
                self.write(answer).await;
            }
        }
        let late = self.pending.values().find(|(since, _)| since.elapsed() > PATIENCE);
        assert!(ended || late.is_none(), "a request has no answer");
        !ended
    }

    /// Sends a request, and returns the answer.
    pub(super) async fn ask(&mut self, request: RemotingCommand) -> RemotingCommand {
        self.send(request).await;
        self.pending.remove(&self.last);
        let asked = Instant::now();
        loop {
            let mut inbox = self.inbox.lock().expect("no panic");
            if let Some(at) = inbox.frames.iter().position(|frame| frame.opaque() == self.last) {
                return inbox.frames.remove(at);
            }
            assert!(!inbox.ended && asked.elapsed() < PATIENCE, "there is no answer");
            drop(inbox);
            sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Reads to the end.
async fn fill(mut read: ReadHalf<DuplexStream>, inbox: Arc<Mutex<Inbox>>) {
    let (mut codec, mut bytes) = (RemotingCodec::new(), BytesMut::new());
    loop {
        let length = read.read_buf(&mut bytes).await.unwrap_or(0);
        let mut inbox = inbox.lock().expect("no panic");
        while let Some(frame) = codec.decode(&mut bytes).expect("sound frames") {
            inbox.frames.push(frame);
        }
        if length == 0 {
            inbox.ended = true;
            return;
        }
    }
}
