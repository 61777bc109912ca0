use super::{Place, Settings, Table};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::advance;

fn table(max_peers: usize) -> Arc<Table> {
    Table::new(Settings { per_second: 1, burst: 1, max_peers, ipv6_prefix: 64 })
}

fn ip(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(number).into()
}

/// Whether a request of `ip` passes, and whether the address has a bucket of its own.
fn ask(table: &Table, ip: IpAddr) -> (bool, bool) {
    match table.place(ip) {
        Place::Own(bucket) => (table.take(&bucket), true),
        Place::Others(bucket) => (table.take(&bucket), false),
    }
}

#[tokio::test(start_paused = true)]
async fn who_finds_no_room_shares_one_rate_with_the_others() {
    let table = table(2);
    assert_eq!([1, 2].map(|peer| ask(&table, ip(peer))), [(true, true); 2]);
    assert_eq!(ask(&table, ip(3)), (true, false), "the first of those without a place");
    assert_eq!(ask(&table, ip(4)), (false, false), "no room, and the others' rate is used up");
    assert_eq!((table.peers(), table.refused()), (2, 1));
    advance(Duration::from_secs(1)).await;
    assert_eq!(ask(&table, ip(4)), (true, true), "the first two are over");
}

#[tokio::test(start_paused = true)]
async fn entries_that_a_connection_has_stay() {
    let table = table(2);
    let Place::Own(kept) = table.place(ip(1)) else { panic!("there is room") };
    ask(&table, ip(2));
    advance(Duration::from_secs(3600)).await;
    assert!(ask(&table, ip(3)).1, "the second gave way");
    let Place::Own(again) = table.place(ip(1)) else { panic!("it is there") };
    assert!(Arc::ptr_eq(&kept, &again));
}

#[tokio::test(start_paused = true)]
async fn a_full_table_is_looked_through_once_a_second() {
    let table = table(1);
    let Place::Own(kept) = table.place(ip(1)) else { panic!("there is room") };
    assert!(!ask(&table, ip(2)).1);
    drop(kept);
    assert!(!ask(&table, ip(2)).1, "not again in the same second");
    advance(Duration::from_secs(1)).await;
    assert!(ask(&table, ip(2)).1);
}

#[tokio::test(start_paused = true)]
async fn a_million_addresses_leave_as_many_entries_as_may_be() {
    let table = table(10_000);
    for number in 0..1_000_000 {
        ask(&table, ip(number));
    }
    assert_eq!(table.peers(), 10_000);
    advance(Duration::from_secs(2)).await;
    ask(&table, ip(u32::MAX));
    assert_eq!(table.peers(), 1, "what is over is gone, and so is its memory");
    assert!(table.peers.capacity() < 4096);
}

#[tokio::test(start_paused = true)]
async fn what_is_over_goes_long_before_the_table_is_full() {
    let table = table(1_000_000);
    for number in 0..100_000 {
        ask(&table, ip(number));
        if number % 1000 == 0 {
            advance(Duration::from_secs(1)).await;
        }
    }
    assert!(table.peers() < 5000, "{}", table.peers());
}
