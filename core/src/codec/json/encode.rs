//! Encodes a command's header as JSON.

use super::swar::{ONES, copy_before, marked};
use crate::command::RemotingCommand;
use bytes::BytesMut;

/// Room for a header except its ext fields and its remark, in bytes.
const USUAL: usize = 192;

/// The length of the longest escape. It stands for one byte at least.
const ESCAPE: usize = 6;

/// The maximum length of a text whose escapes are not counted in advance.
const SHORT: usize = 2048;

/// Writes the header: keys in alphabetical order, no white space, no absent parts.
pub(in crate::codec) fn encode(command: &RemotingCommand, dst: &mut BytesMut) {
    let command = command.parts();
    if let Some(header) = command.unchanged_header() {
        return header.write(command.flag, command.opaque, dst);
    }
    let ext_fields = command.fields();
    let fields = ext_fields.wire();
    let remark = command.remark.as_deref().map(str::as_bytes);
    // The lengths in the wire form take as many bytes as the quotes, the colon and the comma of a field.
    let room = USUAL + room_for(fields) + remark.map_or(0, room_for);
    write(dst, room, |out| {
        out.integer(b"{\"code\":", command.code);
        if ext_fields.is_present() {
            out.put(b",\"extFields\":");
            let mut separator = b'{';
            for (name, value) in ext_fields.raw() {
                out.field(separator, name, value);
                separator = b',';
            }
            out.put(if separator == b'{' { b"{}" } else { b"}" });
        }
        out.integer(b",\"flag\":", command.flag);
        if let Some(name) = command.language.name() {
            out.put(b",\"language\":\"");
            out.put(name.as_bytes());
            out.put(b"\"");
        }
        out.integer(b",\"opaque\":", command.opaque);
        if let Some(remark) = remark {
            out.put(b",\"remark\":");
            out.string(remark);
        }
        // Names the encoding of this header, whatever the command's own is.
        let version = command.version.as_i32();
        out.integer(b",\"serializeTypeCurrentRPC\":\"JSON\",\"version\":", version);
        out.put(b"}");
    });
}

/// Writes a string in quotes. Escapes the same characters as fastjson 1.2: `"`, `\`, controls
/// (U+0000 to U+001F and U+007F to U+009F), U+2028 and U+2029.
pub(crate) fn string(text: &[u8], dst: &mut BytesMut) {
    write(dst, 2 + room_for(text), |out| out.string(text));
}

/// Returns a number of bytes that `text` does not exceed when it is escaped.
fn room_for(text: &[u8]) -> usize {
    if text.len() <= SHORT {
        return ESCAPE * text.len();
    }
    text.len() + (ESCAPE - 1) * text.iter().filter(|byte| is_marked(**byte)).count()
}

/// Appends what `write` writes, which must fit into `room` bytes.
fn write(dst: &mut BytesMut, room: usize, write: impl FnOnce(&mut Out<'_>)) {
    let start = dst.len();
    dst.resize(start + room, 0);
    let mut out = Out { bytes: &mut dst[start..], at: 0 };
    write(&mut out);
    let end = start + out.at;
    dst.truncate(end);
}

/// Space that is long enough for all that is written: letting a `BytesMut` grow part by part has its cost.
struct Out<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl Out<'_> {
    #[inline(always)]
    fn put(&mut self, text: &[u8]) {
        let end = self.at + text.len();
        self.bytes[self.at..end].copy_from_slice(text);
        self.at = end;
    }

    #[inline(always)]
    fn integer(&mut self, key: &[u8], value: i32) {
        self.put(key);
        match value {
            // Most codes and flags of responses.
            0..=9 => self.put(&[b'0' + value as u8]),
            _ => self.put(itoa::Buffer::new().format(value).as_bytes()),
        }
    }

    /// Writes one field after its separator (`{` or `,`).
    #[inline(always)]
    fn field(&mut self, separator: u8, name: &[u8], value: &[u8]) {
        match name {
            // The names in SEND_MESSAGE_V2 are single letters.
            [letter] if PLAIN[usize::from(*letter)] => {
                self.put(&[separator, b'"', *letter, b'"', b':', b'"']);
            }
            _ => {
                self.put(&[separator]);
                self.string(name);
                self.put(b":\"");
            }
        }
        self.text(value);
        self.put(b"\"");
    }

    /// Writes a string in quotes.
    fn string(&mut self, text: &[u8]) {
        self.put(b"\"");
        self.text(text);
        self.put(b"\"");
    }

    #[inline(always)]
    fn text(&mut self, text: &[u8]) {
        let copied = self.copy(text);
        if copied < text.len() {
            self.escaped(&text[copied..]);
        }
    }

    /// Copies what needs no escape. Returns its length.
    #[inline(always)]
    fn copy(&mut self, text: &[u8]) -> usize {
        let copied = copy_before(text, &mut self.bytes[self.at..], marks, is_marked);
        self.at += copied;
        copied
    }

    /// Writes the rest of a text, from the first character that may need an escape.
    fn escaped(&mut self, text: &[u8]) {
        let mut rest = text;
        while let Some(next) = rest.first() {
            let length = match special(rest) {
                Some((code, length)) => {
                    self.escape(code);
                    length
                }
                None => {
                    self.put(&[*next]);
                    1
                }
            };
            rest = &rest[length..];
            rest = &rest[self.copy(rest)..];
        }
    }

    #[inline(always)]
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
        [0xe2, 0x80, third @ 0xa8..=0xa9, ..] => Some((0x2000 + u32::from(third & 0x3f), 3)),
        [0xc2 | 0xe2, ..] => None,
        [byte, ..] if PLAIN[usize::from(byte)] => None,
        [byte, ..] => Some((u32::from(byte), 1)),
        [] => None,
    }
}
