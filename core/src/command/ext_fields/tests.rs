use super::{ExtFields, ExtFieldsBuilder};
use bytes::Bytes;

fn decoded(names: &[(&str, &str)]) -> ExtFields {
    let mut text = String::new();
    let spans: Vec<_> = names
        .iter()
        .map(|(name, value)| {
            let start = text.len();
            text.push_str(name);
            let middle = text.len();
            text.push_str(value);
            (start..middle, middle..text.len())
        })
        .collect();
    let frame = Bytes::from(text);
    let mut builder = ExtFieldsBuilder::new();
    builder.restart();
    for (key, value) in spans {
        builder.push(&frame, ExtFieldsBuilder::shared(key), ExtFieldsBuilder::shared(value));
    }
    builder.finish(frame)
}

#[test]
fn keeps_order_and_replaces_in_place() {
    let mut fields = decoded(&[("b", "1"), ("a", "2")]);
    fields.insert("c", "3");
    fields.insert("b", "one");
    assert_eq!(fields.iter().collect::<Vec<_>>(), [("b", "one"), ("a", "2"), ("c", "3")]);
    assert!(fields.remove("a") && !fields.remove("a"));
    assert_eq!(format!("{fields:?}"), r#"{"b": "one", "c": "3"}"#);
}

#[test]
fn absent_and_empty_differ() {
    assert!(!ExtFields::new().is_present());
    assert_ne!(ExtFields::new(), decoded(&[]));
    assert!(decoded(&[]).is_present() && decoded(&[]).is_empty());
}

#[test]
fn the_last_of_a_name_wins_among_few_and_among_many() {
    for count in [3, 63, 64, 65, 1000] {
        let names: Vec<String> = (0..count).map(|n| format!("name{n}")).collect();
        let mut all: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "old")).collect();
        all.push(("name1", "new"));
        all.push(("other", "x"));
        let fields = decoded(&all);
        assert_eq!(fields.len(), count + 1);
        assert_eq!(fields.get("name1"), Some("new"));
        assert_eq!(fields.iter().nth(1), Some(("name1", "new")), "in the place of the first");
        assert_eq!(fields.get("name2"), Some("old"));
    }
}

#[test]
fn equality_ignores_order() {
    assert_eq!(decoded(&[("a", "1"), ("b", "2")]), decoded(&[("b", "2"), ("a", "1")]));
    assert_ne!(decoded(&[("a", "1")]), decoded(&[("a", "2")]));
}

#[test]
fn overwriting_for_ever_does_not_grow() {
    let mut fields: ExtFields = [("keep", "me")].into_iter().collect();
    for n in 0..100_000 {
        fields.insert("counter", &n.to_string());
    }
    let room = fields.table.as_ref().map_or(0, |table| table.owned.capacity());
    assert!(room < 16 * 1024, "{room}");
    assert_eq!((fields.get("keep"), fields.get("counter")), (Some("me"), Some("99999")));
}
