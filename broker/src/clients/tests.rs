//! Clients, their connections and their room.

use super::{ClientStateLimits, Clients, ConsumerBeat, ConsumerKind, SentSubscription, Subscribed};
use crate::refusal::Refused;
use rocketmq_tower::{Channel, ChannelInfo, Connection};

fn clients(per_connection: usize) -> Clients {
    Clients::new(ClientStateLimits { per_connection, ..ClientStateLimits::DEFAULT })
}

/// A connection, which is open as long as it is kept.
fn connection() -> (Connection<tokio::io::Empty>, Channel) {
    let connection = Connection::new(tokio::io::empty(), ChannelInfo::default());
    let channel = connection.channel();
    (connection, channel)
}

fn topics(topics: &[(&'static str, i64)]) -> Vec<SentSubscription<'static>> {
    let sent =
        |&(topic, version): &_| SentSubscription { topic, kind: "TAG", expression: "a", version };
    topics.iter().map(sent).collect()
}

fn beat<'a>(
    client: &'a str,
    group: &'a str,
    subscriptions: Option<&'a [SentSubscription<'a>]>,
) -> ConsumerBeat<'a> {
    ConsumerBeat { client, group, kind: ConsumerKind::default(), subscriptions }
}

impl Clients {
    fn beat(&self, channel: &Channel, client: &str, group: &str) -> Result<bool, String> {
        let connection = self.connection(channel);
        let beat = beat(client, group, None);
        let update = self.consumer_beats(&connection, &beat, &mut Refused::default());
        update.map(|update| update.changed).map_err(|error| error.to_string())
    }

