use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::super::{Asked, OutEvent, TranslateEvents};
use super::super::{Events, answer};

fn asked() -> Asked {
    Asked::of(&json!({
        "model": "m", "input": "secret", "instructions": "Be kind", "metadata": {"k": "v"}, "temperature": 0.5,
        "tools": [{"type": "function", "name": "f", "parameters": {}, "strict": true}], "tool_choice": null,
    }))
}

fn chunk(delta: Value, finish_reason: Value) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 5, "model": "m-1",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    })
}

fn counts() -> Value {
    json!({"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14,
        "prompt_tokens_details": {"cached_tokens": 3}, "completion_tokens_details": {"reasoning_tokens": 2}})
}

fn run(chunks: Vec<Value>) -> Vec<Value> {
    let mut events = Events::new(asked());
    let mut out = Vec::new();
    chunks.into_iter().for_each(|chunk| events.event(chunk, &mut out));
    events.end(&mut out);
    events.end(&mut out);
    out.into_iter().map(data).collect()
}

fn data(event: OutEvent) -> Value {
    match event {
        OutEvent::Data { name, data } => {
            assert_eq!(data["type"], name.unwrap());
            data
        }
        other => panic!("{other:?} is no event of Responses"),
    }
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap().trim_start_matches("response.")).collect()
}

