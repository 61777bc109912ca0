use super::{ExtFields, Names};

fn decoded(fields: &[(&str, &str)]) -> ExtFields {
    let (mut decoded, mut names) = (ExtFields::new(), Names::default());
    decoded.restart();
    for (name, value) in fields {
        decoded.push(&mut names, name, value);
    }
    decoded.end(&names);
    decoded
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
    let room = fields.wire.capacity();
    assert!(room < 1024, "{room}");
    assert_eq!((fields.get("keep"), fields.get("counter")), (Some("me"), Some("99999")));
}

#[test]
fn a_value_of_another_length_moves_what_is_behind_it() {
    let mut fields = decoded(&[("a", "1"), ("b", "2"), ("c", "3")]);
    for value in ["", "longer than before", "x"] {
        fields.insert("b", value);
        assert_eq!(fields.iter().collect::<Vec<_>>(), [("a", "1"), ("b", value), ("c", "3")]);
    }
}

#[test]
fn names_that_the_binary_header_cannot_hold_are_kept() {
    for length in [32_767, 32_768, 65_534, 65_535, 65_536, 100_000] {
        let name = "n".repeat(length);
        let mut fields: ExtFields =
            [("before", "1"), (&name, "2"), ("after", "3")].into_iter().collect();
        assert_eq!((fields.get(&name), fields.get("after")), (Some("2"), Some("3")));
        assert_eq!(fields.binary().is_some(), length == 32_767, "{length}");
        fields.insert(&name, "changed");
        assert_eq!(fields.iter().nth(1), Some((name.as_str(), "changed")));
        assert!(fields.remove(&name));
        assert_eq!(fields.iter().collect::<Vec<_>>(), [("before", "1"), ("after", "3")]);
        assert!(fields.binary().is_some());
    }
}
