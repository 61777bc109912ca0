//! A list in the body of a request, whose items do not fail each other.

use crate::refusal::{Refused, refuse};
use rocketmq_tower::ResponseCode;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt::{self, Formatter};
use std::marker::PhantomData;

/// A list of which at most `MAX` items are kept. The others are counted, and those of a wrong type.
#[derive(Debug)]
pub(super) struct AtMost<T, const MAX: usize> {
    pub(super) items: Vec<T>,
    others: usize,
    wrong: usize,
    /// The error of the first item of a wrong type.
    error: Option<String>,
}

impl<T, const MAX: usize> AtMost<T, MAX> {
    /// Notes the items that were left out; `kind` names them.
    pub(super) fn note_others(&self, kind: &str, refused: &mut Refused) {
        let mut note = |code, text| _ = refused.note::<()>(Err(refuse(code, text)));
        if let Some(error) = &self.error {
            let text = format!("{} {kind} cannot be read: {error}", self.wrong);
            note(ResponseCode::MESSAGE_ILLEGAL, text);
        }
        if self.others > 0 {
            let text = format!("a request has at most {MAX} {kind}; {} were left out", self.others);
            note(ResponseCode::INVALID_PARAMETER, text);
        }
    }
}

impl<T, const MAX: usize> Default for AtMost<T, MAX> {
    fn default() -> Self {
        Self { items: Vec::new(), others: 0, wrong: 0, error: None }
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for AtMost<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(AtMostVisitor(PhantomData))
    }
}

struct AtMostVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for AtMostVisitor<T, MAX> {
    type Value = AtMost<T, MAX>;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    /// Relies on the reader of bodies: after an item of a wrong type, it goes on with the next one, and
    /// if the text itself is wrong, the list fails when it ends.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut kept = AtMost::default();
        while kept.items.len() + kept.wrong < MAX {
            match list.next_element() {
                Ok(Some(item)) => kept.items.push(item),
                Ok(None) => return Ok(kept),
                Err(error) => {
                    kept.wrong += 1;
                    kept.error.get_or_insert_with(|| error.to_string());
                }
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            kept.others += 1;
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::AtMost;
    use crate::refusal::Refused;
    use rocketmq_tower::protocol::json;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Item {
        number: u8,
    }

    fn read(body: &str) -> (Vec<u8>, Option<String>) {
        let list: AtMost<Item, 3> = json::from_slice(body.as_bytes()).unwrap();
        let mut refused = Refused::default();
        list.note_others("things", &mut refused);
        let numbers = list.items.iter().map(|item| item.number).collect();
        (numbers, refused.result().err().map(|error| error.to_string()))
    }

    #[test]
    fn items_beyond_the_maximum_are_counted() {
        let item = r#"{"number":7}"#;
        assert_eq!(read(&format!("[{item},{item}]")), (vec![7, 7], None));
        let (numbers, refused) = read(&format!("[{}]", [item; 5].join(",")));
        assert_eq!(numbers, [7, 7, 7]);
        assert!(refused.unwrap().ends_with("at most 3 things; 2 were left out"));
    }

    #[test]
    fn an_item_of_a_wrong_type_does_not_fail_the_others() {
        for wrong in ["5", "null", r#"{"number":{"a":[1,"}"]}}"#, r#"{"number":300}"#, "[[[]]]"] {
            let (numbers, refused) = read(&format!(r#"[{{"number":1}},{wrong},{{"number":2}}]"#));
            assert_eq!(numbers, [1, 2], "{wrong}");
            assert!(refused.unwrap().contains("1 things cannot be read"), "{wrong}");
        }
    }

    #[test]
    fn a_text_that_is_no_json_fails_the_list() {
        for broken in ["[", "[{]", r#"[{"number":1},{"number":x}]"#, r#"[{"number":"]"#, "[5 5]"] {
            json::from_slice::<AtMost<Item, 3>>(broken.as_bytes()).unwrap_err();
        }
    }
}
