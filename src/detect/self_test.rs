//! The proof at every start that the detectors find what they must.

use super::{DetectError, Detector, Label, Rules, RulesSpec, Slot};

/// Why the detector must not serve.
#[derive(Debug, thiserror::Error)]
pub enum SelfTestError {
    /// A value that must be found was not.
    #[error(
        "the detector's self-test did not find {label} in its own sentence {sentence}; the model or runtime is not the one Cordon was made for: fetch the assets again"
    )]
    NotFound {
        /// What was not found.
        label: Label,
        /// The number of the sentence, from 1.
        sentence: usize,
    },
    /// One of the token classifiers finds nothing in sentences with names and addresses.
    #[error(
        "the token classifier {model} (the start of its SHA-256) finds nothing in the self-test's sentences; its tokenizer or labels are not those that it was trained with"
    )]
    Blind {
        /// Which model.
        model: String,
    },
    /// The detector failed.
    #[error("the detector's self-test could not run: {0}")]
    Failed(#[from] DetectError),
}

/// Sentences with the values that must be found in each. All are made up.
const SENTENCES: &[(&str, &[(Label, &str)])] = &[
    (
        "Please call Maria Gonzalez at +1 415 555 0132 or write to maria.gonzalez@example.com.",
        &[
            (Label::PERSON, "Maria Gonzalez"),
            (Label::PHONE_NUMBER, "+1 415 555 0132"),
            (Label::EMAIL_ADDRESS, "maria.gonzalez@example.com"),
        ],
    ),
    (
        "Patient John Miller, SSN 536-22-8726, lives at 4417 Old Kettle Road in Springfield.",
        &[
            (Label::PERSON, "John Miller"),
            (Label::US_SSN, "536-22-8726"),
            (Label::STREET_ADDRESS, "4417 Old Kettle Road"),
        ],
    ),
    (
        "Charge card 4111 1111 1111 1111 or debit DE89 3704 0044 0532 0130 00.",
        &[(Label::CREDIT_CARD, "4111 1111 1111 1111"), (Label::IBAN_CODE, "DE89 3704 0044 0532 0130 00")],
    ),
];

impl Detector {
    /// Looks for known values in known sentences (L28, L29): a model that was
    /// swapped, or computes otherwise on this host, is caught before it
    /// serves. Without a token classifier only patterns are tried; of a user's own
    /// models, only what they have labels for, and each must find something.
    ///
    /// # Errors
    /// Names the first label that was not found; the process must not serve.
    pub async fn self_test(&self) -> Result<(), SelfTestError> {
        let rules = self.self_test_rules();
        if let Some(ner) = self.ner() {
            let texts: Vec<&str> = SENTENCES.iter().map(|(text, _)| *text).collect();
            if let Some(model) = ner.blind(Rules::is_ner_only, &texts).await.map_err(DetectError::from)? {
                return Err(SelfTestError::Blind { model: model.short().to_owned() });
            }
        }
        for (sentence, (text, expected)) in SENTENCES.iter().enumerate() {
            let spans = self.detect(&[Slot::text(text)], &rules).await?;
            let spans = spans.first().map(Vec::as_slice).unwrap_or_default();
            for (label, value) in expected.iter().filter(|(label, _)| rules.enabled().contains(label)) {
                if !spans.iter().any(|span| span.label == *label && text[span.start..span.end] == **value) {
                    return Err(SelfTestError::NotFound { label: *label, sentence: sentence + 1 });
                }
            }
        }
        Ok(())
    }

    /// The default rules but for what only a token classifier finds and none here does.
    fn self_test_rules(&self) -> Rules {
        let is_found = |label: &Label| self.ner().is_some_and(|ner| ner.finds(*label));
        let mut spec = RulesSpec::default();
        spec.enabled.retain(|label| !Rules::is_ner_only(*label) || is_found(label));
        Rules::compile(spec).unwrap_or_default()
    }
}