    fn subscribes(&self, channel: &Channel, sent: &[SentSubscription<'_>]) -> (bool, bool) {
        let mut refused = Refused::default();
        let connection = self.connection(channel);
        let update =
            self.consumer_beats(&connection, &beat("client", "g", Some(sent)), &mut refused);
        (update.unwrap().changed, refused.result().is_err())
    }
}

#[test]
fn everything_of_a_connection_is_gone_with_it() {
    let (clients, (_one, one), (_two, two)) = (clients(1 << 20), connection(), connection());
    for channel in [&one, &two] {
        assert_eq!(clients.beat(channel, "client", "g"), Ok(true));
        assert_eq!(clients.beat(channel, "client", "g"), Ok(false), "again");
        clients.producer_beats(&clients.connection(channel), "client", "p").unwrap();
    }
    clients.subscribes(&one, &topics(&[("T", 1)]));
    clients.remove_connection(&one);
    assert_eq!(clients.consumers("g"), ["client".into()]);
    assert_eq!(clients.channel_of("client"), Some(two.clone()));
    assert_eq!(clients.any_producer("p", 7), Some(two.clone()));
    assert!(matches!(clients.subscribed("g", "T"), Subscribed::To(_)), "it is the group's");

    clients.remove_connection(&two);
    assert!(clients.consumers("g").is_empty());
    assert_eq!((clients.channel_of("client"), clients.any_producer("p", 0)), (None, None));
    assert_eq!((clients.account.used(), clients.connections().len()), (0, 0));
}

#[test]
fn a_client_leaves_only_on_its_own_connection() {
    let (clients, (_one, one), (_two, two)) = (clients(1 << 20), connection(), connection());
    clients.beat(&one, "client", "g").unwrap();
    clients.leaves(&two, "client", Some("g"), Some("g"));
    assert_eq!(clients.consumers("g"), ["client".into()]);
    clients.leaves(&one, "client", Some("g"), Some("g"));
    assert!(clients.consumers("g").is_empty());
    assert_eq!(clients.account.used(), 0);
}

#[test]
fn a_connection_that_has_ended_gets_no_members() {
    let (clients, (connection, channel)) = (clients(1 << 20), connection());
    let kept = clients.connection(&channel);
    clients.remove_connection(&channel);
    let join = clients.producer_beats(&kept, "client", "p");
    assert!(join.is_err());
    drop(connection);
    assert!(clients.beat(&channel, "client", "g").is_err());
    assert!(clients.connections().is_empty());
}

#[test]
fn what_has_no_room_is_refused_and_what_is_there_goes_on() {
    let (clients, (_one, one)) = (clients(0), connection());
    let joined = (0..1000).map(|n| clients.beat(&one, "client", &n.to_string()));
    let joined: Vec<_> = joined.collect();
    let first = joined.iter().position(Result::is_err).unwrap();
    assert!((10..100).contains(&first), "{first}");
    assert!(joined[first..].iter().all(Result::is_err));
    assert_eq!(clients.beat(&one, "client", "0"), Ok(false));
    // The group that was refused is not there.
    assert!(clients.consumers(&first.to_string()).is_empty());
}

#[test]
fn subscriptions_are_compared_with_those_that_are_known() {
    let (clients, (_one, one)) = (clients(1 << 20), connection());
    clients.beat(&one, "client", "g").unwrap();
    assert!(matches!(clients.subscribed("g", "T"), Subscribed::Unknown));
    let twice = topics(&[("T", 2), ("T", 3), ("T", 1)]);
    assert_eq!(clients.subscribes(&one, &twice), (true, false), "the latest of them counts");
    let version = |topic| match clients.subscribed("g", topic) {
        Subscribed::To(known) => Some(known.version),
        _ => None,
    };
    assert_eq!(version("T"), Some(3));
    let used = clients.account.used();
    assert_eq!(clients.subscribes(&one, &twice), (false, false));
    assert_eq!(clients.account.used(), used);
    assert_eq!(clients.subscribes(&one, &topics(&[("U", 1)])), (true, false));
    assert_eq!((version("T"), version("U")), (None, Some(1)));

    let long = "x".repeat(300);
    let bad = SentSubscription { topic: &long, ..topics(&[("T", 1)])[0] };
    let some = [topics(&[("V", 1)]), vec![bad], topics(&[("W", 1)])].concat();
    assert_eq!(clients.subscribes(&one, &some), (true, true));
    assert_eq!([version("V"), version("W")], [Some(1), Some(1)], "the others are kept");
}

#[test]
fn pulls_with_the_same_long_expression_share_a_filter() {
    let (clients, (_one, one)) = (clients(1 << 20), connection());
    let connection = clients.connection(&one);
    let tags = |n: usize| (0..100).map(|tag| format!("{n}-{tag}")).collect::<Vec<_>>().join("||");
    let filter = |n| connection.filter("TAG", &tags(n)).unwrap();
    let (first, again) = (filter(0), filter(0));
    assert!(std::sync::Arc::ptr_eq(&first, &again));
    let used = clients.account.used();
    let many: Vec<_> = (1..10).map(filter).collect();
    assert!(clients.account.used() > 9 * used);
    drop((many, first, again));
    assert_eq!(clients.account.used(), 0);

    let kept: Vec<_> = (0..10_000).map_while(|n| connection.filter("TAG", &tags(n)).ok()).collect();
    assert!((100..5000).contains(&kept.len()), "{}", kept.len());
    assert!(connection.filter("TAG", &tags(0)).is_ok(), "one that is known needs no room");
}

#[test]
fn expressions_of_sql_are_charged_with_their_parsed_form_and_are_no_tags() {
    let (clients, (_one, one)) = (clients(1 << 20), connection());
    let connection = clients.connection(&one);
    let short = connection.filter("SQL92", "a").unwrap();
    let used = clients.account.used();
    assert!(used > 128, "also a short one: {used}");
    let tag = connection.filter("TAG", "a").unwrap();
    assert!(short.sql().is_some() && tag.sql().is_none(), "the same text");
    drop((short, tag));
    assert_eq!(clients.account.used(), 0);

    let long = "a = 1 OR ".repeat(1500) + "a = 1";
    let subscribed =
        |version| SentSubscription { topic: "T", kind: "SQL92", expression: &long, version };
    assert_eq!(clients.subscribes(&one, &[subscribed(1)]), (true, false));
    assert!(clients.account.used() > 5 * long.len(), "{}", clients.account.used());
    let filter = connection.filter("SQL92", &long).unwrap();
    assert!(std::sync::Arc::ptr_eq(&filter, &connection.filter("SQL92", &long).unwrap()));
    let many =
        (0..1000).map_while(|n| connection.filter("SQL92", &format!("{long} OR b = {n}")).ok());
    assert!((2..100).contains(&many.collect::<Vec<_>>().len()), "there is no room for more");
    drop(filter);
    clients.remove_connection(&one);
    assert_eq!(clients.account.used(), 0);
}
