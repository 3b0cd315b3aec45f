//! All detectors together.

use super::address::join_addresses;
use super::agree::Names;
use super::list::ListError;
use super::ner::{Ner, NerError};
use super::normalize::Shadow;
use super::pattern::{BrokenPattern, Catalogue, CatalogueError};
use super::propagate::{Known, propagate};
use super::resolve::resolve;
use super::{Depth, Rules, Slot, Span};

/// Patterns look at about so many bytes before other requests get their turn:
/// some milliseconds of work.
const BYTES_AT_A_TIME: usize = 64 << 10;
/// What looking at an empty text costs, in bytes of a long one.
const SLOT_BYTES: usize = 64;

/// Finds personal data; shared by all requests.
pub struct Detector {
    pub(super) catalogue: Catalogue,
    ner: Option<Ner>,
    version: String,
}

/// Why a text could not be looked into; the request must then be refused.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// The rules ask for labels that only the token classifier finds, and none
    /// is loaded.
    #[error(
        "the policy asks for names or addresses, and no token classifier is loaded; load one, or switch off PERSON, STREET_ADDRESS, LOCATION, ORGANIZATION and NRP in the policy"
    )]
    NerUnavailable,
    /// More values are known than can be looked for.
    #[error("what is known cannot be looked for")]
    Known(#[from] ListError),
    /// This build's catalogue cannot find what it should.
    #[error(transparent)]
    Pattern(#[from] BrokenPattern),
    /// The token classifier failed.
    #[error(transparent)]
    Ner(#[from] NerError),
}

impl Detector {
    /// Compiles the embedded catalogue; `ner` finds what patterns cannot.
    ///
    /// # Errors
    /// Only when this build's catalogue is broken.
    pub fn new(ner: Option<Ner>) -> Result<Detector, CatalogueError> {
        let catalogue = Catalogue::embedded()?;
        let ner_version = ner.as_ref().map_or_else(|| "ner=none".to_owned(), |ner| ner.version().to_string());
        let version = format!("catalogue={} {ner_version}", catalogue.version());
        Ok(Detector { catalogue, ner, version })
    }

    /// The spans of each slot, in the order of `slots`: sorted, without
    /// overlaps, on character boundaries.
    ///
    /// # Errors
    /// When the token classifier is needed and missing, full or failing; no
    /// slot then counts as looked into.
    pub async fn detect(&self, slots: &[Slot<'_>], rules: &Rules) -> Result<Vec<Vec<Span>>, DetectError> {
        self.detect_knowing(&[], slots, rules).await
    }

    /// The same, and whatever repeats one of `known` values or names one of the
    /// people among them by a part of the name.
    ///
    /// # Errors
    /// As [`Detector::detect`].
    pub async fn detect_knowing(
        &self,
        known: &[Known<'_>],
        slots: &[Slot<'_>],
        rules: &Rules,
    ) -> Result<Vec<Vec<Span>>, DetectError> {
        let shadows: Vec<Shadow<'_>> = slots.iter().map(|slot| Shadow::of(slot.text)).collect();
        let mut found = self.names(slots, &shadows, rules).await?;
        let mut bytes = 0;
        for ((slot, shadow), spans) in slots.iter().zip(&shadows).zip(&mut found) {
            // A long request shares its thread with other requests' streams.
            bytes += slot.text.len() + SLOT_BYTES;
            if bytes > BYTES_AT_A_TIME {
                bytes = 0;
                tokio::task::yield_now().await;
            }
            let names = Names::of(spans);
            for view in shadow.views() {
                let mut values = self.catalogue.scan(view.text, slot.key, rules.scope())?;
                rules.own_values(view.text, slot.key, &mut values);
                spans.extend(values.into_iter().filter_map(|span| Some(names.agreed(view.to_original(span)?))));
            }
            join_addresses(slot.text, spans);
            spans.retain(|span| rules.admits(span));
            rules.deny.find(slot.text, spans);
            if shadow.is_disguised() {
                let mut disguised = Vec::new();
                rules.deny.find(&shadow.text, &mut disguised);
                spans.extend(disguised.into_iter().map(|span| shadow.to_original(span)));
            }
        }
        let settle = |found: Vec<Vec<Span>>| -> Vec<Vec<Span>> {
            let settled = slots.iter().zip(found).map(|(slot, mut spans)| {
                rules.allow.remove_from(slot.text, &mut spans);
                resolve(slot.text, spans)
            });
            settled.collect()
        };
        // Only what holds where it was found is carried over to other places.
        let mut found = settle(found);
        Ok(if propagate(slots, &shadows, known, &mut found)? { settle(found) } else { found })
    }

    /// Which catalogue, model and runtime find what is found, for audit
    /// records.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn ner(&self) -> Option<&Ner> {
        self.ner.as_ref()
    }

    /// What the token classifier finds, however sure it is.
    pub(super) async fn names(
        &self,
        slots: &[Slot<'_>],
        shadows: &[Shadow<'_>],
        rules: &Rules,
    ) -> Result<Vec<Vec<Span>>, DetectError> {
        let mut found = vec![Vec::new(); slots.len()];
        // A policy's own label may be that of a model.
        let finds_own =
            |ner: &Ner| rules.enabled().iter().any(|label| label.catalogue_bit().is_none() && ner.finds(*label));
        if !rules.needs_ner() && !self.ner.as_ref().is_some_and(finds_own) {
            return Ok(found);
        }
        let ner = self.ner.as_ref().ok_or(DetectError::NerUnavailable)?;
        let full: Vec<usize> = (0..slots.len()).filter(|at| slots[*at].depth == Depth::Full).collect();
        let texts: Vec<&str> = full.iter().map(|at| shadows[*at].text.as_ref()).collect();
        for (at, mut spans) in full.into_iter().zip(ner.detect(&texts).await?) {
            self.catalogue.drop_unexplained_numbers(&shadows[at].text, slots[at].key, rules.scope(), &mut spans);
            found[at] = spans.into_iter().map(|span| shadows[at].to_original(span)).collect();
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
