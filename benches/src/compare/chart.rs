//! Draws results.svg: throughput and processor time of each server, for both headers.

use super::kind::Kind;
use super::results::{Figure, Results};
use super::shapes::{BINARY, JSON};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use rocketmq_tower::BoxError;
use std::path::Path;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A grey that is visible on white and on black; there is no background.
const TEXT: RGBColor = RGBColor(125, 133, 144);

/// Both headers, and the colours of their bars.
const HEADERS: [(&str, &str, RGBColor); 2] = [
    (JSON, "JSON headers", RGBColor(56, 132, 221)),
    (BINARY, "binary headers", RGBColor(228, 132, 48)),
];

const WIDTH: u32 = 960;
const NAMES: i32 = 204;
const TITLE: i32 = 70;
const ROW: i32 = 52;
const BAR: i32 = 18;
/// Room for the figure next to a bar.
const FIGURE: i32 = 80;

pub(super) fn draw(file: &Path, results: &Results) -> Result<(), BoxError> {
    let measured = |kind: &Kind| {
        HEADERS.iter().any(|h| results.echoes.figure(h.0, *kind, |o| o.server).is_some())
    };
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(measured).collect();
    let height = u32::try_from(TITLE + ROW * i32::try_from(kinds.len())?)?;
    let area = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    for (index, kind) in kinds.iter().enumerate() {
        let y = TITLE + ROW * i32::try_from(index)? + ROW / 2 - 4;
        text(&area, kind.name(), (NAMES - 12, y), 17, HPos::Right)?;
    }
    for (index, (_, name, colour)) in HEADERS.iter().enumerate() {
        let x = NAMES + 150 * i32::try_from(index)?;
        area.draw(&Rectangle::new([(x, 40), (x + 12, 52)], colour.filled()))?;
        text(&area, name, (x + 18, 46), 16, HPos::Left)?;
    }
    let width = (i32::try_from(WIDTH)? - NAMES) / 2;
    let throughput =
        Panel { title: "Thousand requests per second", digits: 0, figure: |o| o.per_second / 1e3 };
    let processor = Panel { title: "Server CPU, µs per request", digits: 2, figure: |o| o.server };
    for (index, panel) in [throughput, processor].iter().enumerate() {
        let x = NAMES + width * i32::try_from(index)?;
        panel.draw(&area, (x, width - FIGURE), &kinds, results)?;
    }
    area.present()?;
    Ok(())
}

/// One half of the chart.
struct Panel {
    title: &'static str,
    digits: usize,
    figure: Figure,
}

impl Panel {
    fn draw(
        &self,
        area: &Area<'_>,
        (x, width): (i32, i32),
        kinds: &[Kind],
        results: &Results,
    ) -> Result<(), BoxError> {
        text(area, self.title, (x, 18), 20, HPos::Left)?;
        let median = |header, kind| Some(results.echoes.figure(header, kind, self.figure)?.median);
        let all = kinds.iter().flat_map(|kind| HEADERS.iter().map(|h| median(h.0, *kind)));
        let longest = all.flatten().fold(f64::MIN_POSITIVE, f64::max);
        for (row, kind) in kinds.iter().enumerate() {
            for (bar, (header, _, colour)) in HEADERS.iter().enumerate() {
                let Some(figure) = median(header, *kind) else { continue };
                let y = TITLE + ROW * i32::try_from(row)? + (BAR + 2) * i32::try_from(bar)?;
                let end = x + 1 + (figure / longest * f64::from(width)) as i32;
                area.draw(&Rectangle::new([(x, y), (end, y + BAR)], colour.filled()))?;
                let digits = self.digits;
                let place = (end + 6, y + BAR / 2);
                text(area, &format!("{figure:.digits$}"), place, 16, HPos::Left)?;
            }
        }
        Ok(())
    }
}

fn text(
    area: &Area<'_>,
    text: &str,
    at: (i32, i32),
    size: i32,
    side: HPos,
) -> Result<(), BoxError> {
    let style = ("sans-serif", size).into_text_style(area).color(&TEXT);
    area.draw(&Text::new(text.to_owned(), at, style.pos(Pos::new(side, VPos::Center))))?;
    Ok(())
}
