//! Dials whose attempts follow a script, in paused time.
#![allow(clippy::panic, reason = "test code")]

use super::{Pace, first_of};
use crate::client::ConnectError;
use Outcome::{Accepts, Hangs, Refuses};
use std::cell::{Cell, RefCell};
use std::future::pending;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

#[derive(Clone, Copy)]
enum Outcome {
    Hangs,
    /// After this number of milliseconds.
    Refuses(u64),
    Accepts(u64),
}

struct Dialed {
    /// The number of the address that was connected, or the failures.
    result: Result<usize, Vec<ConnectError>>,
    /// When each attempt began, and when the dial ended, in milliseconds.
    begun: Vec<u128>,
    took: u128,
    most_at_a_time: usize,
}

/// Counts the attempts that run.
struct Running<'a>(&'a Cell<usize>);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

fn millis(number: u64) -> Duration {
    Duration::from_millis(number)
}

fn addr(number: usize) -> SocketAddr {
    ([10, 0, 0, 1], number as u16).into()
}

/// Dials addresses with these outcomes, which are numbered from 0. A dial that ends has this time.
async fn dial(outcomes: &[Outcome], pace: Pace) -> Dialed {
    let start = Instant::now();
    let begun: RefCell<Vec<(usize, u128)>> = RefCell::default();
    let (running, most) = (Cell::new(0), Cell::new(0));
    let addrs: Vec<_> = (0..outcomes.len()).map(addr).collect();
    let connect = |addr: SocketAddr| {
        let number = usize::from(addr.port());
        begun.borrow_mut().push((number, start.elapsed().as_millis()));
        running.set(running.get() + 1);
        most.set(most.get().max(running.get()));
        let running = Running(&running);
        async move {
            let _running = running;
            match outcomes[number] {
                Hangs => pending().await,
                Refuses(after) => {
                    sleep(millis(after)).await;
                    Err(io::Error::from(ErrorKind::ConnectionRefused))
                }
                Accepts(after) => {
                    sleep(millis(after)).await;
                    Ok(number)
                }
            }
        }
    };
    let result = first_of(&addrs, pace, connect).await;
    assert_eq!(running.get(), 0, "the others are dropped");
    let begun = begun.into_inner();
    assert!(begun.iter().enumerate().all(|(place, (number, _))| place == *number), "in order");
    let begun = begun.into_iter().map(|(_, at)| at).collect();
    Dialed { result, begun, took: start.elapsed().as_millis(), most_at_a_time: most.get() }
}

/// 250 ms and 3 s, without an end.
fn pace() -> Pace {
    Pace { attempt_delay: millis(250), connect_timeout: millis(3000), end: None }
}

/// The same with this number of milliseconds in all.
fn within(number: u64) -> Pace {
    Pace { end: Some(Instant::now() + millis(number)), ..pace() }
}

#[tokio::test(start_paused = true)]
async fn addresses_that_hang_delay_the_good_one_by_250_ms_each() {
    for pace in [pace(), within(15_000)] {
        let outcomes = [Hangs, Hangs, Hangs, Hangs, Hangs, Hangs, Accepts(0)];
        let dialed = dial(&outcomes, pace).await;
        assert!(matches!(dialed.result, Ok(6)));
        assert_eq!(dialed.begun, [0, 250, 500, 750, 1000, 1250, 1500]);
        assert_eq!(dialed.took, 1500);
    }
}

