//! One string of a request, as the dialects hand it over.

/// How deep a string is looked into.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Depth {
    /// Patterns, lists and the token classifier: text that someone wrote.
    Full,
    /// Patterns and lists only: identifiers, object keys.
    PatternsOnly,
}

/// A string to look into. It has no `Debug`: the text must not reach a log.
#[derive(Clone, Copy)]
pub struct Slot<'a> {
    /// The string.
    pub text: &'a str,
    /// How deep to look.
    pub depth: Depth,
    /// The JSON key or form label that the string stands under; counts as
    /// context for a value.
    pub key: Option<&'a str>,
}

impl<'a> Slot<'a> {
    /// Text that someone wrote, without a key.
    pub fn text(text: &'a str) -> Slot<'a> {
        Slot { text, depth: Depth::Full, key: None }
    }
}
