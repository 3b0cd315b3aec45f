use std::sync::Arc;

use super::{VALUES, pieces, restorer, surrogate_restorer, token_map, with_seed, with_tokens};
use crate::scrub::{Escape, Restorer};

/// A stream gives what the whole gives; tokens become values and nothing else
/// changes; a text that was there before the tokens comes back as it was.
pub fn restorer_holds(data: &[u8]) {
    let (bytes, seed) = with_seed(data);
    let text = String::from_utf8_lossy(bytes).replace(['\u{e000}', '\u{e001}'], "");
    let (restorer, tokens) = restorer();
    let bent = with_tokens(&text, &tokens);
    for escape in [Escape::Text, Escape::JsonString] {
        let whole = restorer.restore(&bent, escape);
        assert_eq!(streamed(&restorer, &bent, seed, escape), whole);
        assert_only_tokens_changed(&bent, &whole);
        let (surrogates, invented) = surrogate_restorer();
        let bent = with_tokens(&text, &invented);
        assert_eq!(streamed(&surrogates, &bent, seed, escape), surrogates.restore(&bent, escape));
        let literal = token_map(&text).restorer().restore(&text, escape);
        assert_eq!(literal, text);
    }
}

fn streamed(restorer: &Arc<Restorer>, text: &str, seed: u8, escape: Escape) -> String {
    let mut stream = restorer.stream(escape);
    let mut out = String::new();
    let mut done = 0;
    let mut at = 0;
    for piece in pieces(text.as_bytes(), seed) {
        at += piece.len();
        let end = text.floor_char_boundary(at);
        stream.push(&text[done..end], &mut out);
        done = end;
    }
    stream.finish(&mut out);
    out
}

/// What is no value stands in the text, in the same order; between values every
/// character that is no token's is kept.
fn assert_only_tokens_changed(text: &str, restored: &str) {
    let mut rest = text.chars();
    let mut values = 0;
    let mut in_value = false;
    for c in restored.chars() {
        match c {
            '\u{e000}' => (in_value, values) = (true, values + 1),
            '\u{e001}' => in_value = false,
            c if !in_value => assert!(rest.any(|known| known == c), "{restored:?} is not of {text:?}"),
            _ => {}
        }
    }
    if values == 0 {
        assert_eq!(restored, text);
    }
    for part in restored.split('\u{e000}').skip(1) {
        let value = part.split('\u{e001}').next().unwrap_or_default().replace('\\', "");
        let is_known = VALUES.iter().any(|(_, known)| letters(known) == letters(&value));
        assert!(is_known, "{value:?} is no value");
    }
}

/// Letters tell the values apart however they are escaped.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() && *c != 'n').collect()
}
