//! Why each span was found, and what was found and let go.
//!
//! Evidence names entries and context words of the catalogue and numbers,
//! never a text of the user.

use super::agree::Names;
use super::normalize::Shadow;
use super::pattern::{Context, Doubt, Place, Proposal};
use super::resolve::overlaps;
use super::{DetectError, Detector, Rules, Slot, Span};

/// What the detectors found in a text, and why.
pub struct Explanation {
    /// The spans that [`Detector::detect`] gives, each with what speaks for it.
    pub kept: Vec<(Span, Evidence)>,
    /// What was found and is no span, in the order of the text; the score of
    /// what was refused is 0.
    pub dropped: Vec<(Span, Evidence, Reason)>,
}

/// What speaks for a span.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Evidence {
    /// The catalogue entry whose pattern matches; none for names, list terms, a
    /// policy's own patterns and values that were found elsewhere in the text.
    pub entry: Option<String>,
    /// Whether a pattern of the policy found it.
    pub is_own: bool,
    /// The pattern's confidence without context; none when it needs some.
    pub base: Option<f32>,
    /// The entry's validator and whether it takes the value.
    pub validator: Option<(String, bool)>,
    /// The context word that counts and where it stands.
    pub context: Option<(String, &'static str)>,
    /// How sure the token classifier is of the same label here.
    pub ner: Option<f32>,
    /// The least score that the policy lets pass.
    pub threshold: f32,
}

impl Evidence {
    fn source_is_unknown(&self) -> bool {
        self.entry.is_none() && !self.is_own
    }
}

/// Why something is no span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The policy asks for a higher score.
    BelowThreshold,
    /// The entry needs a context word, and none is near.
    NoContext,
    /// The entry's validator refuses the value.
    Invalid,
    /// The value is part of a longer number, or joined to more.
    PartOfMore,
    /// The word before the value names something else.
    NamedOtherwise,
    /// The policy allows it.
    Allowed,
    /// A surer or longer span stands there.
    Inside,
}

impl Reason {
    /// The reason as shown to users.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::BelowThreshold => "below threshold",
            Reason::NoContext => "no context word near",
            Reason::Invalid => "refused by its validator",
            Reason::PartOfMore => "part of a longer number or word",
            Reason::NamedOtherwise => "the word before it names something else",
            Reason::Allowed => "allowed by the policy",
            Reason::Inside => "another span stands there",
        }
    }
}

/// Something that one detector found.
struct Finding {
    span: Span,
    evidence: Evidence,
    refused: Option<Reason>,
}

impl Detector {
    /// What [`Detector::detect`] finds in `slot`, what speaks for it, and what
    /// was let go. Takes longer than [`Detector::detect`].
    ///
    /// # Errors
    /// As [`Detector::detect`].
    pub async fn explain(&self, slot: Slot<'_>, rules: &Rules) -> Result<Explanation, DetectError> {
        let spans = self.detect(&[slot], rules).await?.pop().unwrap_or_default();
        let findings = self.findings(slot, rules).await?;
        let mut kept: Vec<(Span, Evidence)> = spans
            .iter()
            .map(|span| (*span, Evidence { threshold: rules.threshold(span.label), ..Evidence::default() }))
            .collect();
        let mut dropped = Vec::new();
        for Finding { span, evidence, refused } in findings {
            let here = overlaps(&spans, &span);
            let same = here.clone().find(|at| spans[*at].label == span.label && spans[*at].detector == span.detector);
            match (refused, same) {
                (None, Some(at)) if kept[at].1.source_is_unknown() || span.score >= kept[at].0.score => {
                    kept[at].1 = evidence;
                }
                (None, Some(_)) => {}
                // What was refused inside a span would not have changed it.
                (Some(_), _) if !here.is_empty() => {}
                (Some(reason), _) => dropped.push((span, evidence, reason)),
                (None, None) => {
                    let reason = if here.is_empty() { Reason::Allowed } else { Reason::Inside };
                    dropped.push((span, evidence, reason));
                }
            }
        }
        dropped.sort_by_key(|(span, ..)| (span.start, span.end));
        Ok(Explanation { kept, dropped })
    }

    /// What each detector finds, refused or not.
    async fn findings(&self, slot: Slot<'_>, rules: &Rules) -> Result<Vec<Finding>, DetectError> {
        let shadows = [Shadow::of(slot.text)];
        let spans = self.names(&[slot], &shadows, rules).await?.pop().unwrap_or_default();
        let names = Names::of(&spans);
        let mut findings: Vec<Finding> = Vec::new();
        for view in shadows[0].views() {
            for proposal in self.catalogue.explain(view.text, slot.key, rules.scope())? {
                if let Some(span) = view.to_original(self.catalogue.span(&proposal)) {
                    findings.push(self.finding(proposal, span, &names, rules));
                }
            }
            let mut own = Vec::new();
            rules.own_values(view.text, slot.key, &mut own);
            for span in own.into_iter().filter_map(|span| view.to_original(span)) {
                let threshold = rules.threshold(span.label);
                let evidence = Evidence { is_own: true, base: Some(span.score), threshold, ..Evidence::default() };
                findings.push(Finding { refused: self.too_low(&span, rules), span, evidence });
            }
        }
        for span in spans.into_iter().filter(|span| rules.enabled().contains(&span.label)) {
            let threshold = rules.threshold(span.label);
            let evidence = Evidence { ner: Some(span.score), threshold, ..Evidence::default() };
            findings.push(Finding { refused: self.too_low(&span, rules), span, evidence });
        }
        Ok(findings)
    }

