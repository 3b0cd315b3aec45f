use serde_json::{Value, json};

use super::super::request::request;

fn mapped(mut asked: Value) -> Value {
    asked["model"] = "m".into();
    request(asked).unwrap()
}

fn refused(asked: Value) -> crate::dialect::RequestError {
    request(asked).unwrap_err()
}

#[test]
fn a_text_and_instructions_become_two_messages() {
    let chat = mapped(json!({
        "input": "Hi", "instructions": "Be kind", "max_output_tokens": 5, "metadata": {"a": "b"},
    }));
    let messages = json!([{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Hi"}]);
    assert_eq!(chat, json!({"model": "m", "messages": messages, "max_tokens": 5}));
}

/// L13: an agent's whole history, in the order of its items.
#[test]
fn items_become_the_messages_of_one_conversation() {
    let chat = mapped(json!({"input": [
        {"role": "developer", "content": "Rules"},
        {"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "Look"},
            {"type": "input_image", "image_url": "https://a.example/x.png", "detail": "low"},
            {"type": "input_file", "filename": "f.pdf", "file_data": "data:x"},
        ]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm"}]},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [
            {"type": "output_text", "text": "I look", "annotations": [], "logprobs": []},
        ]},
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "find", "arguments": "{\"q\":1}"},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c2", "name": "run", "input": "ls"},
        {"type": "function_call_output", "call_id": "c1", "output": "found"},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "a.txt"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No"}]},
    ]}));
    assert_eq!(
        chat["messages"],
        json!([
            {"role": "system", "content": "Rules"},
            {"role": "user", "content": [
                {"text": "Look", "type": "text"},
                {"type": "image_url", "image_url": {"url": "https://a.example/x.png", "detail": "low"}},
                {"type": "file", "file": {"filename": "f.pdf", "file_data": "data:x"}},
            ]},
            {"role": "assistant", "content": "I look", "reasoning_content": "Hm", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{\"q\":1}"}},
                {"id": "c2", "type": "custom", "custom": {"name": "run", "input": "ls"}},
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": "found"},
            {"role": "tool", "tool_call_id": "c2", "content": "a.txt"},
            {"role": "assistant", "content": [{"refusal": "No", "type": "refusal"}]},
        ])
    );
}

#[test]
fn tools_and_settings_move_to_where_chat_has_them() {
    let schema = json!({"type": "object", "properties": {"q": {"type": "string"}}});
    let chat = mapped(json!({
        "input": "x", "stream": true, "top_logprobs": 2, "include": ["message.output_text.logprobs"], "store": false,
        "tools": [
            {"type": "function", "name": "f", "description": "d", "parameters": schema, "strict": true},
            {"type": "custom", "name": "c", "format": {"type": "grammar", "syntax": "regex", "definition": "a+"}},
        ],
        "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
        "text": {"verbosity": "low", "format": {"type": "json_schema", "name": "n", "schema": schema, "strict": true}},
        "reasoning": {"effort": "low", "summary": null}, "truncation": "disabled", "previous_response_id": null,
    }));
    assert_eq!(
        chat,
        json!({
            "model": "m", "messages": [{"role": "user", "content": "x"}],
            "stream": true, "stream_options": {"include_usage": true}, "top_logprobs": 2, "logprobs": true,
            "tools": [
                {"type": "function", "function": {
                    "name": "f", "description": "d", "parameters": schema, "strict": true,
                }},
                {"type": "custom", "custom": {
                    "name": "c", "format": {"type": "grammar", "grammar": {"syntax": "regex", "definition": "a+"}},
                }},
            ],
            "tool_choice": {"type": "allowed_tools", "allowed_tools": {
                "mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}],
            }},
            "verbosity": "low", "reasoning_effort": "low",
            "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": true}},
        })
    );
    let choice = mapped(json!({"input": "x", "tool_choice": {"type": "function", "name": "f"}}))["tool_choice"].take();
    assert_eq!(choice, json!({"type": "function", "function": {"name": "f"}}));
    assert_eq!(mapped(json!({"input": "x", "tool_choice": "required"}))["tool_choice"], "required");
}

