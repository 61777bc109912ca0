//! The checks that every row passes.

use crate::clients;
use crate::connections;
use crate::peer::{Got, Peer};
use crate::processor::{DEFERRED, HOLD, HOLD_TIME, OK, REFUSED, SLOW_TIME, UNKNOWN};
use crate::requests;
use crate::row::{Row, Seen, Trigger};
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

/// All rows.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = requests::rows();
    rows.extend(connections::rows());
    rows.extend(clients::rows());
    rows
}

#[tokio::test(start_paused = true)]
async fn every_layer_in_every_place() {
    let rows = rows();
    assert!(rows.len() >= 60, "{}", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        // Shown if the test fails or hangs.
        println!("{}, {:?}", row.layer, row.place);
        let seen = seen(row).await;
        if seen != row.expected {
            let (layer, place, expected) = (row.layer, row.place, &row.expected);
            wrong.push(format!("{layer}, {place:?}\n  saw      {seen:?}\n  expected {expected:?}"));
        }
        let direct = Seen { refusal: row.expected.refusal.clone(), ..Seen::direct() };
        let explained = row.expected == direct || !row.because.is_empty();
        assert!(explained, "{}: a reason for each difference", row.layer);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn seen(row: &Row) -> Seen {
    Seen {
        success: answers(row, OK).await,
        abort: answers(row, REFUSED).await,
        unknown: answers(row, UNKNOWN).await,
        refusal: refusal(row).await,
        deferred: answers(row, DEFERRED).await,
        oneway: oneway(row).await,
        drain: drain(row).await,
    }
}

/// Two requests at once over one connection, and one over another.
async fn answers(row: &Row, code: i32) -> String {
    let running = (row.start)().await;
    let mut seen = running.peer().burst(&[code, code]).await;
    seen.push(running.peer().call(code).await);
    seen.dedup();
    seen.join(", then ")
}

async fn refusal(row: &Row) -> String {
    let running = (row.start)().await;
    let mut peer = running.peer();
    let (seen, after) = match row.trigger {
        Trigger::Nothing => return "none".into(),
        Trigger::Burst(codes) => last(peer.timed_burst(codes).await),
        Trigger::Calls(codes) => {
            let (last_code, others) = codes.split_last().expect("there are some");
            for code in others {
                peer.call(*code).await;
            }
            last(peer.timed_burst(&[*last_code]).await)
        }
        Trigger::FifthConnection => {
            let mut peers = vec![peer, running.peer(), running.peer(), running.peer()];
            for peer in &mut peers {
                assert_eq!(peer.call(OK).await, "SUCCESS");
            }
            last(running.peer().timed_burst(&[OK]).await)
        }
        Trigger::AfterBadConnections => {
            for _ in 0..4 {
                let mut raw = running.raw();
                raw.io.write_all(&[0xFF; 64]).await.expect("the connection is open");
                assert!(raw.next_or_end().await.is_none(), "bytes that are no frame");
            }
            last(running.peer().timed_burst(&[OK]).await)
        }
        Trigger::Age => {
            assert_eq!(peer.call(OK).await, "SUCCESS");
            sleep(60 * SLOW_TIME).await;
            last(peer.timed_burst(&[OK]).await)
        }
    };
    match &*seen {
        "SUCCESS" if after >= HOLD_TIME => "waits".into(),
        // A connection that waits until another ends.
        "no answer" if matches!(row.trigger, Trigger::FifthConnection) => "waits".into(),
        _ => seen,
    }
}

fn last(mut seen: Vec<Got>) -> Got {
    seen.pop().expect("there are some")
}

/// A oneway request reaches the processor, and is not answered.
async fn oneway(row: &Row) -> String {
    let running = (row.start)().await;
    let mut peer = running.peer();
    peer.oneway(OK).await;
    // The next frame answers the next request, even when the oneway request has ended.
    let mut next = vec![peer.call(REFUSED).await];
    running.log.reached(OK).await;
    next.push(peer.call(REFUSED).await);
    next.dedup();
    let (count, next) = (running.log.count(OK), next.join(", then "));
    if count == 1 && next == row.expected.abort {
        return "processed".into();
    }
    format!("processed {count} times, then {next}")
}

/// A graceful shutdown finishes the request in flight.
async fn drain(row: &Row) -> String {
    let running = (row.start)().await;
    let mut peer = running.peer();
    let log = running.log.clone();
    let call = tokio::spawn(async move {
        let seen = peer.call(HOLD).await;
        (seen, peer)
    });
    log.reached(HOLD).await;
    match running.client {
        Some((client, _)) => client.shutdown(SLOW_TIME).await,
        None => {
            running.stop.send(()).expect("the server runs");
            let shutdown = running.task.await.expect("no panic").expect("no failure");
            assert_eq!(shutdown.aborted, 0, "{}: no connection was cut", row.layer);
        }
    }
    let (seen, peer) = call.await.expect("no panic");
    if let Peer::Raw(mut raw) = peer {
        assert!(raw.next_or_end().await.is_none(), "{}: the connection ends", row.layer);
    }
    match &*seen {
        "SUCCESS" => "finished".into(),
        _ => seen,
    }
}
