//! Where an entity stands in a text.

use super::Label;

/// A found entity.
///
/// Offsets are bytes here, always on character boundaries; every public
/// interface (CLI, HTTP) shows Unicode code points instead.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What was found.
    pub label: Label,
    /// Confidence, 0 to 1.
    pub score: f32,
    /// Who found it.
    pub detector: DetectorKind,
}

impl Span {
    /// Length in bytes.
    pub fn byte_len(&self) -> usize {
        self.end - self.start
    }
}

/// The kinds of detector, by falling authority when two overlap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DetectorKind {
    /// A term from a policy's list.
    List,
    /// A regular expression with its validator and context.
    Pattern,
    /// The token classifier.
    Ner,
}

impl DetectorKind {
    /// The name shown to users.
    pub fn as_str(self) -> &'static str {
        match self {
            DetectorKind::List => "list",
            DetectorKind::Pattern => "pattern",
            DetectorKind::Ner => "ner",
        }
    }
}
