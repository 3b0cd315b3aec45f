//! What is peculiar to Anthropic's messages.

use serde_json::{Value, json};

use crate::dialect::messages::MESSAGES;
use crate::dialect::{Origin, Request};

/// What was written by others names no host that values may go to, also where it
/// stands in a turn of the user: results, documents, findings.
#[test]
fn what_a_tool_returned_is_no_prompt_in_whoevers_turn_it_stands() {
    let text = |text: &str| json!({"type": "text", "text": text});
    let document = json!({"type": "document", "title": "c", "source": {"type": "text", "data": "d"}});
    let found = json!({"type": "search_result", "source": "e", "title": "f", "content": [text("g")]});
    let result = |content: Value| json!({"type": "tool_result", "tool_use_id": "x1", "content": content});
    let body = json!({"model": "m", "system": [text("a")], "messages": [
        {"role": "user", "content": [text("b"), document, found, result(json!("h")), result(json!([text("i"), document]))]},
        {"role": "assistant", "content": [text("j"), {"type": "tool_use", "id": "x1", "name": "k1", "input": {"l1": "l"}}]},
        {"role": "user", "content": "m"},
    ]});
    let request = Request::parse(&MESSAGES, body.to_string().as_bytes(), None).unwrap();
    let of = |origin| {
        let slots = request.slots().iter().filter(|slot| slot.origin == origin && slot.text.len() == 1);
        slots.map(|slot| slot.text.as_str()).collect::<String>()
    };
    assert_eq!((of(Origin::Prompt).as_str(), of(Origin::Tool).as_str()), ("abm", "cdefghicdjl"));
}

/// L22: what Cordon adds to a message stands behind what a provider may have cached.
#[test]
fn notes_stand_behind_what_may_be_cached() {
    let (instruct, remark) = (MESSAGES.add_instruction.unwrap(), MESSAGES.add_remark.unwrap());
    let block = |text: &str| json!({"type": "text", "text": text});
    for (own, expected) in [
        (Value::Null, json!("note")),
        (json!("own"), json!("own\n\nnote")),
        (json!([block("own")]), json!([block("own"), block("note")])),
    ] {
        assert_eq!(instruct((json!({"system": own}), "note".into()))["system"], expected);
    }
    let result = json!({"type": "tool_result", "tool_use_id": "x"});
    for (role, content, expected) in [
        ("user", json!("hi"), json!([block("hi"), block("note")])),
        ("user", json!([result]), json!([result, block("note")])),
        ("assistant", json!("so"), json!("so")),
    ] {
        let body = json!({"messages": [{"role": "user", "content": "first"}, {"role": role, "content": content}]});
        let body = remark((body, "note".into()));
        assert_eq!((&body["messages"][0]["content"], &body["messages"][1]["content"]), (&json!("first"), &expected));
    }
}
