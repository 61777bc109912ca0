//! Invariants that must hold at the end of a run.

use crate::errors::CLOSED;
use crate::fault::host_name;
use crate::journal::{Call, End, Step};
use crate::world::World;
use std::time::Duration;

/// Checks that each call ended in time, and was run as often as its end allows.
pub(crate) fn calls(world: &World, now: Duration) {
    let mut book = world.journal.open();
    let wrong: Vec<_> = book
        .calls
        .iter()
        .enumerate()
        .flat_map(|(id, call)| {
            let found = [ended(call, now, world.slack()), ran(call), lost(world, call)];
            let who = format!("call {id} of {}", host_name(call.host));
            found.into_iter().flatten().map(move |(rule, what)| (rule, format!("{who} {what}")))
        })
        .collect();
    for (invariant, what) in wrong {
        book.violation(invariant, what);
    }
}

type Wrong = Option<(&'static str, String)>;

fn ended(call: &Call, now: Duration, slack: Duration) -> Wrong {
    let limit = call.limit?;
    let due = call.begun + limit + slack;
    match call.end {
        // Only the server's calls may end by an abort of their tasks.
        Some((_, End::Aborted)) if call.host.is_some() => {
            Some(("calls end once", "was dropped".to_owned()))
        }
        Some((at, end)) if at > due => {
            let took = at - call.begun;
            Some(("calls end in time", format!("took {took:?} instead of {limit:?}: {end:?}")))
        }
        None if now > due => Some(("calls end once", "has not ended".to_owned())),
        _ => None,
    }
}

fn ran(call: &Call) -> Wrong {
    let (_, end) = call.end?;
    let runs = call.runs;
    let allowed = match end {
        End::Answered | End::Failed => 1..=1,
        End::Busy | End::GoAway | End::Error { unprocessed: true, .. } => 0..=0,
        _ => 0..=1,
    };
    let what = || format!("was run {runs} times, and ended: {end:?}");
    (!allowed.contains(&runs)).then(|| ("runs at most once", what()))
}

/// A call is lost if its connection ends before the response comes: nobody may repeat it.
fn lost(world: &World, call: &Call) -> Wrong {
    let (_, end) = call.end?;
    let is_lost = matches!(end, End::Error { name: CLOSED, unprocessed: false });
    let what = || "was lost when its connection ended gracefully".to_owned();
    (world.plan.calm && is_lost).then(|| ("graceful ends lose nothing", what()))
}

/// Checks that every connection that was connected has been disconnected.
pub(crate) fn events(world: &World) {
    let mut book = world.journal.open();
    let open = book.lives.iter().filter(|(_, step)| **step != Step::Disconnected);
    let open: Vec<_> = open.map(|((host, _), step)| (host_name(*host), *step)).collect();
    for (host, step) in open {
        book.violation("events", format!("a connection of {host} was last {step:?}"));
    }
}
