//! The counts that the benchmarks print.

use crate::requests::REQUESTS;
use rocketmq_tower::BoxError;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::BufRead;

/// Instructions per request, by the benchmark's name.
pub(crate) type Counts = BTreeMap<String, f64>;

/// Reads one JSON object per line, as gungraun prints them.
pub(crate) fn read(input: impl BufRead) -> Result<Counts, BoxError> {
    let mut counts = Counts::new();
    for line in input.lines() {
        let line = line?;
        let summary: Value = serde_json::from_str(&line)?;
        let (name, count) = count(&summary).ok_or_else(|| format!("no count in {line}"))?;
        counts.insert(name, count);
    }
    if counts.is_empty() { Err("there are no counts".into()) } else { Ok(counts) }
}

fn count(summary: &Value) -> Option<(String, f64)> {
    let text = |field| summary.get(field)?.as_str();
    let name = format!("{}/{}", text("function_name")?, text("id")?);
    let instructions = summary.pointer("/profiles/0/data/total/metrics/Ir/values/new")?.as_f64()?;
    // A tenth of an instruction is precise enough.
    Some((name, (instructions / REQUESTS as f64 * 10.0).round() / 10.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(metrics: &str) -> String {
        format!(
            r#"{{"function_name":"decode","id":"json","profiles":[{{"data":{{"total":{{"metrics":{metrics}}}}}}}]}}"#
        )
    }

    #[test]
    fn counts_are_per_request() {
        let text = line(r#"{"Ir":{"values":{"new":320160,"old":1}}}"#);
        let counts = read(text.as_bytes()).unwrap();
        assert_eq!(counts, Counts::from([("decode/json".to_owned(), 100.1)]));
    }

    #[test]
    fn what_has_no_counts_is_an_error() {
        assert!(read(line("{}").as_bytes()).is_err());
        assert!(read(&b"running 1 test\n"[..]).is_err());
        assert!(read(&b""[..]).is_err());
    }
}
