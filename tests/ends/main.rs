//! No request is lost when a connection ends gracefully, however long it takes for bytes to arrive.
//!
//! A request is lost if its peer can neither use a response nor know that no server has processed
//! it. Peers whose version supports `GO_AWAY` lose none; peers of older versions get the answers of
//! all requests that were read.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod both_sides;
#[allow(dead_code, unused_imports, reason = "parts that the soak uses")]
mod load;

use load::{Case, End, Peer, Site};
use rocketmq_tower::MqVersion;
use rocketmq_tower_test_support::{SECOND, Tally};
use std::time::Duration;

const DELAYS: [u64; 4] = [0, 1, 10, 25];
const CALLS: u64 = 2000;

/// Runs the case with each delay, and checks that no call is lost. Every request that reached a
/// processor is answered, and no connection lasts for ever.
async fn loses_nothing(end: End, peer: Peer) {
    let mut report = Vec::new();
    for delay in DELAYS.map(Duration::from_millis) {
        let (site, case) = (Site::memory(), Case { end, peer, delay, calls: CALLS });
        let tally = case.run(&site).await.expect("runs");
        report.push((delay, site.accepted(), site.served(), tally));
    }
    for (delay, connections, served, tally) in &report {
        let is_sound = is_sound(peer, tally) && *served == tally.answered && *connections > 4;
        assert!(is_sound, "{delay:?}: {connections} connections, {served} served, {report:#?}");
        assert!(tally.calls() >= CALLS, "{delay:?}: {report:#?}");
    }
}

fn is_sound(peer: Peer, tally: &Tally) -> bool {
    match peer {
        // Nothing can tell these peers that a request was not processed.
        Peer::Raw(version) if !version.knows_go_away() => tally.unprocessed == 0,
        _ => tally.lost == 0,
    }
}

macro_rules! cases {
    ($($name:ident: $end:ident, $peer:expr;)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            loses_nothing(End::$end, $peer).await;
        }
    )*};
}

cases! {
    shutdowns_lose_no_call_of_a_client: Shutdown, Peer::Client;
    shutdowns_lose_no_call_of_a_raw_peer: Shutdown, Peer::Raw(MqVersion::V5_3_3);
    shutdowns_answer_what_they_read_from_an_old_peer: Shutdown, Peer::Raw(MqVersion::V5_3_1);
    drains_lose_no_call_of_a_client: Drain, Peer::Client;
    drains_lose_no_call_of_a_raw_peer: Drain, Peer::Raw(MqVersion::V5_3_3);
    drains_answer_what_they_read_from_an_old_peer: Drain, Peer::Raw(MqVersion::V5_3_1);
    hand_overs_lose_no_call_of_a_client: HandOver, Peer::Client;
    hand_overs_lose_no_call_of_a_raw_peer: HandOver, Peer::Raw(MqVersion::V5_3_3);
    hand_overs_answer_what_they_read_from_an_old_peer: HandOver, Peer::Raw(MqVersion::V5_3_1);
    a_maximum_age_loses_no_call_of_a_client: MaxAge, Peer::Client;
    a_maximum_age_loses_no_call_of_a_raw_peer: MaxAge, Peer::Raw(MqVersion::V5_3_3);
    an_idle_timeout_loses_no_call_of_a_client: Idle, Peer::Client;
    an_idle_timeout_loses_no_call_of_a_raw_peer: Idle, Peer::Raw(MqVersion::V5_3_3);
}

/// The same over sockets, which two servers share. With a client and raw peers at a time.
#[tokio::test]
async fn a_hand_over_of_a_socket_loses_nothing() {
    let case = |peer, delay| async move {
        let delay = Duration::from_millis(delay);
        // Enough for a slow machine.
        let site = Site::tcp().linger(10 * SECOND);
        let case = Case { end: End::HandOver, peer, delay, calls: CALLS };
        let tally = case.run(&site).await.expect("runs");
        assert_eq!(tally.lost, 0, "{peer} {delay:?}: {tally:?}");
        assert!(site.accepted() > 4, "{peer} {delay:?}: {}", site.accepted());
    };
    let raw = Peer::Raw(MqVersion::V5_3_3);
    tokio::join!(case(Peer::Client, 0), case(Peer::Client, 10), case(raw, 0), case(raw, 10));
}
