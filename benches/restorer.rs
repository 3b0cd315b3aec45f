//! How fast answers with and without tokens are restored: a text in one piece, in
//! chunks as a provider streams them, and whole events of a stream.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints and may fail")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use cordon::detect::Label;
use cordon::dialect::{AnswerStream, Dialect};
use cordon::scrub::{Escape, MasterKey, Restorer, ScopeKey, Style, TokenMap, TokenStyle};
use cordon::tenant::TenantId;
use serde_json::{Value, json};

/// Characters of a streamed chunk, about what providers send.
const CHUNK_CHARS: usize = 12;
const SENTENCES: usize = 12_000;

fn main() {
    for style in [Style::Token, Style::Surrogate] {
        measure(style);
        let kinds = [
            (Label::PERSON, "Ana{n}a Ruiz{n}b"),
            (Label::PHONE_NUMBER, "+1 415-867-{n}"),
            (Label::NATIONAL_ID, "44051{n}9"),
        ];
        for (label, form) in kinds {
            println!("mint, {style:?}, {label}: {:.1} us a value", us_per_value(style, label, form));
        }
    }
}

/// What a new value costs, in a request with a thousand and 20 KB of prose.
fn us_per_value(style: Style, label: Label, form: &str) -> f64 {
    const VALUES: u32 = 1000;
    let scope = ScopeKey::derive(&MasterKey::generate().unwrap(), &TenantId::parse("bench").unwrap(), "bench");
    let mut map = TokenMap::new(scope, TokenStyle::default().in_style(style));
    map.reserve(&"The committee met on Tuesday and decided. ".repeat(500));
    let started = Instant::now();
    for n in 0..VALUES {
        black_box(map.mint(label, &form.replace("{n}", &(1000 + n).to_string()), true));
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(VALUES)
}

fn measure(style: Style) {
    let scope = ScopeKey::derive(&MasterKey::generate().unwrap(), &TenantId::parse("bench").unwrap(), "bench");
    let mut map = TokenMap::new(scope, TokenStyle::default().in_style(style));
    let token = map.mint(Label::PERSON, "Maria", true).to_string();
    map.mint(Label::EMAIL_ADDRESS, "maria@example.com", true);
    if style == Style::Surrogate {
        // A dozen people, so that many letters may begin one.
        for n in 0..12 {
            map.mint(Label::PERSON, &format!("Ana{n} Ruiz{n}"), true);
        }
        map.mint(Label::PHONE_NUMBER, "+1 415-867-5309", true);
    }
    let kind = if style == Style::Surrogate { ", surrogates" } else { "" };
    let restorer = map.restorer();
    let prose = "The committee met on Tuesday and decided, after some debate, to postpone the purchase. ";
    let dense = format!("Dear {token}, the committee met on Tuesday and decided, with {token}, to wait. ");
    for (name, sentence) in [("prose", prose), ("two tokens a sentence", dense.as_str())] {
        let name = format!("{name}{kind}");
        let text = sentence.repeat(SENTENCES);
        let started = Instant::now();
        black_box(restorer.restore(&text, Escape::Text));
        let mb_per_s = text.len() as f64 / 1e6 / started.elapsed().as_secs_f64();
        let chars: Vec<char> = text.chars().collect();
        let chunks: Vec<String> = chars.chunks(CHUNK_CHARS).map(|chunk| chunk.iter().collect()).collect();
        let (mut stream, mut out) = (restorer.stream(Escape::Text), String::new());
        let started = Instant::now();
        for chunk in &chunks {
            out.clear();
            stream.push(chunk, &mut out);
        }
        let us_per_chunk = started.elapsed().as_secs_f64() * 1e6 / chunks.len() as f64;
        println!("restorer, {name}: {mb_per_s:.0} MB/s, {us_per_chunk:.3} us a chunk of {CHUNK_CHARS} characters");
        for dialect in Dialect::all() {
            if let Some(event) = event_of(dialect.name) {
                let us_per_event = us_per_event(dialect, &restorer, &chunks, event);
                println!("answer stream, {}, {name}: {us_per_event:.3} us an event", dialect.name);
            }
        }
    }
}

/// An API's event that carries a piece of text.
type Event = fn(&str) -> Value;

fn event_of(dialect: &str) -> Option<Event> {
    Some(match dialect {
        "openai.chat" => |text| {
            json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "m",
                   "choices": [{"index": 0, "delta": {"content": text}, "logprobs": null, "finish_reason": null}]})
        },
        "openai.completions" => |text| {
            json!({"id": "cmpl-1", "object": "text_completion", "created": 1_700_000_000, "model": "m",
                   "choices": [{"index": 0, "text": text, "logprobs": null, "finish_reason": null}]})
        },
        "openai.responses" => |text| {
            json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0,
                   "delta": text, "logprobs": []})
        },
        "anthropic.messages" => {
            |text| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
        }
        _ => return None,
    })
}

fn us_per_event(dialect: &'static Dialect, restorer: &Arc<Restorer>, chunks: &[String], event: Event) -> f64 {
    let events: Vec<String> = chunks.iter().map(|chunk| format!("data: {}\n\n", event(chunk))).collect();
    let (mut stream, mut out) = (AnswerStream::new(dialect, Arc::clone(restorer), false), Vec::new());
    let started = Instant::now();
    for event in &events {
        out.clear();
        stream.push(event.as_bytes(), &mut out).unwrap();
    }
    started.elapsed().as_secs_f64() * 1e6 / events.len() as f64
}
