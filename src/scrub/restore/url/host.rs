//! The host of a URL.

use std::collections::BTreeSet;

use super::{UrlGuard, lookback, may_start_url};

/// Hosts are shorter (RFC 1035, section 2.3.4), the rest is for port and noise.
pub(super) const AUTHORITY_BYTES_MAX: usize = 300;

/// What is done with the host of each URL.
pub(in crate::scrub::restore) trait Hosts {
    /// Whether tokens are restored in URLs of `host`.
    fn visit(&mut self, host: String) -> bool;
}

/// Asks whether the conversation brought it.
impl Hosts for &BTreeSet<String> {
    fn visit(&mut self, host: String) -> bool {
        self.contains(&host)
    }
}

/// Writes it down.
impl Hosts for Vec<String> {
    fn visit(&mut self, host: String) -> bool {
        self.push(host);
        true
    }
}

/// The hosts of the URLs in `text`.
pub(in crate::scrub) fn hosts_in(text: &str) -> Vec<String> {
    let mut hosts = Vec::new();
    let mut guard = UrlGuard::new(false);
    for (at, c) in text.char_indices() {
        if guard.is_inside() || may_start_url(c) {
            guard.feed(c, lookback(&text[..at]), &mut hosts);
        } else {
            guard.interrupt();
        }
    }
    guard.feed('\n', "", &mut hosts);
    hosts
}

/// The host of an authority (RFC 3986, section 3.2) in lower case without port
/// and trailing dot. `None` where parsers disagree: user information, escapes,
/// backslashes, white space.
pub(super) fn host_of(authority: &str) -> Option<String> {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    let host: String = host.chars().map(|c| dot_of(c).unwrap_or(c)).collect();
    let host = host.strip_suffix('.').unwrap_or(&host);
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_ipv6 = host.starts_with('[')
        && host.ends_with(']')
        && host[1..host.len() - 1].chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
    let is_whole = authority.len() < AUTHORITY_BYTES_MAX;
    (is_whole && !host.is_empty() && (is_ipv6 || host.chars().all(is_plain))).then(|| host.to_lowercase())
}

pub(super) fn is_domain(host: &str) -> bool {
    let Some((labels, last)) = host.rsplit_once('.') else {
        return false;
    };
    let is_top = last.chars().count() >= 2 && (last.chars().all(char::is_alphabetic) || last.starts_with("xn--"));
    is_top && labels.split('.').all(|label| !label.is_empty())
}

/// Whether `word`, a port at its end or not, may be a host that a URL carries. It
/// may hold escapes.
pub(super) fn names_host(word: &str) -> bool {
    let host = word.split_once(':').map_or(word, |(host, _)| host);
    let host: String = host.chars().map(|c| dot_of(c).unwrap_or(c)).collect();
    let host = host.trim_matches('.');
    let is_number = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    is_ipv4(host) || host.rsplit_once('.').is_some_and(|(_, last)| last.len() >= 2 && !is_number(last))
}

pub(super) fn is_ipv4(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>().is_ok()
}

/// The dot that IDNA reads `c` as (UTS #46, section 4, "label separators").
pub(super) fn dot_of(c: char) -> Option<char> {
    matches!(c, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}').then_some('.')
}