    fn finding(&self, proposal: Proposal, span: Span, names: &Names, rules: &Rules) -> Finding {
        let entry = self.catalogue.entry(&proposal);
        let evidence = Evidence {
            entry: Some(entry.name.to_owned()),
            is_own: false,
            base: entry.base,
            validator: entry.validator.zip(proposal.verdict.valid).map(|(name, valid)| (name.to_owned(), valid)),
            context: proposal.verdict.context.map(|context| self.context(context)),
            ner: names.score_of(&span),
            threshold: rules.threshold(span.label),
        };
        match proposal.verdict.score {
            Ok(_) => {
                let span = names.agreed(span);
                Finding { refused: self.too_low(&span, rules), span, evidence }
            }
            Err(doubt) => Finding { refused: Some(reason_of(doubt)), span, evidence },
        }
    }

    fn too_low(&self, span: &Span, rules: &Rules) -> Option<Reason> {
        (!rules.admits(span)).then_some(Reason::BelowThreshold)
    }

    fn context(&self, context: Context) -> (String, &'static str) {
        let place = match context.place {
            Place::Key => "key",
            Place::Column => "column header",
            Place::Field => "field",
            Place::Before => "before",
            Place::After => "after",
            Place::OtherClause => "other sentence or line",
        };
        (self.catalogue.context_word(context).to_owned(), place)
    }
}

fn reason_of(doubt: Doubt) -> Reason {
    match doubt {
        Doubt::NoContext => Reason::NoContext,
        Doubt::Invalid => Reason::Invalid,
        Doubt::PartOfNumber | Doubt::Joined => Reason::PartOfMore,
        Doubt::NamedOtherwise => Reason::NamedOtherwise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{DetectorKind, Label, PatternSpec, RulesSpec};

    fn rules(change: impl FnOnce(&mut RulesSpec)) -> Rules {
        let mut spec = RulesSpec::default();
        spec.enabled.retain(|label| !Rules::is_ner_only(*label));
        change(&mut spec);
        Rules::compile(spec).unwrap()
    }

    async fn explained(slot: Slot<'_>, rules: Rules) -> Explanation {
        Detector::new(None).unwrap().explain(slot, &rules).await.unwrap()
    }

    #[tokio::test]
    async fn a_span_shows_its_entry_validator_and_the_context_that_counts() {
        for (text, key, word, place) in [
            ("her SSN is 536-22-8726", None, "ssn", "before"),
            (r#"{"name": "x", "ssn": "536-22-8726"}"#, None, "ssn", "field"),
            ("536-22-8726 (SSN)", None, "ssn", "after"),
            ("She told us the SSN. It is 536-22-8726", None, "ssn", "other sentence or line"),
            ("536-22-8726", Some("patientSSN"), "ssn", "key"),
        ] {
            let slot = Slot { key, ..Slot::text(text) };
            let explanation = explained(slot, rules(|_| {})).await;
            let [(span, evidence)] = &explanation.kept[..] else { panic!("{text}: {:?}", explanation.kept) };
            assert_eq!((span.label, span.detector), (Label::US_SSN, DetectorKind::Pattern));
            assert_eq!(evidence.entry.as_deref(), Some("us_ssn"), "{text}");
            assert_eq!(evidence.validator, Some(("us_ssn".to_owned(), true)), "{text}");
            assert_eq!(evidence.context, Some((word.to_owned(), place)), "{text}");
            assert!(evidence.base.is_some_and(|base| base < span.score), "{text}");
        }
    }

    #[tokio::test]
    async fn the_header_of_a_column_is_context_for_the_values_under_it() {
        let row = "Ann Example of the northern branch office\tquarterly\t536228726\t4471\n";
        let text = format!("customer\treport\tSSN\troom\n{}", row.repeat(3));
        let explanation = explained(Slot::text(&text), rules(|_| {})).await;
        let places: Vec<_> =
            explanation.kept.iter().map(|(span, evidence)| (span.label, evidence.context.clone())).collect();
        assert_eq!(places, vec![(Label::US_SSN, Some(("ssn".to_owned(), "column header"))); 3]);
    }

    #[tokio::test]
    async fn what_is_let_go_says_why() {
        let strict = |spec: &mut RulesSpec| {
            spec.thresholds.insert(Label::US_SSN, 0.9);
        };
        let allow = |spec: &mut RulesSpec| spec.allow.terms = vec!["ann@example.com".to_owned()];
        let own = |spec: &mut RulesSpec| {
            let label = Label::EMPLOYEE_ID;
            spec.patterns = vec![PatternSpec { score: Some(0.3), ..PatternSpec::new(label, "TK-[0-9]{4}") }];
        };
        for (text, rules, reason) in [
            ("about TK-1234", rules(own), Reason::BelowThreshold),
            ("see 536-22-8726 there", rules(strict), Reason::BelowThreshold),
            ("number 536228726", rules(|_| {}), Reason::NoContext),
            ("number 12345678901", rules(|_| {}), Reason::Invalid),
            ("write ann@example.com", rules(allow), Reason::Allowed),
            ("at https://example.com/?q=ann@example.org", rules(|_| {}), Reason::Inside),
            ("version 1.536-22-8726", rules(|_| {}), Reason::PartOfMore),
        ] {
            let explanation = explained(Slot::text(text), rules).await;
            let reasons: Vec<_> = explanation.dropped.iter().map(|(_, _, reason)| *reason).collect();
            assert!(reasons.contains(&reason), "{text}: {reasons:?}");
        }
    }
}
