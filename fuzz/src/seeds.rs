//! Initial inputs: frames that real clients wrote, PROXY and TLS headers, and typical connections.

use rocketmq_tower_test_support::{Dice, captured_frames, frame, json};
use std::path::Path;

/// One initial input of a target.
#[derive(Debug)]
pub struct Seed {
    pub target: &'static str,
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Headers that are rare in practice.
const HEADERS: [&str; 8] = [
    "{}",
    r#"{"code":1,"extFields":{},"flag":2,"language":"GO","opaque":-1,"remark":"","version":479}"#,
    r#"{"code":"1.5e2","opaque":null,"language":3,"remark":true,"extFields":null}"#,
    r#"{"extFields":{"a":1,"b":null,"c":[{"d":"}"}],"a":"again","\u0061":"\ud83d\ude00\n\\"}}"#,
    r#"{"a":{"b":[[],{},[{"c":false}]]},"extFields":{"x":"1"},"extFields":{"y":"2"}} "#,
    r#"{"code":99999999999}"#,
    "\u{feff}{\"remark\":\"r\\u00e9\u{2028}\"}",
    r#"{"language":"SWIFT","version":-5,"flag":1}"#,
];

/// PROXY headers followed by data, and data that only looks like a header.
const PROXIED: [&[u8]; 8] = [
    b"PROXY TCP4 192.0.2.7 198.51.100.1 5678 443\r\n\0\0\0\x08",
    b"PROXY TCP6 2001:db8::7 2001:db8::1 5678 443\r\nxyz",
    b"PROXY UNKNOWN\r\n",
    b"PROXY TCP4 999.0.2.7 x 5678 443\r\n",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x16\x2e\x01\xbbrest",
    b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0rest",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13\xc0\0\x02\x07\xc6\x33\x64\x01\x16\x2e\x01\xbb\x04\0\x04abcdrest",
    b"\0\0\0\x61\0\0\0\x5d{\"code\":105}",
];

/// The first bytes of a connection.
const SNIFFED: [&[u8]; 5] = [
    b"\0\0\0\x61\0\0\0\x5d{\"code\":105}",
    b"\x16\x03\x01\0\x05\x01\0\0\x01\x03",
    b"\x16\x03\x01\0\x2f\x01\0\0\x2b\x03\x0301234567890123456789012345678901\0\0\x02\x13\x01\x01\0\0\0",
    b"\x15\x03\x01\0\x02\x01\0",
    b"GET / HTTP/1.1\r\n\r\n",
];

/// Expressions of SQL92 with properties.
const EXPRESSIONS: [&str; 6] = [
    "a > 5 AND b <> 'x' OR c IS NOT NULL\0a\u{1}6\u{2}b\u{1}y\u{2}",
    "a BETWEEN 1 AND 5.5 and not (a NOT BETWEEN -1 AND 1e3)\0a\u{1}5\u{2}",
    "a IN ('x', 'it''s') AND b NOT IN ('') AND a CONTAINS 's' AND b NOT STARTSWITH 'q'\0a\u{1}it's\u{2}",
    "(a = TRUE) = (b ENDSWITH 'z') /* c */ OR NULL -- d\n OR -a < +9223372036854775807L\0a\u{1}true",
    "a = b IS NULL OR a >= b\0a\u{1}0x1.8p3\u{2}b\u{1} NaN \u{2}",
    "((((((a <= .5e-3))))))\0a\u{1}\u{ff15}",
];

/// Scripts of connections, as the target `driver` reads them: five bytes of configuration, then
/// operations, each with its own bytes. The top bits of the last operation select how the
/// connection ends.
const LIVES: [&[u8]; 16] = [
    // One complete request, answered; then the peer closes the connection.
    &[0, 0, 0, 0, 0, 10, 5, 0, 0, 10, 14],
    // Twenty requests, binary, some oneway, in a server that runs one at a time; drained.
    &[0, 1, 1, 1, 1, 5, 0, 0x42, 9, 5, 0, 0x43, 9, 7, 14, 10, 14 | 2 << 5],
    // Small reads, small writes.
    &[0, 2, 2, 2, 2, 8, 1, 11, 1, 5, 0, 0x40, 50, 9, 200, 14, 7, 14, 9, 255, 14],
    // One request that waits, one that is deferred, one that does both.
    &[0, 0, 0, 0, 0, 10, 5, 5, 0, 1, 5, 6, 0, 1, 5, 9, 2, 1, 17, 0, 0, 14, 18, 0, 0, 18, 0, 1, 14],
    // Errors, panics, missing responses, calls over the connection, long responses.
    &[
        0, 0, 0, 0, 1, 10, 5, 1, 0, 1, 5, 2, 0, 1, 5, 3, 2, 1, 5, 4, 0, 9, 5, 8, 0, 9, 5, 12, 0,
        99, 14,
    ],
    &[0, 0, 0, 0, 0, 10, 5, 11, 0, 1, 14, 1, 0, 7, 14, 14 | 2 << 5],
    // Calls: answered, dropped, timed out, more than allowed.
    &[
        0x2a, 0, 0, 0, 0, 10, 19, 0, 0x30, 1, 14, 1, 0, 7, 14, 21, 19, 5, 0, 1, 19, 5, 0, 1, 14,
        22, 0, 14, 21,
    ],
    &[
        1, 0, 0, 0, 0, 19, 1, 0x30, 1, 19, 2, 0, 200, 19, 3, 0, 9, 19, 4, 0, 9, 14, 23, 200, 21,
        10, 14, 21,
    ],
    // A client that receives more than it can take.
    &[1, 1, 1, 2, 0, 5, 5, 0x40, 1, 5, 5, 0x40, 1, 7, 14, 10, 14, 17, 0, 0, 14],
    // A service that is not ready, then ready, then broken.
    &[0, 0, 2, 0, 0, 10, 16, 150, 5, 0, 0x40, 1, 16, 0, 14, 16, 245, 5, 0, 0, 1, 14],
    // Long responses between short ones, in small writes, with and without vectored writes.
    &[
        0x80, 0, 0, 0, 0, 5, 12, 0, 200, 5, 0, 0, 1, 4, 12, 0, 99, 4, 0, 0, 1, 9, 255, 14, 11, 3,
        9, 200, 14,
    ],
    &[
        0, 0, 0, 1, 0, 5, 12, 0, 200, 5, 0, 0, 1, 4, 12, 0, 99, 4, 0, 0, 1, 9, 255, 14, 11, 3, 9,
        200, 14,
    ],
    // Garbage after valid frames.
    &[0, 0, 0, 0, 0, 10, 7, 0, 0, 0x40, 1, 3, 9, 255, 255, 255, 255, 1, 2, 3, 4, 5, 14],
    // A frame that stalls; a peer that does not read.
    &[0, 0, 0, 0, 0, 10, 0, 0, 0, 200, 6, 50, 14, 23, 170, 14],
    &[0, 0, 0, 2, 0, 5, 0, 0x50, 200, 14, 23, 170, 14],
    // Drained while a request runs, then more requests, from an old peer and a new one.
    &[
        0, 0, 0, 0, 0, 10, 5, 5, 0, 1, 25, 255, 14, 5, 0, 0, 1, 5, 0, 4, 1, 14, 23, 130, 14, 17, 0,
        0, 14,
    ],
];

/// Writes a target's seeds into the folder named by the environment variable `FUZZ_SEEDS`, if it is
/// set, before libFuzzer reads the folder.
///
/// # Panics
/// If writing fails.
pub fn write(target: &str) {
    let Some(folder) = std::env::var_os("FUZZ_SEEDS") else { return };
    for seed in all().iter().filter(|seed| seed.target == target) {
        let path = Path::new(&folder).join(&seed.name);
        std::fs::write(path, &seed.bytes).expect("the folder of the seeds can be written to");
    }
}

/// Returns steps of the target `broker` whose fields are nearly all plausible.
fn plausible(seed: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    (0..600).map(|_| dice.within(29..240) as u8).collect()
}

/// Returns the seeds of all targets.
///
/// # Panics
/// If the captured frames have changed.
#[must_use]
pub fn all() -> Vec<Seed> {
    let mut seeds = Vec::new();
    let mut add = |target, name: String, prefix: &[u8], bytes: &[u8]| {
        seeds.push(Seed { target, name, bytes: [prefix, bytes].concat() });
    };
    let mut stream = Vec::new();
    for (name, frame) in captured_frames() {
        let name = name.replace(' ', "_");
        add("decode", name.clone(), &[0, 5, 0], &frame);
        add("round_trip", name.clone(), &[], &frame);
        if frame.len() < 250 {
            let arrives = [10, 7, 3, frame.len() as u8];
            add("driver", name, &[0; 5], &[&arrives, &frame[..], &[14]].concat());
        }
        stream.extend(frame);
    }
    add("decode", "stream".to_owned(), &[7, 9, 1], &stream);
    for (at, header) in HEADERS.iter().enumerate() {
        add("decode", format!("header_{at}"), &[0, 1, 2], &json(header));
    }
    let binary =
        b"\0\x69\x0c\x01\xdf\0\0\0\x01\0\0\0\0\0\0\0\x02ok\0\0\0\x0c\0\x05topic\0\0\0\x01T";
    add("decode", "binary".to_owned(), &[0, 3, 0], &frame(1, binary, b""));
    for (at, bytes) in PROXIED.iter().enumerate() {
        for settings in [0, 1] {
            let prefix = [settings, 2, 3, 1, 1, 0, 0];
            add("proxy_header", format!("{at}_{settings}"), &prefix, bytes);
        }
    }
    for (at, bytes) in SNIFFED.iter().enumerate() {
        for settings in [0, 2, 3] {
            let prefix = [settings, 2, 3, 1, 1, 0, 0];
            add("tls_sniff", format!("{at}_{settings}"), &prefix, bytes);
        }
    }
    for (at, expression) in EXPRESSIONS.iter().enumerate() {
        add("sql", format!("expression_{at}"), &[], expression.as_bytes());
    }
    for number in 0..24 {
        add("broker", format!("steps_{number}"), &[0], &plausible(number));
    }
    for (at, life) in LIVES.iter().enumerate() {
        add("driver", format!("life_{at}"), &[], life);
    }
    seeds
}
