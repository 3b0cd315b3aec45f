//! Requests with planted values in every place that a request has.

use serde_json::{Map, Value, json};

use super::random::Random;
use super::values::{Planted, planted};

/// A request, what was planted in it, and where.
pub struct Request {
    /// Without `model` and `stream`.
    pub body: Value,
    pub planted: Vec<(&'static str, Planted)>,
}

/// Puts a value into a request; the request has a first user message by then.
type Place = (&'static str, fn(&mut Value, &Planted, &mut Random));

/// The `number`-th request, the same in every run.
pub fn request(number: usize) -> Request {
    let mut random = Random(number as u64);
    let mut request = Request { body: json!({"messages": []}), planted: Vec::new() };
    for value in 0..3 + random.below(3) as usize {
        let (name, place) = PLACES[(number + value * 5) % PLACES.len()];
        let planted = planted(&mut random);
        place(&mut request.body, &planted, &mut random);
        request.planted.push((name, planted));
    }
    messages(&mut request.body).push(json!({"role": "user", "content": "Repeat all of that, please."}));
    request
}

const PLACES: &[Place] = &[
    ("system message", |body, planted, _| say(body, "system", &planted.sentence)),
    ("developer message", |body, planted, _| say(body, "developer", &planted.sentence)),
    ("user message", |body, planted, _| say(body, "user", &planted.sentence)),
    ("assistant message", |body, planted, _| say(body, "assistant", &planted.sentence)),
    ("refusal of an assistant", |body, planted, _| {
        messages(body).push(json!({"role": "assistant", "content": null, "refusal": planted.sentence}));
    }),
    ("part of a content array", |body, planted, _| {
        let parts = json!([{"type": "text", "text": "Look at this."}, {"type": "text", "text": planted.sentence}]);
        messages(body).push(json!({"role": "user", "content": parts}));
    }),
    ("long message", |body, planted, random| {
        let before = "The weather was mild and the harbour was quiet. ".repeat(random.below(40) as usize);
        say(body, "user", &format!("{before}{}{}", planted.sentence, " The boats came back at noon.".repeat(20)));
    }),
    ("name of a message", |body, planted, _| {
        messages(body).push(json!({"role": "user", "name": planted.sentence, "content": "Hello."}));
    }),
    ("description of a tool", |body, planted, _| {
        tool(body, json!({"name": "look_up", "description": planted.sentence, "parameters": {"type": "object"}}));
    }),
    ("schema of a tool", |body, planted, _| {
        let number = json!({"type": "string", "description": planted.sentence, "enum": ["none", planted.sentence]});
        let parameters = json!({"type": "object", "properties": {"number": number}, "required": ["number"]});
        tool(body, json!({"name": "order", "parameters": parameters}));
    }),
    ("default in a schema of an answer", |body, planted, _| {
        let schema = json!({"type": "object", "properties": {"note": {"type": "string", "default": planted.sentence}}});
        body["response_format"] = json!({"type": "text", "json_schema": {"name": "note", "schema": schema}});
    }),
    ("arguments of a tool call", |body, planted, _| {
        call(body, &json!({"note": planted.sentence, "amount": 1.5}).to_string());
    }),
    ("nested and escaped arguments", |body, planted, _| {
        let text = format!("He said \"do it\"\n\\o/ caf\u{e9}: {}", planted.sentence);
        let document = json!({"steps": [{"inner": {"text": text}}, 42]}).to_string();
        call(body, &escaped(&document));
    }),
    ("arguments that are no JSON", |body, planted, _| call(body, &format!("note: {}", planted.sentence))),
    ("plain tool result", |body, planted, _| result(body, &planted.sentence)),
    ("JSON tool result", |body, planted, _| {
        let rows = json!([{"id": 7, "note": planted.sentence}, {"id": 8, "note": null}]);
        result(body, &serde_json::to_string_pretty(&rows).unwrap());
    }),
    ("tool result in parts", |body, planted, _| {
        let parts = json!([{"type": "text", "text": planted.sentence}]);
        messages(body).push(json!({"role": "tool", "tool_call_id": "call_7", "content": parts}));
    }),
    ("metadata", |body, planted, _| field(body, "metadata", json!({"note": planted.sentence}))),
    ("user", |body, planted, _| field(body, "user", json!(planted.sentence))),
    ("stop", |body, planted, _| field(body, "stop", json!(["\n\n\n", planted.sentence]))),
    ("prediction", |body, planted, _| {
        field(body, "prediction", json!({"type": "content", "content": planted.sentence}));
    }),
    ("unknown field", |body, planted, _| field(body, "x_note", json!(planted.sentence))),
    ("deep in an unknown field", |body, planted, _| {
        field(body, "x_context", json!({"rows": [[{"text": planted.sentence, "rank": 3}]]}));
    }),
    ("unknown field of a message", |body, planted, _| {
        messages(body).push(json!({"role": "user", "content": "Hello again.", "x_origin": planted.sentence}));
    }),
    ("unknown role", |body, planted, _| say(body, "critic", &planted.sentence)),
];

fn messages(body: &mut Value) -> &mut Vec<Value> {
    body["messages"].as_array_mut().unwrap()
}

fn say(body: &mut Value, role: &str, text: &str) {
    messages(body).push(json!({"role": role, "content": text}));
}

fn tool(body: &mut Value, function: Value) {
    let fields: &mut Map<String, Value> = body.as_object_mut().unwrap();
    let tools = fields.entry("tools").or_insert_with(|| json!([]));
    tools.as_array_mut().unwrap().push(json!({"type": "function", "function": function}));
}

fn call(body: &mut Value, arguments: &str) {
    let function = json!({"name": "send", "arguments": arguments});
    let calls = json!([{"id": "call_7", "type": "function", "function": function}]);
    messages(body).push(json!({"role": "assistant", "content": null, "tool_calls": calls}));
}

fn result(body: &mut Value, text: &str) {
    messages(body).push(json!({"role": "tool", "tool_call_id": "call_7", "content": text}));
}

/// A field may be planted twice in one request; both values stay.
fn field(body: &mut Value, name: &str, value: Value) {
    match body.get(name) {
        None => body[name] = value,
        Some(_) => field(body, &format!("{name}_2"), value),
    }
}

/// `document` with every letter `e` of its strings as a `\u` escape.
fn escaped(document: &str) -> String {
    document.replace('\u{e9}', "\\u00e9").replace("@", "\\u0040")
}
