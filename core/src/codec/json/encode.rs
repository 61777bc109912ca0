//! A command to JSON text.

use super::swar::{ONES, before, marked};
use crate::command::RemotingCommand;
use bytes::{BufMut, BytesMut};

/// Writes the header: keys in alphabetical order, no white space, absent parts left out.
pub(in crate::codec) fn encode(command: &RemotingCommand, dst: &mut BytesMut) {
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
    if let Some(remark) = command.remark() {
        text.put(b",\"remark\":");
        text.move_to(dst);
        string(remark.as_bytes(), dst);
    }
    // It says how this header is written.
    text.integer(b",\"serializeTypeCurrentRPC\":\"JSON\",\"version\":", command.version.as_i32());
    text.put(b"}");
    text.move_to(dst);
}

/// Collects what is short, since every part that is put on a `BytesMut` has its price. There is
/// room for the whole of a header but its ext fields and its remark.
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

/// One field, and what is before it.
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

/// A string in quotes, escaped as fastjson 1.2 does: `"`, `\`, controls (U+0000 to U+001F and
/// U+007F to U+009F), U+2028 and U+2029. All else is written as it is.
fn string(text: &[u8], dst: &mut BytesMut) {
    dst.reserve(text.len() + 2);
    dst.put_u8(b'"');
    let mut rest = text;
    // Where the next piece that is written as it is begins, and where to look on.
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

/// How many bytes there are before the first that may have to be escaped.
#[inline(always)]
fn plain(text: &[u8]) -> usize {
    // Controls and deletes, quotes, backslashes, and what is not ASCII.
    let marks = |word: u64| {
        let controls = word.wrapping_sub(ONES * 0x20) | word.wrapping_add(ONES);
        word | controls | marked(word, b'"') | marked(word, b'\\')
    };
    before(text, marks, |byte| !PLAIN[usize::from(byte)])
}

/// The bytes that never start a character which is to be escaped.
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

/// The character at the start of `text` and its length, if it is to be escaped.
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
