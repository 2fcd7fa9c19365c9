//! Which address asks, as far as it can be believed.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// How many forwarders are looked through; no honest chain is longer.
const HOPS: usize = 16;

/// A block of addresses, such as `10.0.0.0/8` or `fd00::/8`; one address is a block of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: u128,
    mask: u128,
}

/// Whose turn it is: an IPv4 address, or the /64 that one IPv6 customer has to choose from.
/// It goes into a keyed hash and nowhere else.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Group(u128);

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        wide(address) & self.mask == self.first
    }
}

impl std::str::FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text}: a block of addresses is written 10.0.0.0/8, fd00::/8 or 192.0.2.7.");
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let (most, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let length = length.unwrap_or(most);
        if length > most {
            return Err(wrong());
        }
        let free = 128 - before - length;
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        Ok(Network { first: wide(address) & mask, mask })
    }
}

impl Group {
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(_) => Group(wide(address)),
            IpAddr::V6(_) => Group(wide(address) >> 64 << 64),
        }
    }
}

/// The client behind `peer`: the right-most address of the forwarded chain that is no trusted
/// proxy. What stands left of it the client may have written itself. `chain` is the values of
/// `X-Forwarded-For` in their order.
pub fn client<'a>(peer: IpAddr, chain: impl DoubleEndedIterator<Item = &'a str>, trusted: &[Network]) -> IpAddr {
    let is_proxy = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut known = peer;
    let hops = chain.rev().flat_map(|value| value.rsplit(',')).take(HOPS);
    for hop in hops {
        if !is_proxy(known) {
            break;
        }
        // A word that is no address ends what can be believed.
        let Some(address) = address(hop.trim()) else { break };
        known = address;
    }
    known
}

/// With or without a port, as proxies write it.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

/// IPv4 within IPv6, so that both are compared alike.
fn wide(address: IpAddr) -> u128 {
    let wide: Ipv6Addr = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    wide.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn networks(list: &[&str]) -> Vec<Network> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_block_holds_its_addresses_and_no_other() {
        let block: Network = "10.1.0.0/16".parse().unwrap();
        assert!(block.contains(ip("10.1.255.255")) && block.contains(ip("::ffff:10.1.2.3")));
        assert!(!block.contains(ip("10.2.0.0")) && !block.contains(ip("fd00::1")));
        let wide: Network = "fd00::/8".parse().unwrap();
        assert!(wide.contains(ip("fdff::1")) && !wide.contains(ip("fe80::1")) && !wide.contains(ip("10.1.0.1")));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains(ip("203.0.113.9")) && !all.contains(ip("2001:db8::1")));
        for wrong in ["", "10.0.0.0/33", "::/129", "ten", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_untrusted_peer_is_itself_whatever_it_says() {
        let trusted = networks(&["10.0.0.0/8"]);
        assert_eq!(client(ip("203.0.113.9"), ["198.51.100.1"].into_iter(), &trusted), ip("203.0.113.9"));
        assert_eq!(client(ip("10.0.0.1"), ["198.51.100.1"].into_iter(), &[]), ip("10.0.0.1"), "none is configured");
    }

    #[test]
    fn behind_trusted_proxies_the_right_most_other_address_is_the_client() {
        let trusted = networks(&["10.0.0.0/8", "192.0.2.0/24"]);
        let from = |chain: &[&str]| client(ip("10.0.0.1"), chain.iter().copied(), &trusted);
        assert_eq!(from(&["198.51.100.1"]), ip("198.51.100.1"));
        assert_eq!(from(&["6.6.6.6, 198.51.100.1, 192.0.2.8"]), ip("198.51.100.1"), "what the client wrote is ignored");
        assert_eq!(from(&["6.6.6.6", "198.51.100.1", "10.9.9.9"]), ip("198.51.100.1"), "several lines are one chain");
        assert_eq!(from(&["198.51.100.1:4711"]), ip("198.51.100.1"));
        assert_eq!(from(&["[2001:db8::1]:4711"]), ip("2001:db8::1"));
        assert_eq!(from(&["[2001:db8::1]"]), ip("2001:db8::1"));
        assert_eq!(from(&["198.51.100.1, unknown, 192.0.2.8"]), ip("192.0.2.8"), "nothing is believed beyond a gap");
        assert_eq!(from(&[""]), ip("10.0.0.1"));
        assert_eq!(from(&["192.0.2.8"]), ip("192.0.2.8"), "proxies alone: the outermost");
        let long = "192.0.2.8,".repeat(50) + "192.0.2.8";
        assert_eq!(from(&[&long]), ip("192.0.2.8"));
    }

    #[test]
    fn ipv6_is_grouped_by_64_and_a_mapped_address_is_its_ipv4() {
        let group = |text| Group::of(ip(text));
        assert!(group("2001:db8:1:2::1") == group("2001:db8:1:2:ffff::9"));
        assert!(group("2001:db8:1:2::1") != group("2001:db8:1:3::1"));
        assert!(group("192.0.2.1") != group("192.0.2.2"));
        assert!(group("::ffff:192.0.2.1") == group("192.0.2.1"));
    }
}