/// L17: what chat has no place for is refused by name, never left out.
#[test]
fn what_chat_does_not_have_is_refused_by_its_name() {
    for (field, value) in [
        ("previous_response_id", json!("resp_1")),
        ("conversation", json!("conv_1")),
        ("background", json!(true)),
        ("prompt", json!({"id": "pmpt_1"})),
        ("store", json!(true)),
        ("truncation", json!("auto")),
        ("context_management", json!([{"type": "compaction"}])),
        ("moderation", json!({"model": "m"})),
        ("include", json!(["file_search_call.results"])),
        ("tools", json!([{"type": "web_search"}])),
        ("tools", json!([{"type": "function", "name": "f", "parameters": {}, "defer_loading": true}])),
        ("tool_choice", json!({"type": "file_search"})),
        ("reasoning", json!({"summary": "auto"})),
        ("text", json!({"format": {"type": "text", "new": 1}})),
        ("something_new", json!(1)),
        ("input", json!([{"type": "item_reference", "id": "msg_1"}])),
        ("input", json!([{"type": "web_search_call", "id": "ws_1"}])),
        ("input", json!([{"type": "reasoning", "summary": [], "encrypted_content": "x"}])),
        ("input", json!([{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}])),
        ("input", json!([{"role": "tool", "content": "x"}])),
        (
            "input",
            json!([{"type": "function_call_output", "call_id": "c", "output": [
                {"type": "input_image", "image_url": "https://a.example/x.png"},
            ]}]),
        ),
        ("input", json!(null)),
    ] {
        let mut asked = json!({"model": "m", "input": "x"});
        asked[field] = value;
        let error = refused(asked.clone());
        assert!(error.message.contains(field), "{asked}: {}", error.message);
        assert!(error.param.is_none_or(|param| param == field), "{asked}: {:?}", error.param);
    }
}

/// Every string of a request, each in its place, with what stands in it.
fn with_marks() -> Value {
    json!({
        "model": "mark-1", "instructions": "mark-2", "user": "mark-3", "safety_identifier": "mark-4",
        "prompt_cache_key": "mark-5",
        "tools": [
            {"type": "function", "name": "mark-6", "description": "mark-7", "parameters": {
                "type": "object", "properties": {"mark-8": {"description": "mark-9", "enum": ["mark-10"]}},
            }},
            {"type": "custom", "name": "mark-11", "description": "mark-12",
                "format": {"type": "grammar", "syntax": "lark", "definition": "mark-13"}},
        ],
        "tool_choice": {"type": "function", "name": "mark-14"},
        "text": {"format": {"type": "json_schema", "name": "mark-15", "description": "mark-16",
            "schema": {"title": "mark-17"}}},
        "input": [
            {"role": "user", "content": "mark-18"},
            {"role": "user", "content": [
                {"type": "input_text", "text": "mark-19"},
                {"type": "input_image", "image_url": "mark-20"},
                {"type": "input_file", "filename": "mark-21", "file_data": "mark-22", "file_id": "mark-23"},
                {"type": "input_audio", "input_audio": {"data": "mark-24", "format": "mp3"}},
            ]},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "mark-25"}],
                "content": [{"type": "reasoning_text", "text": "mark-26"}]},
            {"role": "assistant", "content": [
                {"type": "output_text", "text": "mark-27"}, {"type": "refusal", "refusal": "mark-28"},
            ]},
            {"type": "function_call", "call_id": "mark-29", "name": "mark-30", "arguments": "{\"a\": \"mark-31\"}"},
            {"type": "custom_tool_call", "call_id": "mark-32", "name": "mark-33", "input": "mark-34"},
            {"type": "function_call_output", "call_id": "mark-29", "output": "mark-35"},
            {"type": "custom_tool_call_output", "call_id": "mark-32", "output": [
                {"type": "input_text", "text": "mark-36"}, {"type": "input_text", "text": "mark-37"},
            ]},
            {"type": "message", "role": "system", "content": "mark-38"},
        ],
    })
}

/// L13: no string of a request is lost on the way to the target.
#[test]
fn every_string_of_a_request_arrives() {
    let chat = request(with_marks()).unwrap().to_string();
    let lost: Vec<_> = (1..=38).map(|mark| format!("mark-{mark}")).filter(|mark| !chat.contains(mark)).collect();
    assert_eq!(lost, Vec::<String>::new());
}

/// A string in a place that nobody thought of is refused wherever it stands.
#[test]
fn a_new_string_anywhere_is_refused() {
    let whole = with_marks();
    for place in ["", "/tools/0", "/tools/1", "/tools/1/format", "/tool_choice", "/text", "/text/format"]
        .into_iter()
        .map(str::to_owned)
        .chain((0..9).map(|item| format!("/input/{item}")))
        .chain((0..4).map(|part| format!("/input/1/content/{part}")))
    {
        let mut asked = whole.clone();
        asked.pointer_mut(&place).unwrap()["new"] = "mark-39".into();
        let error = refused(asked);
        assert!(error.message.contains("new cannot"), "{place}: {}", error.message);
    }
}
