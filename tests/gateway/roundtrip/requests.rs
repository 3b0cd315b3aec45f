//! Requests: nothing but personal data changes on the way out.

use reqwest::Method;
use serde_json::json;

use super::user;
use crate::support::{Answer, Echo, UPSTREAM_KEY, read, shared, sinks};

/// L17: parameters, the spelling of numbers, the order of fields and fields that
/// nobody thought of go out as they were; only the model's name is the target's.
#[tokio::test]
async fn a_request_without_personal_data_goes_out_as_it_was() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let body = |model: &str| {
        format!(
            r#"{{"model":"{model}","messages":[{{"role":"user","content":"What is a monad?","x_weight":0.50}}],"max_tokens":100,"max_completion_tokens":4096,"seed":1234567890123,"temperature":1.50,"top_p":0.90,"presence_penalty":-2.0,"n":1,"logit_bias":{{"50256":-100}},"stop":["\n\n","END"],"parallel_tool_calls":false,"reasoning_effort":"low","tools":[{{"type":"function","function":{{"name":"add_numbers","description":"Adds two numbers.","parameters":{{"type":"object","properties":{{"a":{{"type":"number","minimum":-1.0,"maximum":4111111111111111}},"b":{{"type":"integer","enum":[1,2,3]}}}},"required":["a","b"],"additionalProperties":false}},"strict":true}}}}],"tool_choice":"auto","x_vendor":{{"deep":[1.0,true,null,"plain words"],"cache":{{"ttl":1e-3}}}}}}"#
        )
    };
    let request = caller.request(Method::POST, "/v1/chat/completions").body(body(lane.model()));
    let reply = read(request).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("x-cordon-entities"), None);
    let sent = String::from_utf8(lane.requests()[0].body.to_vec()).unwrap();
    assert_eq!(sent, body(&format!("inner-{}", lane.model())));
}

/// L17: the same beside personal data: a number that is a parameter is no phone
/// number, and the roles and the count of messages stay.
#[tokio::test]
async fn parameters_stay_beside_personal_data() {
    let cordon = shared().await;
    let caller = cordon.caller("plain").await;
    let lane = cordon.lane(Echo::default().script());
    let text = "Call Maria Gonzalez on +1 415-555-0132 about maria.gonzalez@example.com.";
    let call = json!({"id": "call_9", "type": "function", "function": {"name": "dial", "arguments": "{\"n\": 1.50}"}});
    let body = json!({
        "model": lane.model(),
        "messages": [
            {"role": "system", "content": text}, {"role": "developer", "content": text}, user(text),
            {"role": "assistant", "content": null, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_9", "content": text},
        ],
        "max_tokens": 1_234_567, "seed": 4_155_550_132_u64, "temperature": 0.25, "x_rank": 7.0,
    });
    assert_eq!(caller.chat(&body).await.status, 200);
    let mut sent = lane.only_body();
    for (sent, original) in
        sent["messages"].as_array_mut().unwrap().iter_mut().zip(body["messages"].as_array().unwrap())
    {
        if original["content"].is_string() {
            assert_ne!(sent["content"], original["content"]);
            sent["content"] = original["content"].clone();
        }
    }
    sent["model"] = body["model"].clone();
    assert_eq!(sent, body);
}

/// No header of the caller's and nothing of its URL goes along; the provider gets
/// the key that is configured for it.
#[tokio::test]
async fn headers_and_url_of_the_caller_stay_behind() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let body = json!({"model": lane.model(), "messages": [user("Hello.")]});
    let request = caller.request(Method::POST, "/v1/chat/completions?who=gonzalez").body(body.to_string());
    let request =
        request.header("x-who", "gonzalez").header("cookie", "who=gonzalez").header("x-cordon-session", "gonzalez");
    assert_eq!(read(request.header("user-agent", "gonzalez")).await.status, 200);
    let request = &lane.requests()[0];
    assert!(request.headers.contains(&("authorization".into(), format!("Bearer {UPSTREAM_KEY}"))), "{request:?}");
    let sent = request.text();
    assert!(!sent.contains("gonzalez") && !sent.contains(&caller.key), "{sent}");
}

/// L13: names of fields and numbers can be personal data as well. A tool call
/// that uses such a name gets the real one back.
#[tokio::test]
async fn keys_and_numbers_leave_as_tokens() {
    const EMAIL: &str = "maria.gonzalez@example.com";
    const CARD: u64 = 4_111_111_111_111_111;
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(|request| {
        let sent = request.json();
        let properties = sent["tools"][0]["function"]["parameters"]["properties"].as_object().unwrap();
        let name = properties.keys().next().unwrap();
        let call = json!({"id": "call_1", "type": "function",
                          "function": {"name": "ask", "arguments": json!({name: "yes"}).to_string()}});
        let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
        let choice = json!({"index": 0, "message": message, "finish_reason": "tool_calls"});
        Answer::json(200, json!({"choices": [choice]}).to_string())
    });
    let arguments = json!({"card": CARD, EMAIL: [CARD]}).to_string();
    let inner = format!(r#"{{"to":"{}","n":1.50}}"#, EMAIL.replace('@', "\\u0040"));
    let parameters =
        json!({"type": "object", "properties": {EMAIL: {"type": "string", "default": CARD}}, "required": [EMAIL]});
    let call =
        |arguments: String| json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}});
    let body = json!({
        "model": lane.model(),
        "messages": [
            user("Hello."),
            {"role": "assistant", "content": null, "tool_calls": [call(arguments), call(json!({"json": inner}).to_string())]},
            {"role": "tool", "tool_call_id": "c", "content": json!([{EMAIL: CARD, "json": inner}]).to_string()},
        ],
        "tools": [{"type": "function", "function": {"name": "ask", "parameters": parameters}}],
        "metadata": {EMAIL: "x", "card": CARD},
        "user": CARD,
        "stop": [CARD],
        "x_rows": [{EMAIL: {"card": CARD}}, CARD],
    });
    let reply = caller.chat(&body).await;
    let sent = sinks::upstream(&lane.requests()[0]);
    assert!(!sent.contains("gonzalez") && !sent.contains("411111"), "{sent}");
    assert!(sent.contains("1.50"), "{sent}");
    assert_eq!(reply.choices()[0].arguments, [json!({EMAIL: "yes"}).to_string()]);
}
