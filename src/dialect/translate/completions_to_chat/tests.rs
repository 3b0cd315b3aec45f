use super::*;
use proptest::prelude::*;

fn refused(asked: Value) -> String {
    request(asked).unwrap_err().message
}

#[test]
fn a_prompt_becomes_what_the_user_says() {
    let asked = json!({
        "model": "m", "prompt": "Write to [PERSON_7KQ2]", "max_tokens": 9, "n": 2, "stop": ["x"], "user": "u",
        "stream": true, "stream_options": {"include_usage": true}, "echo": false, "best_of": 1, "suffix": null,
        "seed": 1, "temperature": 0.5, "top_p": 1, "logit_bias": {"5": 1}, "presence_penalty": 0, "frequency_penalty": 0,
    });
    let mut expected = asked.clone();
    let fields = expected.as_object_mut().unwrap();
    ["prompt", "echo", "best_of", "suffix"].iter().for_each(|name| drop(fields.remove(*name)));
    fields.insert("messages".into(), json!([{"role": "user", "content": "Write to [PERSON_7KQ2]"}]));
    assert_eq!(request(asked).unwrap(), expected);
    let listed = request(json!({"model": "m", "prompt": ["one"]})).unwrap();
    assert_eq!(listed["messages"], json!([{"role": "user", "content": "one"}]));
}

/// L17: what chat has no place for is refused by name, never left out.
#[test]
fn what_chat_does_not_have_is_refused_by_its_name() {
    for (field, value) in [
        ("suffix", json!("the end")),
        ("echo", json!(true)),
        ("best_of", json!(3)),
        ("logprobs", json!(0)),
        ("something_new", json!("x")),
    ] {
        let message = refused(json!({"model": "m", "prompt": "p", field: value}));
        assert!(message.starts_with(field), "{message}");
    }
    for prompt in [json!(["one", "two"]), json!([1, 2]), json!([[1, 2]]), json!([]), json!(null), json!(7)] {
        assert_eq!(request(json!({"model": "m", "prompt": prompt})).unwrap_err().param, Some("prompt"));
    }
}

fn asked() -> Asked {
    Asked::of(&json!({"model": "m"}))
}

#[test]
fn a_whole_answer_keeps_its_choices_and_counts() {
    let chat = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 5, "model": "m-1", "system_fingerprint": "fp",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "a", "refusal": null}, "finish_reason": "stop"},
            {"index": 1, "message": {"role": "assistant", "content": null, "refusal": "no"}, "finish_reason": "length"},
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    });
    let expected = json!({
        "id": "cmpl-1", "object": "text_completion", "created": 5, "model": "m-1", "system_fingerprint": "fp",
        "choices": [
            {"text": "a", "index": 0, "logprobs": null, "finish_reason": "stop"},
            {"text": "no", "index": 1, "logprobs": null, "finish_reason": "length"},
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    });
    assert_eq!(answer(chat, &asked()), Some(expected));
    assert_eq!(answer(json!({"detail": "not an answer"}), &asked()), None);
}

fn chunk(choices: Value) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 5, "model": "m-1", "choices": choices})
}

fn run(chunks: Vec<Value>) -> Vec<OutEvent> {
    let mut events = Events::default();
    let mut out = Vec::new();
    chunks.into_iter().for_each(|chunk| events.event(chunk, &mut out));
    events.end(&mut out);
    events.end(&mut out);
    out
}

fn texts(out: &[OutEvent]) -> [String; 2] {
    let mut texts = [String::new(), String::new()];
    for event in out {
        let OutEvent::Data { data, .. } = event else { continue };
        for choice in data["choices"].as_array().unwrap() {
            texts[choice["index"].as_u64().unwrap() as usize].push_str(choice["text"].as_str().unwrap());
        }
    }
    texts
}

proptest! {
    /// L06: streamed and whole say the same for every choice.
    #[test]
    fn a_stream_adds_up_to_the_whole(pieces in prop::collection::vec((0..2usize, "[a-z ]{0,5}"), 0..20)) {
        let mut whole = [String::new(), String::new()];
        let mut chunks = vec![chunk(json!([{"index": 0, "delta": {"role": "assistant", "content": ""}}]))];
        for (index, piece) in pieces {
            whole[index].push_str(&piece);
            chunks.push(chunk(json!([{"index": index, "delta": {"content": piece}, "finish_reason": null}])));
        }
        chunks.push(chunk(json!([{"index": 0, "delta": {}, "finish_reason": "stop"}])));
        chunks.push(chunk(json!([{"index": 1, "delta": {}, "finish_reason": "length"}])));
        let out = run(chunks);
        prop_assert_eq!(texts(&out), whole);
        prop_assert_eq!(out.last(), Some(&OutEvent::Done));
        prop_assert_eq!(out.iter().filter(|event| **event == OutEvent::Done).count(), 1);
    }
}

#[test]
fn a_stream_that_breaks_off_is_not_ended() {
    let begun = chunk(json!([{"index": 0, "delta": {"content": "a"}, "finish_reason": null}]));
    assert!(!run(vec![begun]).contains(&OutEvent::Done));
    assert_eq!(run(vec![]), []);
}

#[test]
fn counts_and_errors_go_through() {
    let mut counts = chunk(json!([]));
    counts["usage"] = json!({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3});
    let error = json!({"error": {"message": "overloaded"}});
    let out = run(vec![counts, error.clone()]);
    let OutEvent::Data { data, .. } = &out[0] else { panic!() };
    assert_eq!(data["usage"]["total_tokens"], 3);
    assert_eq!(out[1], OutEvent::Data { name: None, data: error });
}
