//! `cordon detect --explain`: what speaks for each span, and what was let go.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::{code_points, public_score, public_spans, write_span};
use crate::detect::{DetectorKind, Evidence, Explanation, Reason, Span, offsets};

/// The explanation as the formats of JSON show it.
pub(super) fn public(text: &str, explanation: &Explanation) -> Map<String, Value> {
    let spans: Vec<Span> = explanation.kept.iter().map(|(span, _)| *span).collect();
    let mut kept = public_spans(text, &spans);
    for (span, (_, evidence)) in kept.iter_mut().zip(&explanation.kept) {
        span["evidence"] = public_evidence(evidence);
    }
    let dropped = explanation.dropped.iter().map(|(span, evidence, reason)| {
        let mut dropped = public_spans(text, &[*span]).pop().unwrap_or_default();
        dropped["reason"] = reason.as_str().into();
        dropped["evidence"] = public_evidence(evidence);
        dropped
    });
    Map::from_iter([("spans".to_owned(), kept.into()), ("dropped".to_owned(), dropped.collect())])
}

fn public_evidence(evidence: &Evidence) -> Value {
    json!({
        "entry": evidence.entry,
        "own_pattern": evidence.is_own,
        "base": evidence.base.map(public_score),
        "validator": evidence.validator.as_ref().map(|(name, valid)| json!({"name": name, "valid": valid})),
        "context": evidence.context.as_ref().map(|(word, place)| json!({"word": word, "place": place})),
        "ner": evidence.ner.map(public_score),
        "threshold": public_score(evidence.threshold),
    })
}

/// The explanation for people.
pub(super) fn write(out: &mut impl Write, text: &str, explanation: &Explanation) -> std::io::Result<()> {
    let spans: Vec<Span> = explanation.kept.iter().map(|(span, _)| *span).collect();
    for ((span, evidence), range) in explanation.kept.iter().zip(code_points(text, &spans)) {
        write_span(out, text, span, &range)?;
        writeln!(out, "{INDENT}{}", facts(span, evidence))?;
    }
    if !explanation.dropped.is_empty() {
        writeln!(out, "\nLet go:")?;
    }
    for (span, evidence, reason) in &explanation.dropped {
        let range = offsets::code_point_ranges(text, std::iter::once(span.start..span.end));
        range.iter().try_for_each(|range| write_span(out, text, span, range))?;
        writeln!(out, "{INDENT}{}; {}", because(*reason, evidence), facts(span, evidence))?;
    }
    Ok(())
}

const INDENT: &str = "              ";

fn because(reason: Reason, evidence: &Evidence) -> String {
    match reason {
        Reason::BelowThreshold => format!("{} {:.2}", reason.as_str(), evidence.threshold),
        _ => reason.as_str().to_owned(),
    }
}

fn facts(span: &Span, evidence: &Evidence) -> String {
    let mut facts = Vec::new();
    match (&evidence.entry, span.detector) {
        (Some(entry), _) => match evidence.base {
            Some(base) => facts.push(format!("{entry}, {base:.2} without context")),
            None => facts.push(format!("{entry}, needs context")),
        },
        (None, _) if evidence.is_own => facts.push("a pattern of the policy".to_owned()),
        (None, DetectorKind::List) => facts.push("a term of the policy's lists".to_owned()),
        (None, _) if evidence.ner.is_none() => facts.push("found elsewhere, and here again".to_owned()),
        (None, _) => {}
    }
    if let Some((name, valid)) = &evidence.validator {
        facts.push(format!("validator {name} {}", if *valid { "accepts it" } else { "refuses it" }));
    }
    if let Some((word, place)) = &evidence.context {
        facts.push(format!("context \"{word}\" ({place})"));
    }
    if let Some(ner) = evidence.ner {
        facts.push(format!("classifier {ner:.2}"));
    }
    if span.score > 0.0 {
        facts.push(format!("score {:.2}, threshold {:.2}", span.score, evidence.threshold));
    }
    facts.join("; ")
}