#[tokio::test(start_paused = true)]
async fn addresses_that_refuse_delay_it_by_nothing() {
    let dialed = dial(&[Refuses(0), Refuses(0), Accepts(7)], pace()).await;
    assert!(matches!(dialed.result, Ok(2)));
    assert_eq!((dialed.took, dialed.most_at_a_time), (7, 1));
    // The third begins when the second has failed, 250 ms are not over.
    let dialed = dial(&[Hangs, Refuses(20), Accepts(0)], pace()).await;
    assert_eq!((dialed.begun, dialed.took), (vec![0, 250, 270], 270));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_connects_in_time_is_the_only_one_tried() {
    let dialed = dial(&[Accepts(249), Accepts(0)], pace()).await;
    assert!(matches!(dialed.result, Ok(0)));
    assert_eq!((dialed.begun.len(), dialed.took), (1, 249));
}

#[tokio::test(start_paused = true)]
async fn the_first_success_wins_whichever_began_first() {
    let dialed = dial(&[Accepts(400), Accepts(100), Accepts(0)], pace()).await;
    assert!(matches!(dialed.result, Ok(1)));
    assert_eq!((dialed.begun.len(), dialed.took), (2, 350));
    let dialed = dial(&[Accepts(300), Accepts(100)], pace()).await;
    assert!(matches!(dialed.result, Ok(0)), "a slow one is not given up");
}

#[tokio::test(start_paused = true)]
async fn failures_are_told_in_the_order_in_which_they_happened() {
    let dialed = dial(&[Hangs, Refuses(100)], pace()).await;
    let Err(failures) = dialed.result else { panic!("connected") };
    assert_eq!(dialed.took, 3000);
    let [ConnectError::Io { addr: first, source }, ConnectError::Timeout { addr: second, limit }] =
        &failures[..]
    else {
        panic!("{failures:?}")
    };
    assert_eq!((*first, source.kind()), (addr(1), ErrorKind::ConnectionRefused));
    assert_eq!((*second, *limit), (addr(0), millis(3000)));

    let error = ConnectError::from_failures(failures, 3);
    let text = "none of 5 addresses can be reached: connecting to 10.0.0.1:1 failed: connection refused; \
                connecting to 10.0.0.1:0 took longer than 3s; 3 were not tried";
    assert_eq!(error.to_string(), text);
    assert!(matches!(error, ConnectError::AllFailed { failures, .. } if failures.len() == 2));
}

#[tokio::test(start_paused = true)]
async fn at_most_8_run_at_a_time() {
    let dialed = dial(&[Hangs; 16], pace()).await;
    assert_eq!(dialed.most_at_a_time, 8);
    // The ninth takes the place of the first, which has timed out.
    assert_eq!(dialed.begun[7..10], [1750, 3000, 3250]);
    assert_eq!(dialed.took, 3000 + 1750 + 3000);
}

/// However little time there is, each address is tried, and has a share that is worth something.
#[tokio::test(start_paused = true)]
async fn the_addresses_share_the_time_that_is_left() {
    for (addrs, total) in [(2, 400), (7, 1000), (8, 4000), (9, 1000), (16, 2000), (16, 15_000)] {
        let dialed = dial(&vec![Hangs; addrs], within(total)).await;
        let Err(failures) = dialed.result else { panic!("connected") };
        assert_eq!((dialed.begun.len(), failures.len()), (addrs, addrs), "{addrs} in {total}");
        assert!(dialed.took <= u128::from(total), "{addrs} in {total} ms: {}", dialed.took);
        let shares = failures.iter().map(|failure| match failure {
            ConnectError::Timeout { limit, .. } => *limit,
            other => panic!("{other:?}"),
        });
        let least = shares.min().unwrap_or_default();
        // Without a bound on the attempts at a time, each would have half of the time.
        assert!(least >= millis(total / 5).min(millis(3000)), "{addrs} in {total} ms: {least:?}");
        let mut outcomes = vec![Hangs; addrs];
        outcomes[addrs - 1] = Accepts(total / 10);
        let dialed = dial(&outcomes, within(total)).await;
        assert!(matches!(dialed.result, Ok(last) if last == addrs - 1), "{addrs} in {total}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_delay_of_any_length_is_possible() {
    let pace = Pace { attempt_delay: Duration::ZERO, ..pace() };
    let dialed = dial(&[Hangs, Hangs, Accepts(5)], pace).await;
    assert_eq!((dialed.begun, dialed.took), (vec![0, 0, 0], 5));
    let pace = Pace { attempt_delay: Duration::MAX, ..pace };
    let dialed = dial(&[Hangs, Refuses(50), Accepts(5)], pace).await;
    assert_eq!((dialed.begun, dialed.took), (vec![0, 3000, 3050], 3055), "one after the other");
}

#[tokio::test(start_paused = true)]
async fn no_address_is_an_error_at_once() {
    let dialed = dial(&[], pace()).await;
    let Err(failures) = dialed.result else { panic!("connected") };
    let error = ConnectError::from_failures(failures, 0);
    assert!(matches!(error, ConnectError::Resolve(_)), "{error:?}");
    assert_eq!(dialed.took, 0);
}
