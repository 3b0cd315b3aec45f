use serde_json::{Value, json};

use crate::dialect::translate::{CHAT_TO_MESSAGES, MESSAGES_TO_CHAT, Translation};

const PNG: &str = "data:image/png;base64,iVBORw0KGgo=";

/// A chat request with every field that has a counterpart at Anthropic's, or is left out on purpose.
fn chat() -> Value {
    json!({
        "model": "m",
        "messages": [
            {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
            {"role": "user", "content": [
                {"type": "text", "text": "Look.", "prompt_cache_breakpoint": {"mode": "explicit"}},
                {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}},
            ]},
            {"role": "assistant", "content": "Well.", "refusal": "Not that.", "annotations": [], "audio": null,
             "reasoning_content": "hm", "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s"}],
             "tool_calls": [{"index": 0, "id": "c1", "type": "function",
                 "function": {"name": "find", "arguments": "{\"who\": {\"name\": \"Ana\"}}"}}]},
            {"role": "tool", "tool_call_id": "c1", "name": "find", "content": "found"},
            {"role": "system", "content": "Now in French."},
            {"role": "user", "content": "And?"},
        ],
        "tools": [{"type": "function", "function": {"name": "find", "description": "Finds.", "strict": true,
            "parameters": {"type": "object", "properties": {"who": {"type": "object", "description": "whom"}}}}}],
        "tool_choice": {"type": "function", "function": {"name": "find"}},
        "parallel_tool_calls": false,
        "response_format": {"type": "json_schema", "json_schema": {"name": "person", "description": "One.",
            "schema": {"type": "object", "properties": {"name": {"type": "string"}}}, "strict": true}},
        "temperature": 0.2, "top_p": 0.9, "max_tokens": 100, "stop": "END", "stream": true,
        "stream_options": {"include_usage": true}, "user": "u1", "service_tier": "auto", "reasoning_effort": "low",
        "n": 1, "logprobs": false, "presence_penalty": 0, "frequency_penalty": 0.0, "store": false, "seed": 7,
        "modalities": ["text"], "verbosity": "medium", "prompt_cache_key": "k", "prompt_cache_retention": "24h",
        "prediction": {"type": "content", "content": "guess"}, "logit_bias": {}, "metadata": null, "functions": [],
    })
}

/// A messages request with every field that has a counterpart in chats, or is left out on purpose.
fn messages() -> Value {
    let ephemeral = json!({"type": "ephemeral"});
    json!({
        "model": "m", "max_tokens": 100, "temperature": 0.2, "top_p": 0.9, "stop_sequences": ["END"], "stream": true,
        "metadata": {"user_id": "u1"}, "service_tier": "standard_only", "cache_control": ephemeral,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": ephemeral}, {"type": "text", "text": "Very."}],
        "thinking": {"type": "enabled", "budget_tokens": 2048, "display": "omitted"}, "speed": "standard",
        "output_config": {"effort": "high", "format": {"type": "json_schema",
            "schema": {"type": "object", "title": "person", "properties": {"name": {"description": "who"}}}}},
        "tools": [{"type": "custom", "name": "find", "description": "Finds.", "cache_control": ephemeral,
            "defer_loading": false, "allowed_callers": ["direct"], "eager_input_streaming": true, "strict": true,
            "input_schema": {"type": "object", "properties": {"who": {"type": "string", "description": "whom"}}}}],
        "tool_choice": {"type": "tool", "name": "find", "disable_parallel_tool_use": true},
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "Look.", "citations": null, "cache_control": ephemeral},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
                {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                {"type": "document", "title": "a.pdf", "context": "signed", "citations": {"enabled": false},
                 "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="}},
                {"type": "document", "title": "b.txt", "context": "draft",
                 "source": {"type": "text", "media_type": "text/plain", "data": "plain"}},
                {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "inside"}]}},
            ]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": ""},
                {"type": "text", "text": "Well."},
                {"type": "tool_use", "id": "c1", "name": "find", "input": {"who": {"name": "Ana"}},
                 "caller": {"type": "direct"}},
                {"type": "tool_use", "id": "c2", "name": "find", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "found"},
                {"type": "tool_result", "tool_use_id": "c2", "is_error": true,
                 "content": [{"type": "text", "text": "gone", "cache_control": ephemeral}]},
                {"type": "text", "text": "And?"},
            ]},
            {"role": "system", "content": "Now in French."},
            {"role": "user", "content": "Go on."},
        ],
    })
}

