//! The patterns of an entry, compiled when they are first searched for: a text
//! needs few of the catalogue's, and all of them together take tens of
//! megabytes and half a second.

use std::sync::OnceLock;

use regex_automata::meta::{Config, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::syntax;
use regex_syntax::hir::Hir;

/// The name of the group that holds the value.
pub(super) const VALUE_GROUP: &str = "v";

/// The most that a thread keeps of the automaton of one entry, in bytes. With a
/// quarter of it, automata start anew so often that searches take five times as
/// long.
const STATES_BYTES: usize = 512 << 10;

/// The patterns of an entry.
pub(super) struct Patterns {
    written: Vec<String>,
    ignore_case: bool,
    pub(super) has_value_group: bool,
    compiled: OnceLock<Result<Regex, BrokenPattern>>,
}

/// Patterns that were parsed and do not compile: a fault of the build. What they
/// stand for cannot be looked for, so the text must be refused.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the catalogue's pattern {pattern} does not compile, {reason}; this build of Cordon cannot serve")]
pub struct BrokenPattern {
    pattern: String,
    reason: String,
}

impl Patterns {
    /// The patterns as written, and parsed.
    ///
    /// # Errors
    /// Says what is wrong with the first that is none.
    pub(super) fn parse(written: &[String], ignore_case: bool) -> Result<(Patterns, Vec<Hir>), String> {
        let parse = |pattern: &String| {
            let parsed = syntax::parse_with(pattern, &syntax_of(ignore_case));
            parsed.map_err(|error| format!("pattern {pattern}: {}", error_chain(&error)))
        };
        let parsed = written.iter().map(parse).collect::<Result<Vec<Hir>, String>>()?;
        let has_value_group = written.iter().any(|pattern| pattern.contains("(?P<v>"));
        let compiled = OnceLock::new();
        Ok((Patterns { written: written.to_vec(), ignore_case, has_value_group, compiled }, parsed))
    }

    /// The patterns ready to search with.
    ///
    /// # Errors
    /// When they are too large to compile; those of no entry are that a test has
    /// run the examples of.
    pub(super) fn regex(&self) -> Result<&Regex, BrokenPattern> {
        self.compiled.get_or_init(|| self.compile()).as_ref().map_err(Clone::clone)
    }

    fn compile(&self) -> Result<Regex, BrokenPattern> {
        let config = Config::new()
            // A search begins where something was found already.
            .auto_prefilter(false)
            .which_captures(if self.has_value_group { WhichCaptures::All } else { WhichCaptures::Implicit })
            .onepass(self.has_value_group)
            .hybrid_cache_capacity(STATES_BYTES);
        let mut builder = Regex::builder();
        builder.configure(config).syntax(syntax_of(self.ignore_case));
        let broken = |error| BrokenPattern { pattern: self.written.join(" | "), reason: error_chain(&error) };
        builder.build_many(&self.written).map_err(broken)
    }
}

fn syntax_of(ignore_case: bool) -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(true).case_insensitive(ignore_case)
}

fn error_chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", error_chain(source)),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_is_too_large_is_an_error() {
        let (patterns, _) = Patterns::parse(&[r"(?u:\w{1000}){1000}".to_owned()], false).unwrap();
        assert!(patterns.regex().is_err());
    }
}
