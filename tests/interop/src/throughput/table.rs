//! The table of results, in Markdown.

use super::measure::Figures;
use super::server::Kind;
use std::fmt;

/// Has a row of medians for each load and broker, and a row with the ratio for each load.
#[derive(Debug, Default)]
pub(super) struct Table {
    loads: Vec<Load>,
}

#[derive(Debug)]
struct Load {
    what: String,
    figures: Vec<(Kind, Figures)>,
}

/// The number of decimal places of a column.
type Digits = usize;

/// A column: its title, its decimal places, and the function that reads its figure.
type Column = (&'static str, Digits, fn(&Figures) -> f64);

const COLUMNS: [Column; 10] = [
    ("messages/s", 0, |f| f.messages_per_second),
    ("server µs/message", 1, |f| f.server),
    ("p50 ms", 2, |f| f.latency.p50),
    ("p99 ms", 2, |f| f.latency.p99),
    ("p99.9 ms", 2, |f| f.latency.p999),
    ("memory MiB", 0, |f| mib(f.memory.anonymous)),
    ("with files MiB", 0, |f| mib(f.memory.all)),
    ("written KiB/message", 1, |f| f.written),
    ("client µs/message", 1, |f| f.client),
    ("others' CPUs", 2, |f| f.others),
];

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

impl Table {
    pub(super) fn add(&mut self, what: &str, kind: Kind, figures: Figures) {
        match self.loads.iter_mut().find(|load| load.what == what) {
            Some(load) => load.figures.push((kind, figures)),
            None => self.loads.push(Load { what: what.to_owned(), figures: vec![(kind, figures)] }),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| load | broker |")?;
        COLUMNS.iter().try_for_each(|(title, ..)| write!(f, " {title} |"))?;
        write!(f, "\n|---|---|")?;
        COLUMNS.iter().try_for_each(|_| write!(f, "---:|"))?;
        self.loads.iter().try_for_each(|load| write!(f, "{load}"))
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for kind in Kind::BOTH {
            write!(f, "\n| {} | {} |", self.what, kind.name())?;
            for (_, digits, column) in COLUMNS {
                match self.median(kind, column) {
                    Some(median) => write!(f, " {median:.digits$} |")?,
                    None => write!(f, " |")?,
                }
            }
        }
        let [apache, tower] = Kind::BOTH;
        write!(f, "\n| | ratio |")?;
        for (_, _, column) in COLUMNS {
            match (self.median(apache, column), self.median(tower, column)) {
                (Some(apache), Some(tower)) if apache > 0.0 => {
                    write!(f, " {:.2} |", tower / apache)?
                }
                _ => write!(f, " |")?,
            }
        }
        Ok(())
    }
}

impl Load {
    fn median(&self, kind: Kind, column: fn(&Figures) -> f64) -> Option<f64> {
        let of_kind = self.figures.iter().filter(|(of, _)| *of == kind);
        let mut figures: Vec<f64> = of_kind.map(|(_, figures)| column(figures)).collect();
        figures.sort_by(f64::total_cmp);
        let upper = *figures.get(figures.len() / 2)?;
        let lower = *figures.get((figures.len() - 1) / 2)?;
        Some((lower + upper) / 2.0)
    }
}
