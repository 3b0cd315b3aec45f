//! Another host inside a URL of an allowed one, which a redirect may follow.

use super::host::{AUTHORITY_BYTES_MAX, dot_of, names_host};
use super::scheme::Scheme;
use super::{ESCAPED_PERCENT, UNTRUSTED};

/// Stands for a value.
const VALUE: char = 'x';

/// Follows a URL from behind its host.
pub(super) struct Carried {
    /// The last character; an escape behind a slash is skipped, since parsers
    /// drop tabs and line breaks there.
    last: char,
    /// What may become a host, with its port.
    word: String,
    /// What stands in front of it.
    before_word: char,
}

impl Carried {
    /// `c` ended the host.
    pub(super) fn behind(c: char) -> Carried {
        Carried { last: c, word: String::new(), before_word: c }
    }

    /// Takes the next character of the URL. Returns whether another URL stands in
    /// it: two slashes, a scheme that names a host or carries what follows, a colon
    /// and a slash, or what looks like a domain and is no segment of the path. An
    /// escape that was itself escaped is taken for one.
    pub(super) fn feed(&mut self, c: char) -> bool {
        let found = match c {
            '/' | '\\' => matches!(self.last, '/' | '\\' | ':') || self.is_host(),
            '?' | '#' => self.is_host(),
            ':' => matches!(Scheme::of(&self.word), Some(Scheme::Special | Scheme::Opaque)),
            _ => self.last == ESCAPED_PERCENT && c.is_ascii_hexdigit(),
        };
        let is_part = match c {
            ':' => self.is_host(),
            _ => c.is_alphanumeric() || matches!(c, '-' | '_' | UNTRUSTED) || dot_of(c).is_some(),
        };
        if !is_part {
            self.word.clear();
            self.before_word = c;
        } else {
            self.push(c);
        }
        if c != UNTRUSTED || !matches!(self.last, '/' | '\\' | ':') {
            self.last = c;
        }
        found
    }

    /// Takes a value, which may be the first label of a host.
    pub(super) fn feed_value(&mut self) {
        self.push(VALUE);
        self.last = VALUE;
    }

    fn push(&mut self, c: char) {
        if self.word.len() < AUTHORITY_BYTES_MAX {
            self.word.push(c);
        }
    }

    fn is_host(&self) -> bool {
        self.before_word != '/' && names_host(&self.word)
    }
}
