//! How fast the restorer passes plain prose and prose with tokens: in one piece,
//! and in chunks as a provider streams them.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints and may fail")]

use std::hint::black_box;
use std::time::Instant;

use cordon::detect::Label;
use cordon::scrub::{Escape, MasterKey, ScopeKey, TokenMap, TokenStyle};
use cordon::tenant::TenantId;

/// Characters of a streamed chunk, about what providers send.
const CHUNK_CHARS: usize = 12;
const SENTENCES: usize = 12_000;

fn main() {
    let scope = ScopeKey::derive(&MasterKey::generate().unwrap(), &TenantId::parse("bench").unwrap(), "bench");
    let mut map = TokenMap::new(scope, TokenStyle::default());
    let token = map.mint(Label::PERSON, "Maria", true).to_string();
    map.mint(Label::EMAIL_ADDRESS, "maria@example.com", true);
    let restorer = map.restorer();
    let prose = "The committee met on Tuesday and decided, after some debate, to postpone the purchase. ";
    let dense = format!("Dear {token}, the committee met on Tuesday and decided, with {token}, to wait. ");
    for (name, sentence) in [("prose", prose), ("two tokens a sentence", dense.as_str())] {
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
    }
}
