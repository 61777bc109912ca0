//! A command to JSON text.

use crate::command::{RemotingCommand, SerializeType};
use bytes::{BufMut, BytesMut};

/// Writes the header: keys in alphabetical order, no white space, absent parts left out.
pub(in crate::codec) fn encode(command: &RemotingCommand, dst: &mut BytesMut) {
    let mut buffer = itoa::Buffer::new();
    let mut integer = |dst: &mut BytesMut, key: &str, value: i32| {
        dst.put_slice(key.as_bytes());
        dst.put_slice(buffer.format(value).as_bytes());
    };
    integer(dst, "{\"code\":", command.code);
    if command.ext_fields.is_present() {
        dst.put_slice(b",\"extFields\":{");
        for (index, (name, value)) in command.ext_fields.raw().enumerate() {
            if index > 0 {
                dst.put_u8(b',');
            }
            string(name, dst);
            dst.put_u8(b':');
            string(value, dst);
        }
        dst.put_u8(b'}');
    }
    integer(dst, ",\"flag\":", command.flag);
    if let Some(name) = command.language.name() {
        dst.put_slice(b",\"language\":\"");
        dst.put_slice(name.as_bytes());
        dst.put_u8(b'"');
    }
    integer(dst, ",\"opaque\":", command.opaque);
    if let Some(remark) = command.remark() {
        dst.put_slice(b",\"remark\":");
        string(remark.as_bytes(), dst);
    }
    dst.put_slice(b",\"serializeTypeCurrentRPC\":\"");
    dst.put_slice(SerializeType::Json.name().as_bytes());
    integer(dst, "\",\"version\":", command.version.as_i32());
    dst.put_u8(b'}');
}

/// A string in quotes, escaped as fastjson 1.2 does: `"`, `\`, controls (U+0000 to U+001F and
/// U+007F to U+009F), U+2028 and U+2029. All else is written as it is.
fn string(text: &[u8], dst: &mut BytesMut) {
    dst.put_u8(b'"');
    let mut plain = 0;
    let mut at = 0;
    while at < text.len() {
        if PLAIN[usize::from(text[at])] {
            at += 1;
            continue;
        }
        let Some((code, length)) = special(&text[at..]) else {
            at += 1;
            continue;
        };
        dst.put_slice(&text[plain..at]);
        escape(code, dst);
        at += length;
        plain = at;
    }
    dst.put_slice(&text[plain..]);
    dst.put_u8(b'"');
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
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            dst.put_slice(b"\\u");
            for shift in [12, 8, 4, 0] {
                dst.put_u8(HEX[(code >> shift & 0xf) as usize]);
            }
            return;
        }
    };
    dst.put_slice(&[b'\\', short]);
}
