use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

#[test]
fn members_are_sorted_and_strings_escaped_as_rfc_8785_says() {
    let value = json!({"b": [1, -2, true, null], "a": {"z": "\u{8}\t\n\u{c}\r\"\\/\u{1f}\u{7f}é\u{2028}", "A": ""}});
    let expected =
        "{\"a\":{\"A\":\"\",\"z\":\"\\b\\t\\n\\f\\r\\\"\\\\/\\u001f\u{7f}é\u{2028}\"},\"b\":[1,-2,true,null]}";
    assert_eq!(to_string(&value).unwrap(), expected);
}

#[test]
fn numbers_that_readers_may_change_are_refused() {
    assert_eq!(to_string(&json!(1.5)), Err(NotCanonical::Number));
    assert_eq!(to_string(&1.5), Err(NotCanonical::Number));
    for large in [9_007_199_254_740_992_u64, u64::MAX] {
        assert_eq!(to_string(&json!(large)), Err(NotCanonical::Number));
        assert_eq!(to_string(&large), Err(NotCanonical::Number));
    }
    for text in ["-0", "1.0", "1e3"] {
        assert_eq!(to_string(&serde_json::from_str::<Value>(text).unwrap()), Err(NotCanonical::Number), "{text}");
    }
    for small in [-9_007_199_254_740_991_i64, 0, 9_007_199_254_740_991] {
        assert_eq!(to_string(&json!(small)).unwrap(), small.to_string());
        assert_eq!(to_string(&small).unwrap(), small.to_string());
    }
}

#[test]
fn a_name_that_has_several_orders_is_refused() {
    for name in ["é", "a\"b", "a\nb", "a\\b"] {
        assert_eq!(to_string(&json!({name: 1})), Err(NotCanonical::Name));
    }
}

/// Flattened parts may bring a name twice; readers take one or the other.
#[test]
fn a_name_that_is_there_twice_is_refused() {
    #[derive(serde::Serialize)]
    struct Outer {
        kind: u8,
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(serde::Serialize)]
    struct Inner {
        also: u8,
        kind: u8,
    }
    let twice = Outer { kind: 1, inner: Inner { also: 2, kind: 3 } };
    assert_eq!(to_string(&twice), Err(NotCanonical::Name));
}

/// Another way to the same bytes: `serde_json` writes all but the order, and its
/// tree has that when it is made of sorted maps.
fn by_tree(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(by_tree).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_str());
            let written = members.iter().map(|(name, value)| format!("{}:{}", json!(name), by_tree(value)));
            format!("{{{}}}", written.collect::<Vec<_>>().join(","))
        }
        plain => plain.to_string(),
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let integer = -9_007_199_254_740_991_i64..=9_007_199_254_740_991;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        integer.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[A-Za-z0-9_:. -]{0,12}", inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().rev().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_bytes_are_those_of_a_sorted_tree(value in any_value()) {
        prop_assert_eq!(to_string(&value).unwrap(), by_tree(&value));
    }
}
