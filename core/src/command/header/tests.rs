use super::HeaderError;
use crate::{RemotingCommand, RequestCode};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    topic: String,
    queue_id: i32,
    queue_offset: i64,
    batch: bool,
    ratio: f64,
    boundary_type: Boundary,
    tag: Option<String>,
    limit: Option<u32>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Boundary {
    Upper,
    Lower,
}

fn header() -> Header {
    Header {
        topic: "T".into(),
        queue_id: 3,
        queue_offset: i64::MIN,
        batch: true,
        ratio: 0.5,
        boundary_type: Boundary::Upper,
        tag: None,
        limit: Some(9),
    }
}

fn with(fields: &[(&str, &str)]) -> RemotingCommand {
    let mut command = RemotingCommand::request(RequestCode::PULL_MESSAGE);
    command.ext_fields_mut().extend(fields.iter().copied());
    command
}

#[test]
fn a_struct_survives_the_round_trip_as_text() {
    let command =
        RemotingCommand::request(RequestCode::PULL_MESSAGE).with_header(&header()).unwrap();
    let fields: Vec<_> = command.ext_fields().iter().collect();
    let expected = [
        ("topic", "T"),
        ("queueId", "3"),
        ("queueOffset", "-9223372036854775808"),
        ("batch", "true"),
        ("ratio", "0.5"),
        ("boundaryType", "UPPER"),
        ("limit", "9"),
    ];
    assert_eq!(fields, expected, "None is left out");
    assert_eq!(command.header::<Header>().unwrap(), header());
}

#[test]
fn numbers_beyond_all_numbers_have_javas_names() {
    #[derive(Serialize, Deserialize)]
    struct Ratios {
        high: f64,
        low: f32,
        none: f64,
    }
    let ratios = Ratios { high: f64::INFINITY, low: f32::NEG_INFINITY, none: f64::NAN };
    let command = RemotingCommand::request(1).with_header(&ratios).unwrap();
    let texts: Vec<_> = command.ext_fields().iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["Infinity", "-Infinity", "NaN"]);
    let read: Ratios = command.header().unwrap();
    assert_eq!((read.high, read.low, read.none.is_nan()), (ratios.high, ratios.low, true));
}

#[test]
fn strings_may_borrow_from_the_command() {
    #[derive(Deserialize)]
    struct Borrowed<'a> {
        topic: &'a str,
    }
    let command = with(&[("topic", "T")]);
    assert_eq!(command.header::<Borrowed<'_>>().unwrap().topic, "T");
}

#[test]
fn fields_that_nobody_asked_for_do_not_matter() {
    #[derive(Deserialize)]
    struct Small {
        a: i32,
    }
    assert_eq!(with(&[("x", "{"), ("a", "7"), ("bname", "b")]).header::<Small>().unwrap().a, 7);
}

#[test]
fn a_missing_field_is_named() {
    let error = with(&[("topic", "T")]).header::<Header>().unwrap_err();
    assert_eq!(error, HeaderError::Missing { field: "queueId".into() });
    assert_eq!(error.to_string(), r#"the header lacks the field "queueId""#);
}

#[test]
fn a_malformed_field_is_named_with_its_text() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "never read, as decoding fails")]
    struct One {
        n: i32,
    }
    let error = with(&[("n", "4294967296")]).header::<One>().unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"the header's field "n" is "4294967296", which is not a 32-bit integer"#
    );
    let long = "9".repeat(1_000_000);
    let error = with(&[("n", &long)]).header::<One>().unwrap_err();
    assert!(error.to_string().len() < 200);
}

#[test]
fn an_unknown_variant_names_field_and_variants() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "never read, as decoding fails")]
    struct One {
        boundary: Boundary,
    }
    let error = with(&[("boundary", "SIDE")]).header::<One>().unwrap_err().to_string();
    assert!(error.contains("\"boundary\"") && error.contains("UPPER"), "{error}");
}

#[test]
fn booleans_of_old_clients_are_read() {
    #[derive(Deserialize)]
    struct One {
        b: bool,
    }
    for (text, value) in
        [("true", true), ("TRUE", true), ("1", true), ("false", false), ("0", false)]
    {
        assert_eq!(with(&[("b", text)]).header::<One>().unwrap().b, value);
    }
    assert!(with(&[("b", "yes")]).header::<One>().is_err());
}

#[test]
fn flattened_parents_and_maps_work() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Parent {
        bname: Option<String>,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Child {
        topic: String,
        #[serde(flatten)]
        parent: Parent,
    }
    let child = Child { topic: "T".into(), parent: Parent { bname: Some("b".into()) } };
    let command =
        RemotingCommand::request(RequestCode::GET_MAX_OFFSET).with_header(&child).unwrap();
    assert_eq!(command.header::<Child>().unwrap(), child);
    let map: std::collections::BTreeMap<String, String> = command.header().unwrap();
    assert_eq!(map["bname"], "b");
}

#[test]
fn a_header_of_nothing_is_present_but_empty() {
    let command = RemotingCommand::request(RequestCode::HEART_BEAT).with_header(&()).unwrap();
    assert!(command.ext_fields().is_present() && command.ext_fields().is_empty());
}

#[test]
fn nested_types_are_refused_by_name() {
    #[derive(Serialize)]
    struct Nested {
        list: Vec<i32>,
    }
    let error =
        RemotingCommand::request(RequestCode::HEART_BEAT).with_header(&Nested { list: vec![1] });
    assert_eq!(
        error.unwrap_err(),
        HeaderError::Unsupported { field: "list".into(), what: "a sequence" }
    );
}
