//! Values that are written as texts.

use serde::Deserialize;
use std::fmt::Display;
use std::str::FromStr;

/// A value that is parsed from its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String", bound(deserialize = "T: FromStr<Err: Display>"))]
pub(crate) struct Parsed<T>(pub(crate) T);

impl<T: FromStr<Err: Display>> TryFrom<String> for Parsed<T> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl<T: FromStr<Err: Display>> FromStr for Parsed<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|error| format!("{text:?}: {error}"))
    }
}
