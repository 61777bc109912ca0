//! Reads a PROXY header, and as little as possible beyond it.

use super::error::ProxyError;
use proxy_header::{ParseConfig, ProxyHeader};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

/// Maximum length in bytes of a version 1 header, including its line end.
pub(super) const V1_MAX: usize = 107;
const V1_START: &[u8] = b"PROXY ";

const V2_START: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The signature, version and command, family, and the length of the rest.
const V2_FIXED: usize = V2_START.len() + 4;

/// Bytes read at a time.
const CHUNK: usize = 256;

/// Collects a connection's first bytes until its header is complete.
#[derive(Debug)]
pub(super) struct HeaderReader {
    bytes: Vec<u8>,
    max_length: usize,
    required: bool,
}

/// How a connection begins.
#[derive(Debug, PartialEq, Eq)]
enum Beginning {
    /// Unknown until more bytes arrive.
    Open,
    /// With a header of this length.
    Header(usize),
    /// With something other than a header.
    Other,
}

impl HeaderReader {
    pub(super) const fn new(max_length: usize, required: bool) -> Self {
        Self { bytes: Vec::new(), max_length, required }
    }

    /// Ready with the length of the header once it is complete; `None` without a header.
    pub(super) fn poll<Io: AsyncRead + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        io: &mut Io,
    ) -> Poll<Result<Option<usize>, ProxyError>> {
        loop {
            match beginning(&self.bytes, self.max_length) {
                Ok(Beginning::Open) => {}
                Ok(Beginning::Header(length)) => return Poll::Ready(Ok(Some(length))),
                Ok(Beginning::Other) if self.required => {
                    return Poll::Ready(Err(ProxyError::Missing));
                }
                Ok(Beginning::Other) => return Poll::Ready(Ok(None)),
                Err(error) => return Poll::Ready(Err(error)),
            }
            let mut chunk = [0; CHUNK];
            let mut buffer = ReadBuf::new(&mut chunk);
            if let Err(error) = ready!(Pin::new(&mut *io).poll_read(cx, &mut buffer)) {
                return Poll::Ready(Err(ProxyError::Io(error)));
            }
            if buffer.filled().is_empty() {
                return Poll::Ready(self.ended());
            }
            self.bytes.extend_from_slice(buffer.filled());
        }
    }

    fn ended(&self) -> Result<Option<usize>, ProxyError> {
        match self.bytes.as_slice() {
            [] => Err(ProxyError::Closed),
            // Too short to be a header: pass the bytes on.
            bytes if !self.required && bytes.len() < V1_START.len() => Ok(None),
            _ => Err(ProxyError::EndInHeader),
        }
    }

    /// Parses the first `length` bytes as a header.
    pub(super) fn parse(&self, length: usize) -> Result<ProxyHeader<'_>, ProxyError> {
        let bytes = self.bytes.get(..length).unwrap_or_default();
        match ProxyHeader::parse(bytes, ParseConfig::default()) {
            Ok((header, used)) if used == length => Ok(header),
            _ => Err(ProxyError::Malformed),
        }
    }

    /// Returns the bytes read beyond the header, which is `length` bytes long.
    pub(super) fn into_rest(mut self, length: usize) -> Vec<u8> {
        self.bytes.split_off(length.min(self.bytes.len()))
    }
}

fn beginning(bytes: &[u8], max_length: usize) -> Result<Beginning, ProxyError> {
    if starts(bytes, V1_START) {
        let line = bytes.get(..V1_MAX).unwrap_or(bytes);
        return match line.windows(2).position(|end| end == b"\r\n") {
            Some(at) => Ok(Beginning::Header(at + 2)),
            None if bytes.len() < V1_MAX => Ok(Beginning::Open),
            None => Err(ProxyError::Endless { max: V1_MAX }),
        };
    }
    if starts(bytes, V2_START) {
        let Some([high, low]) = bytes.get(V2_FIXED - 2..V2_FIXED) else {
            return Ok(Beginning::Open);
        };
        let length = V2_FIXED + usize::from(u16::from_be_bytes([*high, *low]));
        if length > max_length {
            return Err(ProxyError::TooLong { length, max: max_length });
        }
        let complete = bytes.len() >= length;
        return Ok(if complete { Beginning::Header(length) } else { Beginning::Open });
    }
    Ok(Beginning::Other)
}

/// Returns whether one of `bytes` and `start` is a prefix of the other.
fn starts(bytes: &[u8], start: &[u8]) -> bool {
    bytes.iter().zip(start).all(|(byte, start)| byte == start)
}

#[cfg(test)]
mod tests {
    use super::{Beginning, V1_MAX, beginning};

    fn told(bytes: &[u8]) -> Result<Beginning, String> {
        beginning(bytes, 4096).map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_byte_that_cannot_be_a_headers_decides() {
        for bytes in [
            &b"\0\0\0\x20"[..],
            b"\x16\x03\x01",
            b"PROXX",
            b"PROXY\r\n",
            b"\r\n\r\r",
            b"\r\n\r\n\0\r\nQUIT\r",
            b"Q",
        ] {
            assert_eq!(told(bytes), Ok(Beginning::Other), "{bytes:?}");
        }
        for bytes in [&b""[..], b"P", b"PROXY", b"PROXY ", b"\r", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0"]
        {
            assert_eq!(told(bytes), Ok(Beginning::Open), "{bytes:?}");
        }
    }

    #[test]
    fn a_line_ends_within_107_bytes() {
        let line = |length: usize| [b"PROXY ", &vec![b'x'; length - 8][..], b"\r\n"].concat();
        for length in 8..=V1_MAX {
            let line = line(length);
            assert_eq!(told(&line), Ok(Beginning::Header(length)));
            assert_eq!(told(&line[..length - 1]), Ok(Beginning::Open));
            assert_eq!(told(&[&line[..], b"\r\n"].concat()), Ok(Beginning::Header(length)));
        }
        assert!(told(&line(V1_MAX + 1)).unwrap_err().contains("no end within 107 bytes"));
        assert!(told(&line(V1_MAX + 1)[..V1_MAX]).unwrap_err().contains("no end within"));
    }

    #[test]
    fn a_length_is_refused_as_soon_as_it_is_read() {
        let start = b"\r\n\r\n\0\r\nQUIT\n\x21\x11";
        let header = |length: u16| [&start[..], &length.to_be_bytes()].concat();
        assert_eq!(told(&header(0)), Ok(Beginning::Header(16)));
        assert_eq!(told(&header(4080)), Ok(Beginning::Open));
        assert_eq!(told(&[header(4080), vec![0; 5000]].concat()), Ok(Beginning::Header(4096)));
        assert_eq!(
            told(&header(4081)).unwrap_err(),
            "its PROXY header of 4097 bytes exceeds the limit of 4096"
        );
        assert!(told(&header(u16::MAX)).is_err());
    }
}
