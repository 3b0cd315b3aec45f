//! Addresses of machines and pages.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::checksum::alphanumerics;

/// A dotted address that tells something.
pub(super) fn ipv4(value: &str) -> bool {
    let address = value.split('/').next().unwrap_or(value);
    address.parse().is_ok_and(|address| !is_every_machines(address))
}

/// Unspecified, broadcast, and the addresses that `localhost` has.
fn is_every_machines(address: Ipv4Addr) -> bool {
    address.is_unspecified() || address.is_broadcast() || matches!(address.octets(), [127, 0, 0 | 1, _])
}

/// An address of RFC 4291 that parses and tells something: `::1` is every
/// machine, and `::3` or `a::b` is code. Two groups are enough where the first
/// is of global unicast (2000::/3), unique local (fc00::/7), link-local
/// (fe80::/10) or multicast (ff00::/8) form.
pub(super) fn ipv6(value: &str) -> bool {
    let address = value.split(['%', '/']).next().unwrap_or(value);
    let groups: Vec<&str> = address.split([':', '.']).filter(|group| !group.is_empty()).collect();
    let first = groups.first().copied().unwrap_or_default();
    let is_prefix = first.len() == 4
        && first.contains(|c: char| c.is_ascii_digit())
        && first.starts_with(['2', '3', 'f', 'F'])
        && address.starts_with(first);
    (groups.len() >= 3 || is_prefix) && address.parse::<Ipv6Addr>().is_ok()
}

/// Six octets that are neither all zero nor all one.
pub(super) fn mac(value: &str) -> bool {
    let chars = alphanumerics(value);
    let hexadecimal_letter = |byte: &u8| byte.is_ascii_alphabetic();
    let dotted = value.contains('.');
    chars.len() == 12
        && chars.windows(2).any(|pair| pair[0] != pair[1])
        && (!dotted || chars.iter().any(hexadecimal_letter))
}

/// A URL whose host has a name in the public tree or an address: not one of
/// the machine itself, of a container, nor the name of an XML namespace.
pub(super) fn url(value: &str) -> bool {
    const NAMESPACES: &[&str] = &["www.w3.org", "schemas.xmlsoap.org", "schemas.microsoft.com", "schemas.android.com"];
    let authority = value.split_once("://").map_or(value, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or(authority);
    let host_and_port = authority.rsplit('@').next().unwrap_or(authority);
    let host = match host_and_port.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or(bracketed),
        None => host_and_port.split(':').next().unwrap_or(host_and_port),
    };
    let is_this_machine = host.parse().is_ok_and(is_every_machines);
    host.contains(['.', ':']) && !is_this_machine && !NAMESPACES.contains(&host.to_ascii_lowercase().as_str())
}

/// A host name whose labels could be registered: not an abbreviation, file
/// name or attribute of code, nor a brand as prose writes it (`Example.com`).
pub(super) fn domain(value: &str) -> bool {
    let host = value.split('/').next().unwrap_or(value);
    let second = host.rsplit('.').nth(1).unwrap_or_default();
    let same_case =
        !host.contains(|c: char| c.is_ascii_uppercase()) || !host.contains(|c: char| c.is_ascii_lowercase());
    let code = ["self", "this", "np", "torch", "df", "i", "e", "math"].contains(&second);
    second.len() >= 2 && !code && same_case
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_machines_own_addresses_tell_nothing() {
        assert!(ipv4("192.0.2.7") && ipv4("10.0.0.0/8"));
        assert!(!ipv4("127.0.0.1") && !ipv4("0.0.0.0") && !ipv4("255.255.255.255"));
        assert!(ipv6("fe80::1") && ipv6("2001:db8::1") && !ipv6("::1") && !ipv6("face::cafe"));
    }

    #[test]
    fn a_url_needs_a_host_of_the_public_tree() {
        assert!(url("https://example.com:8080/a") && url("http://192.0.2.7/") && url("http://[2001:db8::1]/"));
        assert!(!url("http://localhost:8080/") && !url("http://api/v1") && !url("http://127.0.0.1/"));
    }
}
