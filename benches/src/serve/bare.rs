//! The bare limit: only the work that any server on tokio must do. A request becomes its response
//! in place, in the read buffer: nothing is decoded, copied, allocated, bounded or monitored.

use crate::requests::{frame_length, header};
use memchr::memmem::Finder;
use rocketmq_tower::BoxError;
use std::io;
use std::sync::LazyLock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The initial length of the read buffer. Longer frames enlarge it.
const BUFFER: usize = 64 * 1024;

static FLAG: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"flag\":0"));
static CODE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"code\":"));

pub(crate) async fn serve(listener: TcpListener) -> Result<(), BoxError> {
    loop {
        let (stream, _) = listener.accept().await?;
        // Errors of connections do not matter here.
        tokio::spawn(async move { answer_all(stream).await.ok() });
    }
}

async fn answer_all(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; BUFFER];
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        let (whole, next) = answer(&mut buffer[..filled])?;
        stream.write_all(&buffer[..whole]).await?;
        buffer.copy_within(whole..filled, 0);
        filled -= whole;
        if next > buffer.len() {
            buffer.resize(next, 0);
        }
    }
}

/// Turns all whole frames in `bytes` into responses. Returns where they end, and the length of the
/// next frame, or 0 if it is not known yet.
fn answer(bytes: &mut [u8]) -> io::Result<(usize, usize)> {
    let mut whole = 0;
    loop {
        let rest = &mut bytes[whole..];
        match frame_length(rest) {
            Some(length) if length <= rest.len() => {
                turn(&mut rest[..length]).ok_or(io::ErrorKind::InvalidData)?;
                whole += length;
            }
            length => return Ok((whole, length.unwrap_or_default())),
        }
    }
}

/// Turns a request into its response: sets code 0 and the response flag.
fn turn(frame: &mut [u8]) -> Option<()> {
    let (kind, end) = header(frame)?;
    let header = &mut frame[8..end];
    if kind == 1 {
        header.get_mut(..2)?.fill(0);
        *header.get_mut(12)? |= 1;
    } else {
        let flag = FLAG.find(header)?;
        header[flag + 7] = b'1';
        let code = CODE.find(header)? + 7;
        // Blanks the digits: in JSON, spaces after a number are allowed.
        for digit in header[code..].iter_mut().take_while(|byte| byte.is_ascii_digit()) {
            *digit = b' ';
        }
        header[code] = b'0';
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::{Answers, Header, Template};

    #[test]
    fn whole_frames_become_answers() {
        for kind in [Header::Json, Header::Binary] {
            let template = Template::new(kind, 128).unwrap();
            let length = template.frame.len();
            let mut bytes = template.frame.repeat(2);
            bytes.extend_from_slice(&template.frame[..40]);
            assert_eq!(answer(&mut bytes).unwrap(), (2 * length, length));
            for frame in bytes.chunks(length).take(2) {
                Answers::new(128).check(frame).unwrap();
                assert_eq!(Answers::new(128).number(frame).unwrap(), 0);
            }
        }
    }
}