#[test]
fn a_streamed_text_takes_the_documented_steps() {
    let mut last = chunk(json!({}), Value::Null);
    last["choices"] = json!([]);
    last["usage"] = counts();
    let events = run(vec![
        chunk(json!({"role": "assistant", "content": ""}), Value::Null),
        chunk(json!({"content": "Hel"}), Value::Null),
        chunk(json!({"content": "lo"}), Value::Null),
        chunk(json!({}), "stop".into()),
        last,
    ]);
    assert_eq!(
        names(&events),
        [
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "completed",
        ]
    );
    let numbers: Vec<_> = events.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
    assert_eq!(
        events[4],
        json!({
            "type": "response.output_text.delta", "item_id": "msg_1_0", "output_index": 0, "content_index": 0,
            "delta": "Hel", "logprobs": [], "sequence_number": 4,
        })
    );
    let part = json!({"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []});
    let item =
        json!({"id": "msg_1_0", "type": "message", "status": "completed", "role": "assistant", "content": [part]});
    assert_eq!(events[6]["text"], "Hello");
    assert_eq!(events[7]["part"], part);
    assert_eq!(events[8]["item"], item);
    assert_eq!(
        events[9]["response"],
        json!({
            "id": "resp_1", "object": "response", "created_at": 5, "status": "completed", "background": false,
            "error": null, "incomplete_details": null, "model": "m-1", "output": [item], "previous_response_id": null,
            "service_tier": null, "store": false, "instructions": "Be kind", "max_output_tokens": null,
            "max_tool_calls": null, "metadata": {"k": "v"}, "parallel_tool_calls": true, "prompt_cache_key": null,
            "reasoning": {"effort": null, "summary": null}, "safety_identifier": null, "temperature": 0.5,
            "text": {"format": {"type": "text"}}, "tool_choice": "auto",
            "tools": [{"type": "function", "name": "f", "parameters": {}, "strict": true}],
            "top_logprobs": 0, "top_p": null, "truncation": "disabled", "user": null,
            "usage": {
                "input_tokens": 10, "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 0},
                "output_tokens": 4, "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 14,
            },
        })
    );
}

/// L04: two calls whose pieces come in turns stay two.
#[test]
fn reasoning_text_refusal_and_calls_are_items_and_parts_of_their_own() {
    let call = |index: u64, rest: Value| {
        let mut call = json!({"index": index});
        call.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        chunk(json!({"tool_calls": [call]}), Value::Null)
    };
    let events = run(vec![
        chunk(json!({"reasoning_content": "Hm"}), Value::Null),
        chunk(json!({"content": "Yes"}), Value::Null),
        chunk(json!({"refusal": "No"}), Value::Null),
        call(0, json!({"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}})),
        call(1, json!({"id": "b", "type": "custom", "custom": {"name": "c", "input": "l"}})),
        call(0, json!({"function": {"arguments": "{\"x\":"}})),
        call(1, json!({"custom": {"input": "s"}})),
        call(0, json!({"function": {"arguments": "1}"}})),
        chunk(json!({}), "tool_calls".into()),
    ]);
    assert_eq!(
        names(&events)[2..],
        [
            "output_item.added",
            "content_part.added",
            "reasoning_text.delta",
            "reasoning_text.done",
            "content_part.done",
            "output_item.done", //
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "content_part.added",
            "refusal.delta",
            "refusal.done",
            "content_part.done",
            "output_item.done", //
            "output_item.added",
            "output_item.added",
            "custom_tool_call_input.delta",
            "function_call_arguments.delta",
            "custom_tool_call_input.delta",
            "function_call_arguments.delta", //
            "function_call_arguments.done",
            "output_item.done",
            "custom_tool_call_input.done",
            "output_item.done", //
            "completed",
        ]
    );
    let output = events.last().unwrap()["response"]["output"].as_array().unwrap().clone();
    let ids: Vec<_> = output.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["rs_1_0", "msg_1_1", "fc_1_2", "ctc_1_3"]);
    assert!(output.iter().all(|item| item["status"] == "completed"));
    assert_eq!(output[0]["content"], json!([{"type": "reasoning_text", "text": "Hm"}]));
    assert_eq!(output[1]["content"][1], json!({"type": "refusal", "refusal": "No"}));
    assert_eq!(output[2]["arguments"], "{\"x\":1}");
    assert_eq!(output[3]["input"], "ls");
}

#[test]
fn an_answer_that_was_cut_says_so() {
    for (reason, expected) in [("length", "max_output_tokens"), ("content_filter", "content_filter")] {
        let events = run(vec![chunk(json!({"content": "Hel"}), Value::Null), chunk(json!({}), reason.into())]);
        let last = events.last().unwrap();
        assert_eq!(last["type"], "response.incomplete");
        assert_eq!(last["response"]["status"], "incomplete");
        assert_eq!(last["response"]["incomplete_details"], json!({"reason": expected}));
        assert_eq!(last["response"]["output"][0]["status"], "incomplete");
    }
}

#[test]
fn an_error_in_mid_stream_fails_the_response() {
    let error = json!({"error": {"message": "slow down", "code": "rate_limit_exceeded"}});
    let events = run(vec![chunk(json!({"content": "Hel"}), Value::Null), error]);
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.failed");
    assert_eq!(last["response"]["error"], json!({"code": "rate_limit_exceeded", "message": "slow down"}));
    assert_eq!(last["response"]["output"][0]["content"][0]["text"], "Hel");
}

#[test]
fn a_stream_that_breaks_off_has_no_last_event() {
    let events = run(vec![chunk(json!({"content": "Hel"}), Value::Null)]);
    assert_eq!(names(&events).last(), Some(&"output_text.delta"));
}

#[test]
fn an_empty_answer_is_one_empty_text() {
    let chat = json!({"id": "x", "choices": [{"message": {"role": "assistant", "content": null}}]});
    let response = answer(chat, &asked()).unwrap();
    assert_eq!(response["output"][0]["content"][0]["text"], "");
    assert_eq!(answer(json!({"detail": "not an answer"}), &asked()), None);
}

#[test]
fn citations_and_log_probabilities_come_along() {
    let logprobs = json!([{"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": []}]);
    let citation = json!({"type": "url_citation", "url_citation": {
        "start_index": 0, "end_index": 2, "title": "t", "url": "https://a.example",
    }});
    let chat = json!({"id": "x", "choices": [{
        "message": {"role": "assistant", "content": "Hi", "annotations": [citation]},
        "logprobs": {"content": logprobs, "refusal": null}, "finish_reason": "stop",
    }]});
    let part = answer(chat, &asked()).unwrap()["output"][0]["content"][0].take();
    assert_eq!(part["logprobs"], logprobs);
    assert_eq!(
        part["annotations"],
        json!([
            {"type": "url_citation", "start_index": 0, "end_index": 2, "title": "t", "url": "https://a.example"},
        ])
    );
}

/// What a client that adds up the events ends with.
fn added_up(events: &[Value]) -> Vec<Value> {
    let mut output: Vec<Value> = Vec::new();
    for event in events {
        let at = event["output_index"].as_u64().unwrap_or_default() as usize;
        let part = event["content_index"].as_u64().unwrap_or_default() as usize;
        let kind = event["type"].as_str().unwrap();
        let field = match kind {
            "response.output_item.added" => {
                output.push(event["item"].clone());
                continue;
            }
            "response.content_part.added" => {
                output[at]["content"].as_array_mut().unwrap().push(event["part"].clone());
                continue;
            }
            "response.output_text.delta" | "response.reasoning_text.delta" => &mut output[at]["content"][part]["text"],
            "response.refusal.delta" => &mut output[at]["content"][part]["refusal"],
            "response.function_call_arguments.delta" => &mut output[at]["arguments"],
            "response.custom_tool_call_input.delta" => &mut output[at]["input"],
            _ => continue,
        };
        *field = format!("{}{}", field.as_str().unwrap(), event["delta"].as_str().unwrap()).into();
    }
    output.iter_mut().for_each(|item| item["status"] = "completed".into());
    output
}

/// Cuts `text` into pieces.
fn cut(text: &str, every: usize) -> Vec<String> {
    text.chars().collect::<Vec<_>>().chunks(every).map(|piece| piece.iter().collect()).collect()
}

proptest! {
    /// L02, L06: whatever the pieces, what a client adds up, what the last
    /// event says and what a whole answer says are the same.
    #[test]
    fn a_stream_adds_up_to_the_whole(
        thought in "[a-z]{0,6}", content in "[a-zé ]{0,9}", refusal in "[a-z]{0,4}",
        calls in prop::collection::vec(("[a-z]{1,5}", any::<bool>(), "[a-z0-9]{0,9}"), 0..4),
        every in 1..5usize,
    ) {
        let texts = [("reasoning_content", &thought), ("content", &content), ("refusal", &refusal)];
        let mut message = json!({"role": "assistant"});
        let mut chunks = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
        for (field, text) in texts {
            message[field] = text.as_str().into();
            chunks.extend(cut(text, every).into_iter().map(|piece| chunk(json!({field: piece}), Value::Null)));
        }
        let mut whole_calls = Vec::new();
        for (index, (name, is_custom, input)) in calls.iter().enumerate() {
            let (kind, field) = if *is_custom { ("custom", "input") } else { ("function", "arguments") };
            let id = format!("call_{index}");
            whole_calls.push(json!({"id": id, "type": kind, kind: {"name": name, field: input}}));
            let begin = json!({"index": index, "id": id, "type": kind, kind: {"name": name, field: ""}});
            chunks.push(chunk(json!({"tool_calls": [begin]}), Value::Null));
        }
        // The pieces of all calls in turns.
        for turn in 0..9 {
            for (index, (_, is_custom, input)) in calls.iter().enumerate() {
                let (kind, field) = if *is_custom { ("custom", "input") } else { ("function", "arguments") };
                if let Some(piece) = cut(input, every).get(turn) {
                    let piece = json!({"index": index, kind: {field: piece}});
                    chunks.push(chunk(json!({"tool_calls": [piece]}), Value::Null));
                }
            }
        }
        message["tool_calls"] = whole_calls.into();
        chunks.push(chunk(json!({}), "stop".into()));
        let events = run(chunks);
        let numbers: Vec<_> = events.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
        prop_assert_eq!(numbers, (0..events.len() as u64).collect::<Vec<_>>());
        let response = &events.last().unwrap()["response"];
        let streamed = &response["output"];
        prop_assert_eq!(&Value::from(added_up(&events)), streamed);
        let chat = json!({"id": "chatcmpl-1", "created": 5, "model": "m-1",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]});
        prop_assert_eq!(streamed, &answer(chat, &asked()).unwrap()["output"]);
    }
}
