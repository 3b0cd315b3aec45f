use std::sync::Arc;

use serde_json::{Value, json};

use super::{pieces, restorer, seals, with_seed, with_tokens};
use crate::dialect::translate::{Interpreter, between};
use crate::dialect::{Answer, AnswerStream, Dialect};

/// Any bytes of a provider are restored and translated without a panic, and the
/// same for every cutting.
pub fn events_survive(data: &[u8]) {
    let (bytes, seed) = with_seed(data);
    let (restorer, tokens) = restorer();
    let bytes = match std::str::from_utf8(bytes) {
        Ok(text) => with_tokens(text, &tokens).into_bytes(),
        Err(_) => bytes.to_vec(),
    };
    for dialect in Dialect::all() {
        for structured in [false, true] {
            let stream = || AnswerStream::new(dialect, Arc::clone(&restorer), structured);
            let whole = restored(stream(), std::iter::once(bytes.as_slice()));
            assert_eq!(restored(stream(), pieces(&bytes, seed)), whole, "{}", dialect.name);
            // Two seals of one thing differ.
            restored(stream().with_seals(Some(seals())), pieces(&bytes, seed));
        }
    }
    for interpreter in interpreters() {
        let whole = translated(&interpreter, std::iter::once(bytes.as_slice()));
        assert_eq!(translated(&interpreter, pieces(&bytes, seed)), whole);
    }
}

/// Any document is put to a target, taken for an answer and for an error, without a
/// panic.
pub fn answers_survive(data: &[u8]) {
    let (restorer, tokens) = restorer();
    let text = with_tokens(&String::from_utf8_lossy(data), &tokens);
    let Ok(document) = serde_json::from_str::<Value>(&text) else { return };
    for dialect in Dialect::all() {
        for structured_output in [false, true] {
            let mut answer = document.clone();
            Answer { dialect, restorer: &restorer, structured_output, seals: Some(&seals()) }.restore(&mut answer);
        }
        for target in Dialect::all() {
            if let Some(steps) = between(dialect, target) {
                let _ = Interpreter::raw_request(steps, document.clone());
            }
        }
    }
    for interpreter in interpreters() {
        interpreter.answer(document.clone());
        interpreter.error(document.clone(), 400);
    }
}

fn restored<'a>(mut stream: AnswerStream, pieces: impl Iterator<Item = &'a [u8]>) -> String {
    let mut out = Vec::new();
    for piece in pieces {
        if stream.push(piece, &mut out).is_err() {
            break;
        }
    }
    stream.finish(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// What was written until the stream could not be read any more.
fn translated<'a>(interpreter: &Interpreter, pieces: impl Iterator<Item = &'a [u8]>) -> String {
    let mut out = Vec::new();
    if let Some(mut translator) = interpreter.events() {
        for piece in pieces {
            if translator.push(piece, &mut out).is_err() {
                return String::from_utf8_lossy(&out).into_owned();
            }
        }
        translator.finish(&mut out);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// One for each way from a caller's API to a target's.
fn interpreters() -> Vec<Interpreter> {
    let ask = |dialect: &Dialect| match dialect.name {
        "openai.completions" => json!({"model": "m", "stream": true, "prompt": "hi"}),
        "openai.responses" => json!({"model": "m", "stream": true, "input": "hi"}),
        _ => json!({"model": "m", "stream": true, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}),
    };
    let ways = Dialect::all().into_iter().flat_map(|from| Dialect::all().map(|to| (from, to)));
    let interpreters = ways.filter_map(|(from, to)| {
        let steps = between(from, to).filter(|steps| !steps.is_empty())?;
        Interpreter::raw_request(steps, ask(from)).ok().map(|(_, interpreter)| interpreter)
    });
    interpreters.collect()
}
