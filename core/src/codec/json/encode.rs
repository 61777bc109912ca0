//! Encodes a command's header as JSON.

use super::swar::{ONES, copy_before, marked};
use crate::command::RemotingCommand;
use bytes::BytesMut;

/// Room for a header except its ext fields and its remark, in bytes.
const USUAL: usize = 192;

/// The longest escape, and a step of copying.
const STEP: usize = 6 + 8;

/// Writes the header: keys in alphabetical order, no white space, no absent parts.
pub(in crate::codec) fn encode(command: &RemotingCommand, dst: &mut BytesMut) {
    let command = command.parts();
    let mut text = Text::new(dst, USUAL);
    text.integer(b"{\"code\":", command.code);
    if command.ext_fields.is_present() {
        text.put(b",\"extFields\":");
        let mut separator = b'{';
        for (name, value) in command.ext_fields.raw() {
            text.put(&[separator]);
            text.string(name);
            text.put(b":");
            text.string(value);
            separator = b',';
        }
        text.put(if separator == b'{' { b"{}" } else { b"}" });
    }
    text.integer(b",\"flag\":", command.flag);
    if let Some(name) = command.language.name() {
        text.put(b",\"language\":\"");
        text.put(name.as_bytes());
        text.put(b"\"");
    }
    text.integer(b",\"opaque\":", command.opaque);
    if let Some(remark) = &command.remark {
        text.put(b",\"remark\":");
        text.string(remark.as_bytes());
    }
    // Names the encoding of this header, whatever the command's own is.
    text.integer(b",\"serializeTypeCurrentRPC\":\"JSON\",\"version\":", command.version.as_i32());
    text.put(b"}");
    text.end();
}

/// Writes a string in quotes. Escapes the same characters as fastjson 1.2: `"`, `\`, controls
/// (U+0000 to U+001F and U+007F to U+009F), U+2028 and U+2029.
pub(crate) fn string(text: &[u8], dst: &mut BytesMut) {
    let mut out = Text::new(dst, 0);
    out.string(text);
    out.end();
}

/// Writes into space that was made in advance, as each growth of a `BytesMut` has its cost.
struct Text<'a> {
    dst: &'a mut BytesMut,
    /// The end of what was written. Space is behind it.
    at: usize,
}

impl<'a> Text<'a> {
    fn new(dst: &'a mut BytesMut, room: usize) -> Self {
        let at = dst.len();
        dst.resize(at + room, 0);
        Self { dst, at }
    }

    /// Gives unused space back.
    fn end(self) {
        self.dst.truncate(self.at);
    }

    /// Returns at least `length` bytes of space.
    #[inline(always)]
    fn space(&mut self, length: usize) -> &mut [u8] {
        if self.dst.len() - self.at < length {
            self.grow(length);
        }
        &mut self.dst[self.at..]
    }

    #[cold]
    fn grow(&mut self, length: usize) {
        let twice = 2 * (self.dst.len() - self.at);
        self.dst.resize(self.at + length.max(twice) + USUAL, 0);
    }

    #[inline(always)]
    fn put(&mut self, text: &[u8]) {
        self.space(text.len())[..text.len()].copy_from_slice(text);
        self.at += text.len();
    }

    #[inline(always)]
    fn integer(&mut self, key: &[u8], value: i32) {
        self.put(key);
        self.put(itoa::Buffer::new().format(value).as_bytes());
    }

    /// Writes a string in quotes.
    fn string(&mut self, text: &[u8]) {
        self.put(b"\"");
        let mut rest = text;
        loop {
            let copied = copy_before(rest, self.space(rest.len() + STEP), marks, is_marked);
            self.at += copied;
            rest = &rest[copied..];
            let Some(next) = rest.first() else { break };
            rest = match special(rest) {
                Some((code, length)) => {
                    self.escape(code);
                    &rest[length..]
                }
                None => {
                    self.put(&[*next]);
                    &rest[1..]
                }
            };
        }
        self.put(b"\"");
    }

    fn escape(&mut self, code: u32) {
        let short = match code {
            0x22 => b'"',
            0x5c => b'\\',
            0x08 => b'b',
            0x09 => b't',
            0x0a => b'n',
            0x0c => b'f',
            0x0d => b'r',
            _ => {
                let hex = |shift: u32| b"0123456789ABCDEF"[(code >> shift & 0xf) as usize];
                return self.put(&[b'\\', b'u', hex(12), hex(8), hex(4), hex(0)]);
            }
        };
        self.put(&[b'\\', short]);
    }
}

/// Marks controls, deletes, quotes, backslashes and non-ASCII bytes: all that may need an escape.
#[inline(always)]
fn marks(word: u64) -> u64 {
    let controls = word.wrapping_sub(ONES * 0x20) | word.wrapping_add(ONES);
    word | controls | marked(word, b'"') | marked(word, b'\\')
}

#[inline(always)]
fn is_marked(byte: u8) -> bool {
    !PLAIN[usize::from(byte)]
}

/// The bytes that never start a character that needs an escape.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut byte = 0;
    while byte < 0x20 {
        plain[byte] = false;
        byte += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\\' as usize] = false;
    plain[0x7f] = false;
    // The first bytes of U+0080 to U+009F, and of U+2028 and U+2029, in UTF-8.
    plain[0xc2] = false;
    plain[0xe2] = false;
    plain
};

/// Returns the character at the start of `text` and its length in bytes, if it needs an escape.
fn special(text: &[u8]) -> Option<(u32, usize)> {
    match *text {
        [0xc2, second @ 0x80..=0x9f, ..] => Some((u32::from(second), 2)),
        [0xc2, ..] => None,
        [0xe2, 0x80, third @ 0xa8..=0xa9, ..] => Some((0x2000 + u32::from(third & 0x3f), 3)),
        [byte, ..] if PLAIN[usize::from(byte)] || byte == 0xe2 => None,
        [byte, ..] => Some((u32::from(byte), 1)),
        [] => None,
    }
}
