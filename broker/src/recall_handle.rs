//! The handles by which delayed messages are recalled, in Java's format.

use crate::log::CommitLogOffset;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Java writes the padding, and reads texts with or without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The version of the format.
const VERSION: &str = "v1";

/// The maximum length of a message's id in a handle, in bytes. Those of clients have 32.
const MAX_ID: usize = 255;

/// Names a delayed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecallHandle<'a> {
    pub(crate) topic: &'a str,
    pub(crate) broker: &'a str,
    /// The delivery time, in ms since 1970.
    pub(crate) due: i64,
    /// The id that the producer assigned to the message.
    pub(crate) id: &'a str,
    pub(crate) at: CommitLogOffset,
}

impl<'a> RecallHandle<'a> {
    /// Returns the text for clients: `version topic broker time id position`, in Base64 for URLs. The position
    /// is this broker's own: clients read what is before it. `None` if the id does not fit in.
    pub(crate) fn encode(&self) -> Option<String> {
        let Self { topic, broker, due, id, at } = self;
        let fits = !id.is_empty() && id.len() <= MAX_ID && !id.contains(' ');
        let at = at.as_i64();
        fits.then(|| BASE64.encode(format!("{VERSION} {topic} {broker} {due} {id} {at}")))
    }

    /// Reads what [`decode`] has returned.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(' ');
        let mut next = || parts.next();
        if next()? != VERSION {
            return None;
        }
        let (topic, broker, due, id, at) = (next()?, next()?, next()?, next()?, next()?);
        let at = CommitLogOffset::from_i64(at.parse().ok()?)?;
        Some(Self { topic, broker, due: due.parse().ok()?, id, at })
    }
}

/// Returns the content of a handle.
pub(crate) fn decode(handle: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(handle).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::{BASE64, CommitLogOffset, RecallHandle, decode};
    use base64::Engine as _;

    const DUE: i64 = 1_700_000_000_000;

    fn handle(id: &str) -> RecallHandle<'_> {
        RecallHandle { topic: "T", broker: "broker-a", due: DUE, id, at: CommitLogOffset::new(7) }
    }

    #[test]
    fn a_handle_is_read_back() {
        let text = handle("AB12").encode().unwrap();
        let read = decode(&text).unwrap();
        assert_eq!(read, "v1 T broker-a 1700000000000 AB12 7");
        assert_eq!(RecallHandle::parse(&read), Some(handle("AB12")));
        assert_eq!(decode(text.trim_end_matches('=')), Some(read));
    }

    #[test]
    fn an_id_that_does_not_fit_makes_no_handle() {
        for id in ["", "A B", &"x".repeat(256)] {
            assert_eq!(handle(id).encode(), None, "{id:?}");
        }
    }

    #[test]
    fn other_texts_are_told_apart() {
        for bad in ["", "!", "a b", &BASE64.encode([0xff])] {
            assert_eq!(
                decode(bad).filter(|text| RecallHandle::parse(text).is_some()),
                None,
                "{bad}"
            );
        }
        for bad in ["", "v1", "v1 T b 7 id", "v2 T b 7 id 7", "v1 T b x id 7", "v1 T b 7 id -1"] {
            assert_eq!(RecallHandle::parse(bad), None, "{bad}");
        }
    }
}
