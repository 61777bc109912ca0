//! The address at which clients reach the broker.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use tokio::net::lookup_host;

/// Returns the address that clients are told: `asked`, with the broker's port if it has none, or else
/// the address on which the broker listens.
pub(crate) fn advertised(listening: SocketAddr, asked: Option<&str>) -> String {
    match asked {
        Some(host) if has_port(host) => host.to_owned(),
        Some(host) => format!("{host}:{}", listening.port()),
        None if listening.ip().is_unspecified() => {
            SocketAddr::new(own_address().into(), listening.port()).to_string()
        }
        None => listening.to_string(),
    }
}

fn has_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

/// Returns the address from which this machine sends. Nothing is sent.
fn own_address() -> Ipv4Addr {
    // One of the addresses for documentation (RFC 5737).
    let anywhere = (Ipv4Addr::new(192, 0, 2, 1), 9);
    let ask = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect(anywhere)?;
        socket.local_addr()
    };
    match ask().map(|addr| addr.ip()) {
        Ok(IpAddr::V4(ip)) => ip,
        _ => Ipv4Addr::LOCALHOST,
    }
}

/// Returns the address as it is stored in messages and their ids: with an IPv4 address, which all
/// clients can read.
pub(crate) async fn stored(advertised: &str) -> SocketAddr {
    let all = lookup_host(advertised).await;
    let v4 = all.ok().and_then(|mut all| all.find(SocketAddr::is_ipv4));
    v4.unwrap_or_else(|| {
        let port = advertised.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        SocketAddr::from((Ipv4Addr::LOCALHOST, port.unwrap_or_default()))
    })
}

#[cfg(test)]
mod tests {
    use super::advertised;

    #[test]
    fn the_address_that_was_set_is_advertised_with_a_port() {
        let listening = "0.0.0.0:10911".parse().unwrap();
        assert_eq!(advertised(listening, Some("broker.example")), "broker.example:10911");
        assert_eq!(advertised(listening, Some("10.0.0.1:30911")), "10.0.0.1:30911");
    }

    #[test]
    fn the_unspecified_address_is_replaced_by_the_machines_own() {
        let own = advertised("0.0.0.0:10911".parse().unwrap(), None);
        assert!(own.ends_with(":10911") && !own.starts_with("0.0.0.0"), "{own}");
        assert_eq!(advertised("127.0.0.1:1".parse().unwrap(), None), "127.0.0.1:1");
    }
}
