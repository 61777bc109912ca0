//! Reads topics: their queues, positions in them, and pages of messages. `pull` reads one once.

mod filter;
mod place;
mod reader;

pub(crate) use filter::Filter;
pub(crate) use place::{Place, places};
pub(crate) use reader::{Page, QueueReader};

use crate::failure::Failure;
use crate::link::Link;
use crate::options::PullOptions;
use crate::output::{self, Out};

/// `pull`: prints at most `max` messages, queue by queue. Messages that are stored meanwhile are left out, so that
/// it ends.
pub(crate) async fn pull(link: &Link, options: PullOptions, out: &mut Out) -> Result<(), Failure> {
    let filter = Filter::new(&options.filter);
    let mut left = options.max;
    for place in places(link, &options.topic, options.queue.as_ref()).await? {
        let end = place.max_offset(link).await?;
        let start = place.offset(link, options.from).await?;
        let mut reader = QueueReader::new(place, start, filter.clone());
        while left > 0 && reader.offset() < end {
            let page = reader.next(link, None, left).await?;
            left -= print(&page, &reader, end, left, out)?;
            if page.is_end {
                break;
            }
        }
    }
    Ok(())
}

/// Prints at most `max` messages of a page whose offset is less than `end`. Returns their number.
pub(crate) fn print(
    page: &Page,
    reader: &QueueReader,
    end: i64,
    max: u64,
    out: &mut Out,
) -> Result<u64, Failure> {
    let broker = reader.place().queue.broker_name.as_str();
    let (mut text, mut printed) = (String::new(), 0);
    for message in page.messages() {
        let message = message?;
        if printed == max || message.queue_offset >= end {
            break;
        }
        if !reader.filter().accepts(&message) {
            continue;
        }
        match out.is_json {
            true => text.push_str(&output::to_json(&message, broker).to_string()),
            false => text.push_str(&output::human(&message, broker)),
        }
        text.push('\n');
        printed += 1;
    }
    out.text(&text)?;
    Ok(printed)
}
