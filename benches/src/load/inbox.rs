//! The bytes received on one connection.

use crate::requests::frame_length;
use std::io;
use tokio::net::TcpStream;

/// The maximum length of one read. Longer frames get a buffer of their length.
const BUFFER: usize = 256 * 1024;

#[derive(Debug)]
pub(crate) struct Inbox {
    buffer: Vec<u8>,
    begin: usize,
    end: usize,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self { buffer: vec![0; BUFFER], begin: 0, end: 0 }
    }

    /// Reads what has arrived. Returns whether there was anything.
    pub(crate) fn read(&mut self, stream: &TcpStream) -> io::Result<bool> {
        self.make_room();
        match stream.try_read(&mut self.buffer[self.end..]) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                self.end += read;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns the next whole frame.
    pub(crate) fn next(&mut self) -> Option<&[u8]> {
        let rest = &self.buffer[self.begin..self.end];
        let length = frame_length(rest).filter(|length| *length <= rest.len())?;
        let begin = self.begin;
        self.begin += length;
        Some(&self.buffer[begin..self.begin])
    }

    /// Moves the incomplete last frame to the front, and makes room for the rest of it.
    fn make_room(&mut self) {
        self.buffer.copy_within(self.begin..self.end, 0);
        self.end -= self.begin;
        self.begin = 0;
        let length = frame_length(&self.buffer[..self.end]).unwrap_or_default();
        if length > self.buffer.len() {
            self.buffer.resize(length, 0);
        }
    }
}
