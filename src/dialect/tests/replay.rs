//! Recorded streams of providers (`fixtures/streams/`), replayed with every
//! cutting of their bytes: what a client makes of the restored stream is the
//! restored answer, and whatever carries no text comes in the order it came in.

mod chat;
mod completions;
mod fixture;
mod messages;
mod responses;

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use fixture::{Fixture, Tokens};

/// Every way of cutting four bytes, to be repeated.
const CUTTINGS: [&[usize]; 8] = [&[1], &[1, 1, 2], &[1, 2, 1], &[2, 1, 1], &[1, 3], &[2, 2], &[3, 1], &[4]];

/// L02, L04, L05, L06: cut in whatever way, a stream gives what the answer gives
/// in one piece.
#[test]
fn a_recorded_stream_equals_the_answer_in_one_piece_for_every_cutting() {
    let tokens = Tokens::mint();
    for fixture in Fixture::all() {
        let expected = fixture.answer(&tokens);
        for (cutting, offset) in CUTTINGS.iter().flat_map(|cutting| (0..4).map(move |offset| (cutting, offset))) {
            let cuts = std::iter::once(offset).chain(cutting.iter().copied().cycle());
            let (out, _) = fixture.replay(&tokens, cuts);
            fixture.check(&tokens, &out, &expected, &format!("cut {cutting:?} from {offset}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// L02: the same for cuttings at random.
    #[test]
    fn a_recorded_stream_equals_the_answer_in_one_piece_for_random_cuttings(
        cuts in prop::collection::vec(1usize..300, 1..200),
    ) {
        let tokens = Tokens::mint();
        for fixture in Fixture::all() {
            let (out, _) = fixture.replay(&tokens, cuts.iter().copied().chain(std::iter::repeat(5)));
            fixture.check(&tokens, &out, &fixture.answer(&tokens), "at random");
        }
    }
}

/// L01: the answer holds the values, and no token that was minted.
#[test]
fn every_recorded_answer_holds_the_values_again() {
    let tokens = Tokens::mint();
    for fixture in Fixture::all() {
        let answer = fixture.answer(&tokens);
        let texts = fixture::texts_of(&answer);
        assert!(tokens.values().any(|value| texts.contains(value)), "{}: {texts}", fixture.name);
        for token in tokens.texts() {
            assert!(!texts.contains(token), "{}: {token} in {texts}", fixture.name);
        }
    }
}

/// L06: finish reasons, usage, errors, terminal events and keep-alive comments
/// stay what they were, in their order.
#[test]
fn what_carries_no_text_keeps_its_order() {
    let tokens = Tokens::mint();
    for fixture in Fixture::all() {
        let (out, _) = fixture.replay(&tokens, std::iter::repeat(3));
        let sent = fixture::landmarks(fixture.dialect, &fixture.stream(&tokens));
        assert!(!sent.is_empty(), "{}", fixture.name);
        assert_eq!(fixture::landmarks(fixture.dialect, &out), sent, "{}", fixture.name);
    }
}

/// L06: what was counted and how it ended is known of every stream.
#[test]
fn the_end_of_every_recorded_stream_is_known() {
    let tokens = Tokens::mint();
    for fixture in Fixture::all() {
        let (_, stream) = fixture.replay(&tokens, std::iter::repeat(4));
        let failed = fixture.name.starts_with("error");
        assert_eq!((stream.is_failed(), stream.is_finished() || failed), (failed, true), "{}", fixture.name);
        assert_eq!(stream.usage(), Usage::of(&fixture.answer(&tokens)), "{}", fixture.name);
    }
}

/// L07: the provider's own thoughts and findings go along, as it wrote them, in the
/// place of what it signed them by.
#[test]
fn what_is_signed_in_a_recorded_answer_is_sealed_as_it_was() {
    let tokens = Tokens::mint();
    let mut sealed = 0;
    for fixture in Fixture::all() {
        let (out, _) = fixture.replay(&tokens, std::iter::repeat(3));
        let as_written = fixture.as_written(&tokens);
        for block in fixture::events(&out).flat_map(|event| tokens.sealed_in(&event)) {
            assert!(fixture::holds(&as_written, &block), "{}: {block} is not in {as_written}", fixture.name);
            sealed += 1;
        }
    }
    assert!(sealed >= 6, "{sealed} signed parts in all recorded answers");
}

/// What a client makes of a stream, as the API would answer in one piece.
fn assembled(dialect: &Dialect, tokens: &Tokens, stream: &[u8]) -> Value {
    let mut answer = Value::Null;
    for mut event in fixture::events(stream) {
        tokens.open_seals(&mut event);
        match dialect.name {
            "openai.chat" => chat::add(&mut answer, event),
            "openai.responses" => responses::add(&mut answer, event),
            "openai.completions" => completions::add(&mut answer, event),
            "anthropic.messages" => messages::add(&mut answer, event),
            other => panic!("nothing puts the events of {other} together"),
        }
    }
    answer
}
