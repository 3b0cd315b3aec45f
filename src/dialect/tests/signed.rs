//! What a provider signed goes to the caller with values in it, and back as it was.

use super::*;
use crate::dialect::messages::MESSAGES;
use crate::dialect::responses::RESPONSES;
use crate::scrub::SealKey;

fn seals(tenant: &str) -> SealKey {
    thread_local!(static MASTER: MasterKey = MasterKey::generate().unwrap());
    MASTER.with(|master| SealKey::derive(master, &TenantId::parse(tenant).unwrap()).unwrap())
}

/// A request that sends `block` back, as the three APIs do.
fn requests(block: &Value) -> [(&'static Dialect, Value); 3] {
    let turn =
        |content: Value| json!([{"role": "user", "content": "hi"}, content, {"role": "user", "content": "go on"}]);
    [
        (
            &MESSAGES,
            json!({"model": "m", "max_tokens": 9,
                   "messages": turn(json!({"role": "assistant", "content": [block, {"type": "text", "text": "so"}]}))}),
        ),
        (
            &CHAT,
            json!({"model": "m", "messages": turn(json!({"role": "assistant", "content": "so", "thinking_blocks": [block]}))}),
        ),
        (&RESPONSES, json!({"model": "m", "input": [{"role": "user", "content": "hi"}, block]})),
    ]
}

/// The answer of the three APIs that holds `block`.
fn answers(block: &Value) -> [(&'static Dialect, Value, &'static str); 3] {
    [
        (&MESSAGES, json!({"content": [block]}), "/content/0"),
        (
            &CHAT,
            json!({"choices": [{"message": {"thinking_blocks": [block]}}]}),
            "/choices/0/message/thinking_blocks/0",
        ),
        (&RESPONSES, json!({"output": [block]}), "/output/0"),
    ]
}

fn block(dialect: &Dialect, thought: &str) -> Value {
    match dialect.name {
        "openai.responses" => {
            json!({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": thought}],
                   "encrypted_content": "gAAAAB/+=="})
        }
        _ => json!({"type": "thinking", "thinking": thought, "signature": "Eq/+=="}),
    }
}

/// L07: the caller reads the values, and the next request holds, byte for byte,
/// what the provider wrote, whatever the caller's own copy says by then.
#[test]
fn a_signed_block_goes_back_as_the_provider_wrote_it() {
    let (restorer, token) = RESTORER.with(Clone::clone);
    for (index, (dialect, _, at)) in answers(&Value::Null).into_iter().enumerate() {
        let written = block(dialect, &format!("think of {token}"));
        let mut answer = answers(&written)[index].1.clone();
        let seals = seals("a");
        Answer { dialect, restorer: &restorer, structured_output: false, seals: Some(&seals) }.restore(&mut answer);
        let mut shown = answer.pointer(at).unwrap().clone();
        assert!(shown.to_string().contains("think of Maria"), "{shown}");
        assert!(!shown.to_string().contains("+==") && !shown.to_string().contains(&token), "{shown}");
        shown["note"] = json!("Maria's own");
        let body = &requests(&shown)[index].1;
        let request = Request::parse(dialect, body.to_string().as_bytes(), Some(&seals)).unwrap();
        let texts: Vec<String> = request.slots().iter().map(|slot| slot.text.clone()).collect();
        assert!(!texts.iter().any(|text| text.contains("think") || text.contains("Maria")), "{texts:?}");
        assert!(!request.raw_unsigned().to_string().contains("think of"), "{}", request.raw_unsigned());
        let sent = request.rebuild(texts);
        assert_eq!(sent.to_string(), requests(&written)[index].1.to_string());
    }
}

/// L07: what is no seal of this tenant's is read like any text, all of it.
#[test]
fn what_does_not_open_is_looked_at() {
    let seal = |tenant, thought: &str| seals(tenant).seal(&json!({"type": "thinking", "thinking": thought})).unwrap();
    let foreign = seal("b", "x");
    let own = seal("a", "x");
    for signature in [foreign.as_str(), &own[..own.len() - 1], "Eq/+==", "Maria", ""] {
        for (dialect, body) in requests(&json!({"type": "thinking", "thinking": "Maria", "signature": signature,
                                                "encrypted_content": signature}))
        {
            let request = Request::parse(dialect, body.to_string().as_bytes(), Some(&seals("a"))).unwrap();
            let texts: Vec<&str> = request.slots().iter().map(|slot| slot.text.as_str()).collect();
            assert!(texts.contains(&"Maria") && texts.contains(&signature), "{}: {texts:?}", dialect.name);
        }
    }
}

/// A seal replaces the object around it where the API has signed ones, and is text
/// everywhere else.
#[test]
fn a_seal_in_another_place_opens_nothing() {
    let seals = seals("a");
    let seal = seals.seal(&json!({"type": "text", "text": "x"})).unwrap();
    let places = [
        json!({"role": "user", "content": [{"type": "text", "text": seal}]}),
        json!({"role": "user", "content": seal, "signature": seal}),
        json!({"role": "user", "content": [{"type": "tool_use", "id": "1", "name": "n", "input": {"signature": seal}}]}),
    ];
    for message in places {
        let body = json!({"model": "m", "messages": [message]});
        let request = Request::parse(&MESSAGES, body.to_string().as_bytes(), Some(&seals)).unwrap();
        assert!(request.slots().iter().any(|slot| slot.text == seal), "{body}");
        let texts = request.slots().iter().map(|slot| slot.text.clone()).collect();
        assert_eq!(request.rebuild(texts), body);
    }
}

/// L03, L07: a thinking block that comes in pieces has its seal where its signature was,
/// behind all of its text.
#[test]
fn a_streamed_block_is_sealed_when_its_signature_comes() {
    let (restorer, token) = RESTORER.with(Clone::clone);
    let seals = seals("a");
    let event = |event: Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
    let delta = |delta: Value| event(json!({"type": "content_block_delta", "index": 3, "delta": delta}));
    let (head, tail) = token.split_at(4);
    let stream = [
        event(json!({"type": "content_block_start", "index": 3,
                     "content_block": {"type": "thinking", "thinking": "", "signature": ""}})),
        delta(json!({"type": "thinking_delta", "thinking": format!("think of {head}")})),
        delta(json!({"type": "thinking_delta", "thinking": format!("{tail} [PERSON_")})),
        delta(json!({"type": "signature_delta", "signature": "Eq/+=="})),
        event(json!({"type": "content_block_stop", "index": 3})),
    ];
    let mut answer = AnswerStream::new(&MESSAGES, restorer, false).with_seals(Some(seals.clone()));
    let mut out = Vec::new();
    for (index, event) in stream.iter().enumerate() {
        answer.push(event.as_bytes(), &mut out).unwrap();
        let shown = String::from_utf8_lossy(&out);
        assert!(index == 0 || shown.contains("think of "), "what was thought is shown while it comes (L03): {shown}");
    }
    let out = String::from_utf8(out).unwrap();
    let events: Vec<Value> =
        out.lines().filter_map(|line| Some(serde_json::from_str(line.strip_prefix("data: ")?).unwrap())).collect();
    let thought: String = events.iter().filter_map(|event| event["delta"]["thinking"].as_str()).collect();
    assert_eq!(thought, "think of Maria \"M\" Gonzalez [PERSON_");
    let [.., signature, stop] = events.as_slice() else { panic!("{out}") };
    assert_eq!((&signature["delta"]["type"], &stop["type"]), (&json!("signature_delta"), &json!("content_block_stop")));
    let written = json!({"type": "thinking", "thinking": format!("think of {token} [PERSON_"), "signature": "Eq/+=="});
    assert_eq!(seals.open(signature["delta"]["signature"].as_str().unwrap()), Some(written));
}
