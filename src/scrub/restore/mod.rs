//! Putting values back into an answer.

mod nesting;
mod noise;
mod parts;
mod scan;
mod trie;
mod url;
mod walk;
mod words;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use self::scan::{Stop, stops};
use self::trie::Trie;
use self::words::Words;
use super::map::Entry;
use super::stream::StreamRestorer;
use super::token::{Shape, Style};

pub(super) use self::noise::is_invisible;
pub(super) use self::parts::words;
pub(super) use self::scan::Scanner;
pub(super) use self::url::hosts_in;

/// What the restored text is part of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Escape {
    /// Text as it is.
    Text,
    /// The inside of a JSON document, such as tool arguments: values are escaped
    /// as JSON strings (RFC 8259, section 7), once for each document that the
    /// string they land in is nested in.
    JsonString,
}

/// Finds a request's tokens in an answer, as they were minted or bent.
///
/// A bent token is read where its letters come in order with nothing between
/// them but separators, emphasis, escapes and what does not show, and where it
/// does not go on into a longer word. So a token is never found inside another,
/// nor for a tag that was not minted, whatever the tolerance.
///
/// A surrogate is read as a word of its own, in any case, across line breaks and
/// emphasis between its words.
pub struct Restorer {
    trie: Trie,
    words: Words,
    entries: Vec<Entry>,
    hosts: BTreeSet<String>,
    stops: [Stop; 256],
}

impl Default for Restorer {
    /// Of a request that minted nothing: every text stays as it is.
    fn default() -> Restorer {
        Restorer::new(Vec::new(), BTreeSet::new())
    }
}

impl Restorer {
    pub(super) fn new(mut entries: Vec<Entry>, hosts: BTreeSet<String>) -> Restorer {
        parts::add_parts_of_names(&mut entries);
        let tokens = entries.iter().enumerate().filter(|(_, entry)| entry.token.style() == Style::Token);
        let trie = Trie::new(tokens.map(|(index, entry)| (entry.token.in_shape(Shape::Bare), index)));
        let words = Words::new(&entries);
        let stops = stops(trie.first_symbols(), &words);
        Restorer { trie, words, entries, hosts, stops }
    }

    /// `text` with values in the place of tokens.
    pub fn restore(&self, text: &str, escape: Escape) -> String {
        if self.is_empty() {
            return text.to_owned();
        }
        Scanner::new(escape).scan_all(self, text)
    }

    /// The same, piece by piece.
    pub fn stream(self: &Arc<Self>, escape: Escape) -> StreamRestorer {
        StreamRestorer::new(Arc::clone(self), escape)
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl fmt::Debug for Restorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restorer").field("tokens", &self.entries.len()).finish_non_exhaustive()
    }
}

/// `value` as the inside of a JSON string.
fn escaped(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests;
