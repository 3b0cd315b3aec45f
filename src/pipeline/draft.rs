//! The local model's draft, sanitized by the same scrubber as the request.

use std::time::Instant;

use serde_json::Value;

use super::Pipeline;
use super::ending::Ending;
use super::scan::replacements;
use crate::config::EMBEDDED;
use crate::detect::{DenyLists, Label, Slot, Span, TermList};
use crate::dialect::Dialect;
use crate::dialect::chat::CHAT;
use crate::dialect::translate::{Interpreter, between};
use crate::local::chat_api::{ChatError, Completion};
use crate::policy::{Action, Policy};
use crate::scrub::{Sanitized, TokenMap, sanitize_text};
use crate::telemetry::{self, Stage};

/// What the remote model is told about the draft.
const INTRODUCTION: &str = "A smaller model drafted the following answer to the last message. \
     Correct and improve it, then answer the user directly without mentioning the draft.\n\n";

impl Pipeline {
    /// What the remote model gets along with `body` of `dialect`; nothing when the local
    /// model fails or writes what the policy does not let out: the request then
    /// goes on without a draft, and its record says so.
    pub(super) async fn draft(
        &self,
        dialect: &Dialect,
        body: Value,
        policy: &Policy,
        map: &mut TokenMap,
        ending: &mut Ending,
    ) -> Option<Sanitized<String>> {
        let started = Instant::now();
        let drafted = self.written_draft(dialect, body, policy).await;
        telemetry::stage(Stage::FirstPass, started.elapsed());
        let text = match drafted {
            Ok(text) => {
                if let Some(drafts) = &self.drafts {
                    // Whoever looked may have gone.
                    let _ = drafts.send(text.clone());
                }
                format!("{INTRODUCTION}{text}")
            }
            Err(error) => {
                tracing::warn!(%error, "no draft, the request goes on without one");
                ending.first_pass("failed", EMBEDDED);
                return None;
            }
        };
        let sanitized = self.sanitized_draft(&text, policy, map).await;
        ending.first_pass(if sanitized.is_some() { "drafted" } else { "withheld" }, EMBEDDED);
        sanitized
    }

    async fn written_draft(&self, dialect: &Dialect, body: Value, policy: &Policy) -> Result<String, ChatError> {
        let model = self.local.as_ref().ok_or(ChatError::Unsupported("drafts: it is switched off"))?;
        let chat = between(dialect, &CHAT).and_then(|steps| Interpreter::raw_request(steps, body).ok());
        let (mut body, _) = chat.ok_or(ChatError::Unsupported("drafts for requests that are no chats"))?;
        if let Value::Object(fields) = &mut body {
            // One draft in words, whatever the caller asks of the remote model.
            fields.retain(|field, _| field == "messages" || field == "model" || field == "seed");
            fields.insert("max_tokens".into(), Value::from(policy.first_pass.max_tokens));
        }
        Ok(Completion::start(model, &body).await?.whole().await?.text)
    }

    async fn sanitized_draft(&self, text: &str, policy: &Policy, map: &mut TokenMap) -> Option<Sanitized<String>> {
        let mut spans = self.detect(&[Slot::text(text)], policy).await.ok()?.pop()?;
        if spans.iter().any(|span| matches!(policy.action(span.label), Action::Block | Action::LocalOnly)) {
            return None;
        }
        spans.extend(known_values(text, map));
        Some(sanitize_text(text, &replacements(&spans, policy), map))
    }
}

/// Where `text` repeats a value of the request, which a detector may miss in its
/// new surroundings, or one word of a person's name, as answers do to greet.
fn known_values(text: &str, map: &TokenMap) -> Vec<Span> {
    let terms = |label: Label, value: &str| TermList { label, terms: vec![value.to_owned()] };
    let values: Vec<TermList> = map.tokens().map(|(_, label, value)| terms(label, value)).collect();
    let persons = map.tokens().filter(|(_, label, _)| *label == Label::PERSON);
    let names = persons.flat_map(|(_, _, name)| name.split_whitespace()).filter(|name| name.chars().count() > 1);
    let names: Vec<TermList> = names.map(|name| terms(Label::PERSON, name)).collect();
    let found = |lists: &[TermList]| {
        let mut spans = Vec::new();
        // An automaton too large to build is beyond any text that fits a request.
        if let Ok(lists) = DenyLists::compile(lists) {
            lists.find(text, &mut spans);
        }
        spans
    };
    // "will" is no part of Will Smith.
    let is_name = |span: &Span| text[span.start..].starts_with(|c: char| !c.is_lowercase());
    let mut spans = found(&values);
    spans.extend(found(&names).into_iter().filter(is_name));
    spans
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::scrub::{MasterKey, ScopeKey, TokenStyle};
    use crate::tenant::TenantId;

    #[test]
    fn a_draft_that_greets_by_first_name_is_found_out() {
        let scope = ScopeKey::derive(&MasterKey::generate().unwrap(), &TenantId::parse("t").unwrap(), "c");
        let mut map = TokenMap::new(scope, TokenStyle::default());
        map.mint(Label::PERSON, "Will Gonzalez", true);
        let text = "Dear Will, we will write to MR GONZALEZ and not to Gonzalezes. Will Gonzalez";
        let found: BTreeSet<_> = known_values(text, &map).iter().map(|span| &text[span.start..span.end]).collect();
        assert_eq!(found, BTreeSet::from(["GONZALEZ", "Gonzalez", "Will", "Will Gonzalez"]));
    }

    /// A value that begins a longer one is found where the longer one is not.
    #[test]
    fn a_value_is_found_where_a_longer_one_only_seems_to_stand() {
        let scope = ScopeKey::derive(&MasterKey::generate().unwrap(), &TenantId::parse("t").unwrap(), "c");
        let mut map = TokenMap::new(scope, TokenStyle::default());
        map.mint(Label::CASE_NUMBER, "AB 77", true);
        map.mint(Label::CASE_NUMBER, "AB 77-1", true);
        let text = "see AB 77-18";
        let found: Vec<_> = known_values(text, &map).iter().map(|span| &text[span.start..span.end]).collect();
        assert_eq!(found, ["AB 77"]);
    }
}