#[test]
fn a_chat_becomes_turns_with_calls_and_results() {
    let request = (CHAT_TO_MESSAGES.request)(chat()).unwrap();
    assert_eq!(request["system"], json!([{"type": "text", "text": "Be brief."}]));
    let turns = request["messages"].as_array().unwrap();
    let roles: Vec<_> = turns.iter().map(|turn| turn["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "user", "system", "user"]);
    assert_eq!(
        turns[1]["content"],
        json!([
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "text", "text": "Well."},
            {"type": "text", "text": "Not that."},
            {"type": "tool_use", "id": "c1", "name": "find", "input": {"who": {"name": "Ana"}}},
        ])
    );
    let result = json!({"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "found"}]});
    assert_eq!(turns[2]["content"], json!([result]));
    assert_eq!((&request["max_tokens"], &request["stop_sequences"]), (&json!(100), &json!(["END"])));
    let choice = json!({"type": "tool", "name": "find", "disable_parallel_tool_use": true});
    assert_eq!(request["tool_choice"], choice);
    assert_eq!(request["output_config"]["effort"], "low");
    assert_eq!(request["output_config"]["format"]["schema"]["title"], "person");
}

#[test]
fn results_of_parallel_calls_are_one_turn_and_several_messages() {
    let request = (MESSAGES_TO_CHAT.request)(messages()).unwrap();
    let messages = request["messages"].as_array().unwrap();
    let roles: Vec<_> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool", "tool", "user", "system", "user"]);
    let function = json!({"name": "find", "arguments": "{\"who\":{\"name\":\"Ana\"}}"});
    let call = json!({"id": "c1", "type": "function", "function": function});
    assert_eq!(messages[2]["tool_calls"][0], call);
    assert_eq!(messages[3], json!({"role": "tool", "tool_call_id": "c1", "content": "found"}));
    assert_eq!(messages[4]["content"][1]["text"], "gone");

    let mut chat = chat();
    chat["messages"] = json!([
        messages[2],
        messages[3],
        {"role": "tool", "tool_call_id": "c2", "content": "x"},
        {"role": "user", "content": "And?"},
    ]);
    chat["messages"][0]["reasoning_content"] = Value::Null;
    let request = (CHAT_TO_MESSAGES.request)(chat).unwrap();
    let turn = request["messages"][1]["content"].as_array().unwrap();
    let kinds: Vec<_> = turn.iter().map(|block| block["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["tool_result", "tool_result", "text"]);
}

#[test]
fn without_a_limit_the_answer_may_be_as_long_as_every_model_can() {
    let request = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
    assert_eq!((CHAT_TO_MESSAGES.request)(request).unwrap()["max_tokens"], 8192);
}

/// Every place of `value` where a string stands.
fn strings(value: &Value) -> Vec<String> {
    fn collect(value: &Value, path: &str, out: &mut Vec<String>) {
        match value {
            Value::String(_) => out.push(path.to_owned()),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| collect(item, &format!("{path}/{index}"), out));
            }
            Value::Object(fields) => {
                fields.iter().for_each(|(field, value)| collect(value, &format!("{path}/{field}"), out));
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    collect(value, "", &mut out);
    out
}

/// Puts a mark into every string of `request`; it comes out, or the request is refused, or the place is one of
/// `left_out`.
fn no_string_is_lost(translation: &Translation, request: &Value, left_out: &[&str]) {
    (translation.request)(request.clone()).unwrap();
    for place in strings(request) {
        let mut marked = request.clone();
        // The mark stands inside what must have a form.
        let old = marked.pointer(&place).and_then(Value::as_str).unwrap();
        let mark = match old {
            url if url.starts_with("data:") => format!("{url}MARK"),
            url if url.starts_with("http") => format!("{url}MARK"),
            document if document.starts_with('{') => document.replace("Ana", "MARK"),
            _ => "MARK".to_owned(),
        };
        *marked.pointer_mut(&place).unwrap() = mark.into();
        let is_left_out = left_out.iter().any(|end| place.ends_with(end));
        match (translation.request)(marked) {
            Ok(out) => assert_eq!(out.to_string().contains("MARK"), !is_left_out, "{place}"),
            Err(error) => assert!(!is_left_out && !error.message.is_empty(), "{place}: {error}"),
        }
    }
}

/// L13, L17: whatever an application says reaches the model, or the application hears that it does not.
#[test]
fn no_string_of_a_chat_is_lost_in_silence() {
    let left_out = [
        "prompt_cache_breakpoint/mode",
        "image_url/detail",
        // It is in the thinking_blocks.
        "reasoning_content",
        // The call has it.
        "messages/3/name",
        "prompt_cache_key",
        "prompt_cache_retention",
        "prediction/type",
        "prediction/content",
    ];
    no_string_is_lost(&CHAT_TO_MESSAGES, &chat(), &left_out);
}

/// L13, L17: as above.
#[test]
fn no_string_of_a_messages_request_is_lost_in_silence() {
    no_string_is_lost(&MESSAGES_TO_CHAT, &messages(), &["cache_control/type", "thinking/display"]);
}

/// Every field of either API that has no counterpart.
#[test]
fn what_has_no_counterpart_is_refused_by_its_name() {
    let refused = |translation: &Translation, request: &Value, place: &str, value: Value| {
        let mut request = request.clone();
        let (parent, field) = place.rsplit_once('/').unwrap();
        request.pointer_mut(parent).unwrap()[field] = value;
        let error = (translation.request)(request).expect_err(place);
        assert!(error.message.contains(field), "{place}: {error}");
    };
    for (place, value) in [
        ("/n", json!(2)),
        ("/logprobs", json!(true)),
        ("/top_logprobs", json!(2)),
        ("/presence_penalty", json!(0.5)),
        ("/frequency_penalty", json!(-0.5)),
        ("/logit_bias", json!({"50256": -100})),
        ("/store", json!(true)),
        ("/metadata", json!({"team": "x"})),
        ("/modalities", json!(["text", "audio"])),
        ("/audio", json!({"voice": "ash"})),
        ("/verbosity", json!("low")),
        ("/temperature", json!(1.5)),
        ("/reasoning_effort", json!("minimal")),
        ("/service_tier", json!("flex")),
        ("/safety_identifier", json!("another user")),
        ("/web_search_options", json!({"search_context_size": "low"})),
        ("/functions", json!([{"name": "f"}])),
        ("/function_call", json!("auto")),
        ("/response_format", json!({"type": "json_object"})),
        ("/moderation", json!({"model": "x"})),
        ("/unheard_of", json!(1)),
        ("/messages/1/name", json!("ana")),
        ("/messages/2/function_call", json!({"name": "f", "arguments": "{}"})),
        ("/messages/2/tool_calls/0/custom", json!({"name": "f"})),
        ("/messages/2/tool_calls/0/function/arguments", json!("[1]")),
        ("/messages/2/thinking_blocks", json!([])), // that is, reasoning_content without thinking_blocks
        ("/messages/3/role", json!("function")),
        ("/tools/0/type", json!("custom")),
        ("/tool_choice/type", json!("allowed_tools")),
    ] {
        refused(&CHAT_TO_MESSAGES, &chat(), place, value);
    }
    for (place, value) in [
        ("/top_k", json!(5)),
        ("/max_tokens", json!(0)),
        ("/container", json!("c")),
        ("/inference_geo", json!("eu")),
        ("/speed", json!("fast")),
        ("/mcp_servers", json!([{"url": "x"}])),
        ("/context_management", json!({"edits": [1]})),
        ("/metadata/team", json!("x")),
        ("/output_config/task_budget", json!(1)),
        ("/thinking/type", json!("between_tools")),
        ("/tools/0/type", json!("web_search_20250305")),
        ("/tools/0/input_examples", json!([{"who": "x"}])),
        ("/tools/0/defer_loading", json!(true)),
        ("/messages/0/content/0/type", json!("search_result")),
        ("/messages/0/content/0/citations", json!([{"cited_text": "x"}])),
        ("/messages/0/content/1/source/type", json!("file")),
        ("/messages/0/content/3/citations", json!({"enabled": true})),
        ("/messages/1/content/0/signature", json!("c2lnbmVk")),
        ("/messages/1/content/1/type", json!("redacted_thinking")),
        ("/messages/2/content/1/content/0/type", json!("image")),
    ] {
        refused(&MESSAGES_TO_CHAT, &messages(), place, value);
    }
    let mut prefilled = messages();
    prefilled["messages"].as_array_mut().unwrap().push(json!({"role": "assistant", "content": "The answer is ("}));
    assert!((MESSAGES_TO_CHAT.request)(prefilled).unwrap_err().message.contains("must end with a turn of the user"));
}
