//! Figures of several rounds.

/// The median, the lowest and the highest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Returns `None` if there are no figures.
    pub(crate) fn of(figures: impl Iterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.filter(|figure| figure.is_finite()).collect();
        figures.sort_by(f64::total_cmp);
        let (min, max) = (*figures.first()?, *figures.last()?);
        let upper = figures.get(figures.len() / 2)?;
        let lower = figures.get((figures.len() - 1) / 2)?;
        Some(Self { median: (lower + upper) / 2.0, min, max })
    }

    /// Formats the figure with `digits` digits after the decimal point. The range is left out if
    /// all figures are equal.
    pub(crate) fn show(&self, digits: usize, unit: &str) -> String {
        let Self { median, min, max } = self;
        let range = format!(" ({min:.digits$}–{max:.digits$})");
        format!("{median:.digits$}{unit}{}", if min == max { "" } else { &range })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_numbers_of_figures() {
        assert_eq!(Spread::of([].into_iter()), None);
        assert_eq!(Spread::of([3.0, 1.0, 2.0].into_iter()).unwrap().show(1, "x"), "2.0x (1.0–3.0)");
        assert_eq!(Spread::of([4.0, 1.0].into_iter()).unwrap().show(1, ""), "2.5 (1.0–4.0)");
        assert_eq!(Spread::of([4.0].into_iter()).unwrap().show(0, " KiB"), "4 KiB");
    }
}
