//! Which addresses a name may lead to (IANA special-purpose address registries; RFC 6890).

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// A name that leads to an address of a private network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name leads to a private address")]
pub(super) struct PrivateAddress;

/// How this very machine is called.
const THIS_MACHINE: &str = "localhost";

/// Where names may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// To the public internet only.
    Public,
    /// Also to this machine, where it is called by its own name or by a loopback address. Any other name that
    /// leads here is refused all the same.
    ThisMachine,
}

impl Reach {
    /// What a bank's hosts, as `host:port`, call for.
    pub(super) fn of(hosts: &[String]) -> Self {
        if hosts.iter().any(|host| is_this_machine(host)) {
            Self::ThisMachine
        } else {
            Self::Public
        }
    }

    /// Whether an address may be called as it is written; a name is judged when it is resolved.
    pub(super) fn takes(self, url: &Url) -> bool {
        let written = bare(url.host_str().unwrap_or_default()).parse();
        written.map_or(true, |address: IpAddr| {
            is_public(address) || (self == Self::ThisMachine && address.is_loopback())
        })
    }

    /// Whether a name may lead to an address.
    fn lets(self, name: &str, address: IpAddr) -> bool {
        match (self, name.trim_end_matches('.').eq_ignore_ascii_case(THIS_MACHINE)) {
            (Self::ThisMachine, true) => address.is_loopback(),
            _ => is_public(address),
        }
    }
}

/// Whether a host, as `host:port`, is this very machine by its own name or by a loopback address.
pub fn is_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.eq_ignore_ascii_case(THIS_MACHINE)
        || bare(name).parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// An address without the brackets it has in a URL.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Resolves names as the machine does, and refuses a name as soon as one of its addresses is out of reach. The
/// addresses that were looked at are those that are connected to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guarded(pub Reach);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().all(|address| reach.lets(name.as_str(), address.ip())) {
                Ok(Box::new(found.into_iter()) as Addrs)
            } else {
                Err(Box::new(PrivateAddress) as Box<dyn Error + Send + Sync>)
            }
        })
    }
}

/// Whether an address belongs to the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let special = match (first, second, third) {
        // This network; shared space of carriers; protocol assignments; benchmarks; reserved.
        (0 | 240..=255, _, _) | (100, 64..=127, _) | (192, 0, 0) | (198, 18 | 19, _) => true,
        _ => false,
    };
    !(special
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast())
}

/// Only global unicast, without its parts for documentation and for tunnels, which hide an
/// address of version 4.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let global = (0x2000..0x4000).contains(&first);
    let special = matches!((first, second), (0x2001, 0..=0x01ff | 0x0db8) | (0x2002 | 0x3fff, _));
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known() {
        let table = [
            ("193.166.3.2", true),
            ("8.8.8.8", true),
            ("2a00:1450:400f::8a", true),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("192.0.0.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("203.0.113.9", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:8.8.8.8", false),
            ("64:ff9b::a00:1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:a00:1::1", false),
            ("fc00::1", false),
            ("fe80::1", false),
            ("ff02::1", false),
        ];
        for (text, expected) in table {
            let address: IpAddr = text.parse().expect("an address");
            assert_eq!(is_public(address), expected, "{text}");
            let bracketed = if address.is_ipv6() { format!("[{text}]") } else { text.to_owned() };
            let url = Url::parse(&format!("https://{bracketed}:9443/x")).expect("an address");
            assert_eq!(Reach::Public.takes(&url), expected, "{text}");
            let here = expected || address.is_loopback();
            assert_eq!(Reach::ThisMachine.takes(&url), here, "{text}");
            // Whatever a bank's name leads to has to be public, also beside a sandbox on this machine.
            for reach in [Reach::Public, Reach::ThisMachine] {
                assert_eq!(reach.lets("bank.example", address), expected, "{text}");
            }
            assert_eq!(Reach::Public.lets("localhost", address), expected, "{text}");
            assert_eq!(Reach::ThisMachine.lets("localhost", address), address.is_loopback());
        }
        let named = Url::parse("https://bank.example/x").expect("an address");
        assert!(Reach::Public.takes(&named));
    }

    #[test]
    fn this_machine_is_called_only_where_the_settings_write_it() {
        let table = [
            ("localhost:9443", Reach::ThisMachine),
            ("LOCALHOST:443", Reach::ThisMachine),
            ("127.0.0.1:9443", Reach::ThisMachine),
            ("[::1]:9443", Reach::ThisMachine),
            ("bank.example:443", Reach::Public),
            ("localhost.bank.example:443", Reach::Public),
            ("10.0.0.1:443", Reach::Public),
            ("169.254.169.254:80", Reach::Public),
            ("[fd00::1]:443", Reach::Public),
        ];
        for (host, expected) in table {
            let hosts = ["api.bank.example:443".to_owned(), host.to_owned()];
            assert_eq!(Reach::of(&hosts), expected, "{host}");
        }
        assert_eq!(Reach::of(&[]), Reach::Public);
    }
}
