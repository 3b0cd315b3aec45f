use serde_json::{Value, json};

use crate::dialect::translate::{Asked, CHAT_TO_MESSAGES, MESSAGES_TO_CHAT};

fn asked() -> Asked {
    Asked::of(&json!({"model": "m"}))
}

#[test]
fn a_message_becomes_a_completion_with_all_that_it_says() {
    let message = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
            {"type": "redacted_thinking", "data": "b3BhcXVl"},
            {"type": "text", "text": "Both "},
            {"type": "text", "text": "now."},
            {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {"name": "Ana \"A\""}},
            {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
        ],
        "stop_reason": "tool_use", "stop_sequence": null,
        "usage": {"input_tokens": 3, "cache_read_input_tokens": 5, "output_tokens": 8},
    });
    let completion = (CHAT_TO_MESSAGES.answer)(message, &asked()).unwrap();
    assert_eq!((&completion["id"], &completion["object"]), (&json!("msg_1"), &json!("chat.completion")));
    let choice = &completion["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(
        choice["message"],
        json!({
            "role": "assistant", "content": "Both now.", "refusal": null, "reasoning_content": "hm",
            "thinking_blocks": [
                {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "b3BhcXVl"},
            ],
            "tool_calls": [
                {"id": "toolu_1", "type": "function",
                 "function": {"name": "find", "arguments": "{\"name\":\"Ana \\\"A\\\"\"}"}},
                {"id": "toolu_2", "type": "function", "function": {"name": "now", "arguments": "{}"}},
            ],
        })
    );
    assert_eq!(completion["usage"]["prompt_tokens"], 8);
    assert_eq!(completion["usage"]["prompt_tokens_details"]["cached_tokens"], 5);
}

/// L07: signed blocks come back with the history as they were.
#[test]
fn signed_blocks_go_back_as_they_came() {
    let blocks = json!([
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "b3BhcXVl"},
        {"type": "text", "text": "So."},
    ]);
    let message = json!({"id": "msg_1", "model": "c", "content": blocks, "stop_reason": "end_turn"});
    let completion = (CHAT_TO_MESSAGES.answer)(message, &asked()).unwrap();
    let next = json!({"model": "m", "messages": [
        {"role": "user", "content": "1"}, completion["choices"][0]["message"], {"role": "user", "content": "2"},
    ]});
    let request = (CHAT_TO_MESSAGES.request)(next).unwrap();
    assert_eq!(request["messages"][1]["content"], blocks);
}

#[test]
fn a_completion_becomes_a_message_with_all_that_it_says() {
    let completion = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
            "role": "assistant", "content": "Both.", "refusal": null, "reasoning_content": "hm",
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": "{\"name\": \"Ana\"}"}},
                {"id": "call_2", "type": "function", "function": {"name": "now", "arguments": ""}},
                {"id": "call_3", "type": "function", "function": {"name": "now", "arguments": "{\"a\": "}},
            ],
        }}],
        "usage": {"prompt_tokens": 8, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 5}},
    });
    let message = (MESSAGES_TO_CHAT.answer)(completion, &asked()).unwrap();
    assert_eq!((&message["type"], &message["stop_reason"]), (&json!("message"), &json!("tool_use")));
    assert_eq!(
        message["content"],
        json!([
            {"type": "thinking", "thinking": "hm", "signature": ""},
            {"type": "text", "text": "Both."},
            {"type": "tool_use", "id": "call_1", "name": "find", "input": {"name": "Ana"}},
            {"type": "tool_use", "id": "call_2", "name": "now", "input": {}},
            {"type": "tool_use", "id": "call_3", "name": "now", "input": {"INVALID_JSON": "{\"a\": "}},
        ])
    );
    assert_eq!((&message["usage"]["input_tokens"], &message["usage"]["output_tokens"]), (&json!(3), &json!(2)));
}

#[test]
fn what_is_no_answer_of_the_api_is_not_made_one() {
    let of_another = json!({"id": "x", "output": [], "usage": {}});
    assert_eq!((CHAT_TO_MESSAGES.answer)(of_another.clone(), &asked()), None);
    assert_eq!((MESSAGES_TO_CHAT.answer)(of_another, &asked()), None);
    let unasked = json!({"content": [{"type": "server_tool_use", "id": "1", "name": "web_search", "input": {}}]});
    assert_eq!((CHAT_TO_MESSAGES.answer)(unasked, &asked()), None);
}

#[test]
fn reasons_to_stop_are_those_of_the_callers_api() {
    let completion = |reason: &str, sequence: Value| {
        let message = json!({
            "id": "1", "model": "c", "content": [], "stop_reason": reason, "stop_sequence": sequence,
            "stop_details": {"type": "refusal", "explanation": "no"},
        });
        (CHAT_TO_MESSAGES.answer)(message, &asked()).unwrap()["choices"][0].clone()
    };
    for (reason, expected) in [
        ("end_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
    ] {
        assert_eq!(completion(reason, Value::Null)["finish_reason"], expected);
    }
    let stopped = completion("stop_sequence", json!("END"));
    assert_eq!((&stopped["finish_reason"], &stopped["stop_reason"]), (&json!("stop"), &json!("END")));
    assert_eq!(stopped["message"]["refusal"], "no");

    let message = |choice: Value| {
        let completion = json!({"id": "1", "model": "g", "choices": [choice]});
        (MESSAGES_TO_CHAT.answer)(completion, &asked()).unwrap()
    };
    for (reason, expected) in
        [("stop", "end_turn"), ("length", "max_tokens"), ("tool_calls", "tool_use"), ("content_filter", "refusal")]
    {
        assert_eq!(message(json!({"message": {"content": "x"}, "finish_reason": reason}))["stop_reason"], expected);
    }
    let refused = message(json!({"message": {"content": null, "refusal": "no"}, "finish_reason": "stop"}));
    assert_eq!((&refused["stop_reason"], &refused["content"][0]["text"]), (&json!("refusal"), &json!("no")));
    let stopped = message(json!({"message": {"content": "x"}, "finish_reason": "stop", "stop_reason": "END"}));
    assert_eq!((&stopped["stop_reason"], &stopped["stop_sequence"]), (&json!("stop_sequence"), &json!("END")));
}

#[test]
fn errors_are_told_in_the_callers_shape() {
    let anthropic = json!({"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}});
    let error = (CHAT_TO_MESSAGES.error)(anthropic, 429);
    assert_eq!(
        (&error["error"]["message"], &error["error"]["code"]),
        (&json!("slow down"), &json!("rate_limit_error"))
    );

    let openai = json!({"error": {"message": "no such model", "type": "invalid_request_error", "param": null,
        "code": "model_not_found"}});
    let error = (MESSAGES_TO_CHAT.error)(openai, 404);
    let expected = json!({"type": "error", "error": {"type": "not_found_error", "message": "no such model"}});
    assert_eq!(error, expected);
    let compatible = (MESSAGES_TO_CHAT.error)(json!({"object": "error", "message": "too long", "code": 400}), 400);
    assert_eq!(compatible["error"], json!({"type": "invalid_request_error", "message": "too long"}));
}
