//! The proof that something may leave: only this module makes a [`Sanitized`].

use std::fmt;

use super::map::TokenMap;
use super::replace::{Replacement, scrub_text};
use super::token::Shape;

/// Something whose every text went through the scrubber.
///
/// An upstream client takes nothing else. There is no other way to make one:
///
/// ```compile_fail
/// let forged = cordon::scrub::Sanitized(String::from("Maria Gonzalez"));
/// ```
///
/// ```compile_fail
/// let forged: cordon::scrub::Sanitized<String> = String::from("Maria Gonzalez").into();
/// ```
///
/// ```compile_fail
/// let forged: cordon::scrub::Sanitized<String> = serde_json::from_str("\"Maria Gonzalez\"").unwrap();
/// ```
///
/// ```compile_fail
/// let forged: cordon::scrub::Sanitized<String> = Default::default();
/// ```
///
/// It changes its shape only by functions that bring nothing along:
///
/// ```
/// fn len(draft: cordon::scrub::Sanitized<String>) -> cordon::scrub::Sanitized<usize> {
///     draft.map(|text| text.len())
/// }
/// ```
///
/// ```compile_fail
/// fn leak(draft: cordon::scrub::Sanitized<String>, raw: String) -> cordon::scrub::Sanitized<String> {
///     draft.map(move |_| raw.clone())
/// }
/// ```
#[derive(Clone)]
pub struct Sanitized<T>(T);

impl<T> Sanitized<T> {
    /// What was sanitized.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// What was sanitized, without the proof.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// Reshapes it. `reshape` is a plain function: it captures nothing, so that
    /// nothing unsanitized gets in.
    pub fn map<U>(self, reshape: fn(T) -> U) -> Sanitized<U> {
        Sanitized(reshape(self.0))
    }

    /// Reshapes it as [`Sanitized::map`] does, or says why that cannot be done.
    ///
    /// # Errors
    /// Those of `reshape`.
    pub fn try_map<U, E>(self, reshape: fn(T) -> Result<U, E>) -> Result<Sanitized<U>, E> {
        reshape(self.0).map(Sanitized)
    }

    /// Both as one.
    pub fn zip<U>(self, other: Sanitized<U>) -> Sanitized<(T, U)> {
        Sanitized((self.0, other.0))
    }
}

impl<T> fmt::Debug for Sanitized<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sanitized(..)")
    }
}

/// One text of a document.
#[derive(Clone, Copy)]
pub struct SlotText<'a> {
    /// The text as the user sent it.
    pub text: &'a str,
    /// How tokens are written in its place.
    pub shape: Shape,
}

/// A request that is taken apart into its texts and put together again.
///
/// What the document does not name as a slot leaves as it is: an implementation
/// walks the whole of the request and leaves out only what the API defines as
/// structure, and what a provider wrote by a seal that opens.
pub trait Document {
    /// What the texts are put back into.
    type Output;

    /// Every text, in the order in which a reader meets them.
    fn slots(&self) -> Vec<SlotText<'_>>;

    /// The document with `texts` in the place of its slots, in their order.
    fn rebuild(self, texts: Vec<String>) -> Self::Output;
}

/// Why a document could not be sanitized.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SanitizeError {
    /// Some slots were not looked at.
    #[error("the document has {slots} texts but {looked_at} were looked at; detect on the slots of the same document")]
    SlotCount {
        /// Texts of the document.
        slots: usize,
        /// Lists of replacements given.
        looked_at: usize,
    },
}

/// Puts tokens into every text of `document`. `replacements` has a list for each
/// slot, empty where nothing was found.
pub fn sanitize<D: Document>(
    document: D,
    replacements: &[Vec<Replacement>],
    map: &mut TokenMap,
) -> Result<Sanitized<D::Output>, SanitizeError> {
    let slots = document.slots();
    if slots.len() != replacements.len() {
        return Err(SanitizeError::SlotCount { slots: slots.len(), looked_at: replacements.len() });
    }
    for slot in &slots {
        map.reserve(slot.text);
    }
    let texts = slots.iter().zip(replacements).map(|(slot, found)| scrub_text(slot.text, found, slot.shape, map));
    let texts = texts.collect();
    Ok(Sanitized(document.rebuild(texts)))
}

/// Puts tokens into one text, such as the draft of a first pass.
pub fn sanitize_text(text: &str, replacements: &[Replacement], map: &mut TokenMap) -> Sanitized<String> {
    map.reserve(text);
    Sanitized(scrub_text(text, replacements, Shape::Bracketed, map))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Label;
    use crate::scrub::{MasterKey, ScopeKey, TokenStyle};
    use crate::tenant::TenantId;

    struct Lines(Vec<String>);

    impl Document for Lines {
        type Output = String;

        fn slots(&self) -> Vec<SlotText<'_>> {
            self.0.iter().map(|text| SlotText { text, shape: Shape::Bracketed }).collect()
        }

        fn rebuild(self, texts: Vec<String>) -> String {
            texts.join("\n")
        }
    }

    fn map() -> TokenMap {
        let master = MasterKey::generate().unwrap();
        TokenMap::new(ScopeKey::derive(&master, &TenantId::parse("t").unwrap(), "c"), TokenStyle::default())
    }

    #[test]
    fn a_document_leaves_only_with_every_slot_looked_at() {
        let document = Lines(vec!["Maria".into(), "Ana".into()]);
        let found = vec![vec![]];
        let refused = sanitize(document, &found, &mut map()).err();
        assert_eq!(refused, Some(SanitizeError::SlotCount { slots: 2, looked_at: 1 }));
    }

    #[test]
    fn equal_values_of_different_slots_get_one_token() {
        let mut map = map();
        let document = Lines(vec!["Maria".into(), "and Maria".into()]);
        let person = |start, end| vec![Replacement { start, end, label: Label::PERSON, restorable: true }];
        let sanitized = sanitize(document, &[person(0, 5), person(4, 9)], &mut map).unwrap();
        let token = map.tokens().next().unwrap().0.as_str();
        assert_eq!(sanitized.get(), &format!("{token}\nand {token}"));
    }
}
