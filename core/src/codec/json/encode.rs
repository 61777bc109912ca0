//! Encodes a command's header as JSON.

use super::swar::{ONES, before, marked};
use crate::command::RemotingCommand;
use bytes::{BufMut, BytesMut};

/// Writes the header: keys in alphabetical order, no white space, no absent parts.
pub(in crate::codec) fn encode(command: &RemotingCommand, dst: &mut BytesMut) {
    let command = command.parts();
    let mut text = ShortText::default();
    text.integer(b"{\"code\":", command.code);
    if command.ext_fields.is_present() {
        text.put(b",\"extFields\":");
        text.move_to(dst);
        let mut separator = b'{';
        for (name, value) in command.ext_fields.raw() {
            field(separator, name, value, dst);
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
        text.move_to(dst);
        string(remark.as_bytes(), dst);
    }
    // Names the encoding of this header, whatever the command's own is.
    text.integer(b",\"serializeTypeCurrentRPC\":\"JSON\",\"version\":", command.version.as_i32());
    text.put(b"}");
    text.move_to(dst);
}

/// Collects short parts, as every write to a `BytesMut` has its cost. Has room for a whole header
/// except its ext fields and its remark.
struct ShortText {
    bytes: [u8; 192],
    length: usize,
}

impl Default for ShortText {
    fn default() -> Self {
        Self { bytes: [0; 192], length: 0 }
    }
}

impl ShortText {
    #[inline(always)]
    fn put(&mut self, text: &[u8]) {
        let end = self.length + text.len();
        self.bytes[self.length..end].copy_from_slice(text);
        self.length = end;
    }

    #[inline(always)]
    fn integer(&mut self, key: &[u8], value: i32) {
        self.put(key);
        self.put(itoa::Buffer::new().format(value).as_bytes());
    }

    fn move_to(&mut self, dst: &mut BytesMut) {
        dst.put_slice(&self.bytes[..self.length]);
        self.length = 0;
    }
}

/// Writes one field after its separator (`{` or `,`).
fn field(separator: u8, name: &[u8], value: &[u8], dst: &mut BytesMut) {
    if plain(name) < name.len() || plain(value) < value.len() {
        dst.put_u8(separator);
        string(name, dst);
        dst.put_u8(b':');
        return string(value, dst);
    }
    // In one piece: `,"name":"value"`.
    let start = dst.len();
    dst.resize(start + name.len() + value.len() + 6, b'"');
    let out = &mut dst[start..];
    out[0] = separator;
    let (name_end, value_end) = (2 + name.len(), 5 + name.len() + value.len());
    out[2..name_end].copy_from_slice(name);
    out[name_end + 1] = b':';
    out[name_end + 3..value_end].copy_from_slice(value);
}

/// Writes a string in quotes. Escapes the same characters as fastjson 1.2: `"`, `\`, controls
/// (U+0000 to U+001F and U+007F to U+009F), U+2028 and U+2029.
pub(crate) fn string(text: &[u8], dst: &mut BytesMut) {
    dst.reserve(text.len() + 2);
    dst.put_u8(b'"');
    let mut rest = text;
    // `rest` starts at the next byte to write; its first `looked` bytes need no escape.
    let mut looked = 0;
    loop {
        looked += plain(&rest[looked..]);
        if looked == rest.len() {
            break;
        }
        let next = &rest[looked..];
        let found = if PLAIN[usize::from(next[0])] { None } else { special(next) };
        let Some((code, length)) = found else {
            looked += 1;
            continue;
        };
        dst.put_slice(&rest[..looked]);
        escape(code, dst);
        rest = &rest[looked + length..];
        looked = 0;
    }
    dst.put_slice(rest);
    dst.put_u8(b'"');
}

/// Returns the number of bytes before the first one that may need an escape.
#[inline(always)]
fn plain(text: &[u8]) -> usize {
    // Controls, deletes, quotes, backslashes and non-ASCII bytes.
    let marks = |word: u64| {
        let controls = word.wrapping_sub(ONES * 0x20) | word.wrapping_add(ONES);
        word | controls | marked(word, b'"') | marked(word, b'\\')
    };
    before(text, marks, |byte| !PLAIN[usize::from(byte)])
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
        [0xe2, ..] => None,
        [byte, ..] => Some((u32::from(byte), 1)),
        [] => None,
    }
}

fn escape(code: u32, dst: &mut BytesMut) {
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
            dst.put_slice(&[b'\\', b'u', hex(12), hex(8), hex(4), hex(0)]);
            return;
        }
    };
    dst.put_slice(&[b'\\', short]);
}
