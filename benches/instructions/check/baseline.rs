//! The baseline: stored counts, and the comparison of new ones with them.

use crate::counts::Counts;
use rocketmq_tower::BoxError;
use serde_json::{Value, json};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// A count may exceed its baseline by at most 3 %.
const TOLERANCE: f64 = 0.03;

const MADE_WITH: &str = "made_with";
const COUNTS: &str = "instructions_per_request";

/// A connection without layers, with which the others are compared.
const BARE: &str = "connection/none_";

#[derive(Debug, PartialEq)]
pub(crate) struct Baseline {
    /// The versions that the counts depend on.
    pub(crate) made_with: String,
    pub(crate) counts: Counts,
}

impl Baseline {
    pub(crate) fn load(path: &Path) -> Result<Self, BoxError> {
        let file: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
        let made_with = file.get(MADE_WITH).and_then(Value::as_str).unwrap_or_default().to_owned();
        let counts =
            file.get(COUNTS).and_then(Value::as_object).ok_or("a baseline has no counts")?;
        let counts = counts.iter().map(|(name, count)| {
            let count = count.as_f64().ok_or_else(|| format!("{name} is not a number"))?;
            Ok((name.clone(), count))
        });
        Ok(Self { made_with, counts: counts.collect::<Result<_, BoxError>>()? })
    }

    pub(crate) fn save(&self, path: &Path) -> Result<(), BoxError> {
        let file = json!({ MADE_WITH: self.made_with, COUNTS: self.counts });
        fs::write(path, serde_json::to_string_pretty(&file)? + "\n")?;
        Ok(())
    }

    /// Formats all counts. For connections, it also shows what their layers add to `none`.
    pub(crate) fn table(&self) -> String {
        let mut table = String::new();
        for (name, count) in &self.counts {
            _ = write!(table, "{name:<36}{count:>10.1}");
            let form = name.rsplit('_').next().unwrap_or_default();
            let bare = self.counts.get(&format!("{BARE}{form}"));
            if let Some(bare) = bare.filter(|_| name.starts_with("connection/")) {
                _ = write!(
                    table,
                    "{:>+10.1}{:>+8.2} %",
                    count - bare,
                    (count / bare - 1.0) * 100.0
                );
            }
            table.push('\n');
        }
        table
    }

    /// Returns the counts of `found` that exceed the baseline or cannot be compared with it.
    pub(crate) fn faults(&self, found: &Self) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, now) in &found.counts {
            match self.counts.get(name) {
                None => faults.push(format!("{name}: {now:.1} instructions, but no baseline")),
                Some(then) if *now > then * (1.0 + TOLERANCE) => faults.push(format!(
                    "{name}: {now:.1} instructions, {:.1} % more than the baseline's {then:.1}",
                    (now / then - 1.0) * 100.0
                )),
                Some(_) => {}
            }
        }
        let missing = self.counts.keys().filter(|name| !found.counts.contains_key(*name));
        faults.extend(missing.map(|name| format!("{name}: in the baseline, but not counted")));
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(counts: &[(&str, f64)]) -> Baseline {
        let counts = counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Baseline { made_with: "a compiler".to_owned(), counts }
    }

    #[test]
    fn three_percent_more_is_too_much() {
        let baseline = counts(&[("decode", 1000.0), ("encode", 500.0)]);
        assert!(baseline.faults(&counts(&[("decode", 1030.0), ("encode", 1.0)])).is_empty());
        let faults = baseline.faults(&counts(&[("decode", 1031.0), ("encode", 500.0)]));
        let fault = "decode: 1031.0 instructions, 3.1 % more than the baseline's 1000.0";
        assert_eq!(faults, [fault]);
    }

    #[test]
    fn both_have_the_same_names() {
        let faults = counts(&[("old", 1.0)]).faults(&counts(&[("new", 1.0)]));
        assert_eq!(faults.len(), 2);
        assert!(faults[0].starts_with("new: ") && faults[1].starts_with("old: "), "{faults:?}");
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let file = std::env::temp_dir().join(format!("baseline-{}.json", std::process::id()));
        let baseline = counts(&[("decode/json", 1000.5), ("encode/json", 500.0)]);
        baseline.save(&file).unwrap();
        let loaded = Baseline::load(&file);
        fs::remove_file(&file).unwrap();
        assert_eq!(loaded.unwrap(), baseline);
    }
}
