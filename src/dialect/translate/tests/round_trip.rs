use proptest::prelude::*;
use serde_json::{Value, json};

use crate::dialect::translate::{CHAT_TO_MESSAGES, MESSAGES_TO_CHAT};

fn text() -> impl Strategy<Value = String> {
    "[A-Za-zé\"\\\\{}\n \\[\\]_]{1,20}"
}

/// What the user says, and what it leads to: calls of tools, results in one turn, and an answer.
fn exchange() -> impl Strategy<Value = Vec<Value>> {
    let calls = prop::collection::vec((text(), text(), any::<bool>()), 0..4);
    (text(), prop::collection::vec(calls, 0..3), text()).prop_map(|(question, rounds, answer)| {
        let mut messages = vec![json!({"role": "user", "content": question})];
        for (round, calls) in rounds.into_iter().enumerate().filter(|(_, calls)| !calls.is_empty()) {
            let mut said = json!({"role": "assistant", "tool_calls": []});
            let mut results = Vec::new();
            for (number, (argument, result, is_parts)) in calls.into_iter().enumerate() {
                let id = format!("call_{round}_{number}");
                let function = json!({"name": "find", "arguments": json!({"name": argument}).to_string()});
                let call = json!({"id": id, "type": "function", "function": function});
                said["tool_calls"].as_array_mut().unwrap().push(call);
                let parts = json!([{"type": "text", "text": result}, {"type": "text", "text": "and"}]);
                let content = if is_parts { parts } else { result.into() };
                results.push(json!({"role": "tool", "tool_call_id": id, "content": content}));
            }
            messages.push(said);
            messages.extend(results);
        }
        messages.push(json!({"role": "assistant", "content": answer}));
        messages
    })
}

fn tool() -> impl Strategy<Value = Value> {
    (text(), any::<bool>()).prop_map(|(description, strict)| {
        let parameters = json!({"type": "object", "properties": {"name": {"type": "string", "description": "who"}}});
        let function = json!({"name": "find", "description": description, "parameters": parameters, "strict": strict});
        json!({"type": "function", "function": function})
    })
}

fn tool_choice() -> impl Strategy<Value = Value> {
    let choices = ["none", "auto", "required"].map(Value::from);
    let one = json!({"type": "function", "function": {"name": "find"}});
    prop::sample::select(choices.into_iter().chain([one]).collect::<Vec<_>>())
}

proptest! {
    /// L13, L17: there and back, nothing of a request is lost or changed.
    #[test]
    fn a_request_comes_back_from_the_other_api_as_it_was(
        system in prop::option::of(text()),
        exchanges in prop::collection::vec(exchange(), 0..3),
        last in text(),
        tools in prop::collection::vec(tool(), 1..3),
        choice in tool_choice(),
        in_sequence in any::<bool>(),
    ) {
        let system = system.map(|text| json!({"role": "system", "content": text}));
        let last = json!({"role": "user", "content": last});
        let messages: Vec<Value> = system.into_iter().chain(exchanges.into_iter().flatten()).chain([last]).collect();
        let mut request = json!({
            "model": "m", "temperature": 0.5, "top_p": 0.9, "messages": messages, "max_completion_tokens": 77,
            "stream": true, "stream_options": {"include_usage": true}, "stop": ["END", "HALT"], "user": "u-1",
            "service_tier": "default", "tools": tools, "tool_choice": choice, "reasoning_effort": "high",
            "response_format": {"type": "json_schema", "json_schema": {
                "name": "person", "schema": {"type": "object", "title": "person"}, "strict": true,
            }},
        });
        if in_sequence && request["tool_choice"] != "none" {
            request["parallel_tool_calls"] = false.into();
        }
        let there = (CHAT_TO_MESSAGES.request)(request.clone()).unwrap();
        let back = (MESSAGES_TO_CHAT.request)(there).unwrap();
        prop_assert_eq!(back, request);
    }
}
