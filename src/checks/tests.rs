use proptest::prelude::*;

use super::*;
use words::{FIELDS, TEXTS, WORDS};

mod words;

fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        8 => prop::sample::select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

/// A JSON document whose names and words are mostly those of the APIs.
fn document() -> impl Strategy<Value = String> {
    let name = prop::sample::select(FIELDS);
    let word = prop::sample::select(TEXTS);
    let leaf = prop_oneof![
        4 => word.prop_map(serde_json::Value::from),
        1 => any::<i64>().prop_map(serde_json::Value::from),
        1 => any::<f64>().prop_map(serde_json::Value::from),
        1 => any::<bool>().prop_map(serde_json::Value::from),
        1 => Just(serde_json::Value::Null),
    ];
    let tree = leaf.prop_recursive(5, 48, 5, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            3 => prop::collection::vec((name.clone(), inner), 0..6).prop_map(|fields| {
                serde_json::Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    });
    tree.prop_map(|tree| tree.to_string())
}

/// As [`document`], with what every API asks for.
fn body() -> impl Strategy<Value = String> {
    (document(), document()).prop_map(|(content, more)| {
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let messages = serde_json::json!([parsed(&content), {"role": "user", "content": parsed(&content)}]);
        let base = serde_json::json!({"model": "m", "messages": messages, "input": parsed(&more), "prompt": "hi"});
        let (mut base, more) = (base, parsed(&more));
        if let (Some(base), serde_json::Value::Object(more)) = (base.as_object_mut(), more) {
            base.extend(more.into_iter().filter(|(name, _)| !matches!(name.as_str(), "model" | "messages" | "stream")));
        }
        base.to_string()
    })
}

fn seeded(bytes: impl Into<Vec<u8>>, seed: u8) -> Vec<u8> {
    let mut bytes = bytes.into();
    bytes.push(seed);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// L02: see [`splitter_holds`].
    #[test]
    fn any_bytes_are_split_into_the_same_events(bytes in hostile(), seed: u8) {
        splitter_holds(&seeded(bytes, seed));
    }

    /// L02, L24: see [`restorer_holds`].
    #[test]
    fn any_text_is_restored_the_same_way_and_only_where_it_holds_tokens(bytes in hostile(), seed: u8) {
        restorer_holds(&seeded(bytes, seed));
    }

    /// L13: see [`walker_holds`].
    #[test]
    fn any_request_comes_back_as_it_was_and_hides_nothing(body in body(), seed: u8) {
        walker_holds(&seeded(body, seed));
    }

    /// L02: see [`events_survive`].
    #[test]
    fn any_stream_is_translated_and_restored(events in prop::collection::vec(document(), 0..5), junk in hostile(), seed: u8) {
        let events: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        events_survive(&seeded([events.into_bytes(), junk].concat(), seed));
    }

    /// See [`answers_survive`].
    #[test]
    fn any_document_is_taken_for_a_request_and_an_answer(document in body()) {
        answers_survive(document.as_bytes());
    }
}
