use super::{Network, ParseNetworkError, around};
use std::net::IpAddr;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn a_network_has_the_addresses_that_share_its_prefix() {
    for (network, inside, outside) in [
        ("10.0.0.0/8", vec!["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], vec!["11.0.0.0"]),
        ("192.0.2.128/25", vec!["192.0.2.128", "192.0.2.255"], vec!["192.0.2.127", "::"]),
        ("0.0.0.0/0", vec!["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], vec!["::1"]),
        ("::/0", vec!["::", "ffff::", "2001:db8::1"], vec!["1.2.3.4", "::ffff:1.2.3.4"]),
        ("2001:db8::/33", vec!["2001:db8:7fff::"], vec!["2001:db8:8000::", "2001:db9::"]),
        ("::1", vec!["::1"], vec!["::", "0.0.0.1", "::2"]),
        ("127.0.0.1", vec!["127.0.0.1", "::ffff:127.0.0.1"], vec!["127.0.0.2"]),
        ("::ffff:10.0.0.0/104", vec!["10.9.9.9", "::ffff:10.9.9.9"], vec!["11.0.0.0"]),
        ("::ffff:10.0.0.1", vec!["10.0.0.1"], vec!["10.0.0.2"]),
    ] {
        let parsed: Network = network.parse().unwrap();
        for address in inside {
            assert!(parsed.contains(ip(address)), "{network} has {address}");
        }
        for address in outside {
            assert!(!parsed.contains(ip(address)), "{network} has not {address}");
        }
    }
}

#[test]
fn what_is_no_network_is_refused() {
    use ParseNetworkError::{Address, BitsBehindPrefix, Prefix};
    for (text, error) in [
        ("", Address),
        ("localhost", Address),
        ("10.0.0/8", Address),
        ("/8", Address),
        ("10.0.0.0:80", Address),
        ("10.0.0.0/", Prefix { max: 32 }),
        ("10.0.0.0/33", Prefix { max: 32 }),
        ("10.0.0.0/-1", Prefix { max: 32 }),
        ("10.0.0.0/8/8", Prefix { max: 32 }),
        ("::/129", Prefix { max: 128 }),
        ("10.0.0.1/8", BitsBehindPrefix { prefix: 8 }),
        ("0.0.0.1/0", BitsBehindPrefix { prefix: 0 }),
        ("::1/127", BitsBehindPrefix { prefix: 127 }),
    ] {
        assert_eq!(text.parse::<Network>(), Err(error), "{text}");
    }
}

#[test]
fn networks_are_written_as_they_are_read() {
    for text in ["10.0.0.0/8", "1.2.3.4/32", "::/0", "2001:db8::/32", "::1/128"] {
        assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
    }
    assert_eq!("::ffff:10.0.0.0/104".parse::<Network>().unwrap().to_string(), "10.0.0.0/8");
}

#[test]
fn the_network_around_an_address() {
    assert_eq!(around(ip("::ffff:10.1.2.3"), 64), ip("10.1.2.3"));
    assert_eq!(around(ip("2001:db8::1:2:3:4"), 64), ip("2001:db8::"));
    assert_eq!(around(ip("2001:db8::1:2:3:4"), 128), ip("2001:db8::1:2:3:4"));
    assert_eq!(around(ip("2001:db8::1"), 0), ip("::"));
}
