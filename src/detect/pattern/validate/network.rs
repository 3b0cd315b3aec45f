//! Addresses of machines.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::checksum::alphanumerics;

/// A dotted address that is neither unspecified nor the name of nothing:
/// `0.0.0.0`, `255.255.255.255` and loopback `127.0.0.1` say nothing about
/// anybody.
pub(super) fn ipv4(value: &str) -> bool {
    let address = value.split('/').next().unwrap_or(value);
    address.parse::<Ipv4Addr>().is_ok_and(|address| !address.is_unspecified() && !address.is_broadcast())
}

/// An address of RFC 4291 that parses and tells something: `::1` is every
/// machine, and `::3` or `a::b` is code.
pub(super) fn ipv6(value: &str) -> bool {
    let address = value.split(['%', '/']).next().unwrap_or(value);
    let groups = address.split([':', '.']).filter(|group| !group.is_empty()).count();
    (groups >= 3 || address.len() >= 9) && address.parse::<Ipv6Addr>().is_ok()
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

/// A host name whose labels could be registered: not an abbreviation, file
/// name or attribute of code.
pub(super) fn domain(value: &str) -> bool {
    let host = value.split('/').next().unwrap_or(value);
    let mut labels = host.rsplit('.');
    let top = labels.next().unwrap_or_default();
    let second = labels.next().unwrap_or_default();
    // Two-letter endings are also words and abbreviations; there the name must
    // be written as names are, in lower case.
    let lower = host.bytes().all(|byte| !byte.is_ascii_uppercase());
    let same_case = lower || host.bytes().all(|byte| !byte.is_ascii_lowercase());
    let code = ["self", "this", "np", "torch", "df", "i", "e", "math"].contains(&second);
    second.len() >= 2 && !code && (top.len() > 2 || lower) && (same_case || top.len() > 2)
}
