//! Canonical JSON after RFC 8785, restricted to strings, booleans, null and
//! integers below 2^53, where it needs no rules for floating point.
//!
//! It is written straight from the value: every append does it, and a tree of
//! `serde_json` in between allocates for each member.

mod members;
#[cfg(test)]
mod tests;
mod write;

use serde::Serialize;

use write::Canonical;

/// Integers up to here are exact in every JSON reader (RFC 8785, appendix B).
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Why a value has no canonical form here.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCanonical {
    /// A fraction, or an integer that is too large.
    #[error("a number is not an integer of magnitude below 2^53")]
    Number,
    /// RFC 8785 sorts names by UTF-16; for plain ASCII every order is the same,
    /// escaped or not.
    #[error("a member's name is not plain ASCII")]
    Name,
    /// serde refused it.
    #[error("the value cannot be written as JSON")]
    Serialize,
}

impl serde::ser::Error for NotCanonical {
    /// The text may quote the value; it is dropped.
    fn custom<T: std::fmt::Display>(_: T) -> NotCanonical {
        NotCanonical::Serialize
    }
}

/// The canonical form of `value`.
pub(super) fn to_string(value: &impl Serialize) -> Result<String, NotCanonical> {
    let mut out = String::with_capacity(2048);
    value.serialize(Canonical(&mut out))?;
    Ok(out)
}
