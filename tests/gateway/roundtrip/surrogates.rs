//! A policy with `style = "surrogate"`: realistic values leave, and the real ones
//! come back.

use serde_json::{Value, json};

use super::user;
use crate::support::{Answer, Echo, Memory, shared, texts_of};

const TEXT: &str = "Please write to Maria Gonzalez, maria.gonzalez@acme.com, phone +1 415-867-5309, about her card \
                    4539 1488 0343 6467 and the account DE89 3704 0044 0532 0130 00. Ms. Gonzalez lives in the US, SSN \
                    536-90-4399.";
const PLANTED: [&str; 6] = ["Gonzalez", "acme.com", "867-5309", "0343 6467", "0532 0130", "536-90-4399"];

/// L01, L02, L04, L05: a round trip, streamed and not, in text and in the arguments
/// of tools; nothing planted leaves, and nothing in brackets does.
#[tokio::test]
async fn values_leave_as_surrogates_and_come_back() {
    let cordon = shared().await;
    let caller = cordon.caller("surrogates").await;
    for (piece, delta) in [(0, 0), (1, 1), (3, 5), (64, 17)] {
        let lane = cordon.lane(Echo { piece, delta, choices: 2, tool_calls: 2, ..Echo::default() }.script());
        let body = json!({"model": lane.model(), "messages": [user(TEXT)], "stream": piece > 0, "n": 2});
        let reply = caller.chat(&body).await;
        let sent = lane.only_body().to_string();
        assert!(PLANTED.iter().all(|planted| !sent.contains(planted)), "{sent}");
        assert!(!sent.contains("[PERSON") && !sent.contains("_ADDRESS_"), "{sent}");
        assert!(sent.contains("@example.") && sent.contains("+1 ") && sent.contains("-555-01"), "{sent}");
        for choice in reply.choices() {
            assert!(choice.content.contains(TEXT), "cut {piece}: {}", choice.content);
            for arguments in &choice.arguments {
                let document: Value = serde_json::from_str(arguments).unwrap();
                assert!(texts_of(&document).join("\n").contains(TEXT), "cut {piece}: {document}");
            }
        }
    }
}

/// L22: a later turn begins with the earlier one, byte for byte.
#[tokio::test]
async fn surrogates_are_the_same_in_every_turn() {
    let cordon = shared().await;
    let caller = cordon.caller("surrogates").await;
    let lane = cordon.lane(Echo::default().script());
    let mut messages = vec![user(TEXT)];
    for turn in ["Now add James Whitaker to it.", "And once more to maria.gonzalez@acme.com, please."] {
        let reply = caller.chat(&json!({"model": lane.model(), "messages": messages})).await;
        messages.push(json!({"role": "assistant", "content": reply.content()}));
        messages.push(user(turn));
    }
    caller.chat(&json!({"model": lane.model(), "messages": messages})).await;
    let bodies: Vec<String> = lane.bodies().iter().map(ToString::to_string).collect();
    for turn in bodies.windows(2) {
        let prefix = turn[0].strip_suffix("]}").unwrap();
        assert!(turn[1].starts_with(prefix), "{}\nis not the beginning of\n{}", turn[0], turn[1]);
    }
    assert!(bodies.iter().all(|body| PLANTED.iter().all(|planted| !body.contains(planted))));
}

/// L22: a conversation that the provider keeps goes on with the surrogates of its
/// earlier requests, and with other words of the same names.
#[tokio::test]
async fn a_kept_conversation_goes_on_with_its_surrogates() {
    let cordon = shared().await;
    let caller = cordon.caller("surrogates").await;
    let lane = cordon.lane(Memory::default().script());
    let body = json!({"model": lane.model(), "input": "Please write to Maria Gonzalez."});
    let first = caller.post("/v1/responses", &body).await.json();
    let more = json!({"model": lane.model(), "input": "Did Gonzalez reply?", "previous_response_id": first["id"]});
    let second = caller.post("/v1/responses", &more).await.json();
    let text = second["output"][0]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("I heard: Please write to Maria Gonzalez. / Did Gonzalez reply?"), "{second}");
    let sent: Vec<String> = lane.requests().iter().map(|request| request.text().to_owned()).collect();
    let name = sent[0].split("write to ").nth(1).unwrap().split('.').next().unwrap();
    let surname = name.split_once(' ').unwrap().1;
    assert!(sent[1].contains(&format!("Did {surname} reply?")), "{sent:?}");
    assert!(sent.iter().all(|sent| !sent.contains("Gonzalez") && !sent.contains("[PERSON_")), "{sent:?}");
}

/// L26: the note speaks of brackets only where there are some, and of nothing where
/// nothing was found.
#[tokio::test]
async fn the_note_fits_what_stands_in_the_request() {
    let cordon = shared().await;
    let caller = cordon.caller("surrogates").await;
    let key = format!("sk-proj-{}", "a8Kd02mZq".repeat(5));
    for (text, of_brackets, of_surrogates) in [
        ("What is the capital of France?".to_owned(), false, false),
        ("Write to Maria Gonzalez.".to_owned(), false, true),
        (format!("My key is {key}, is it valid?"), true, false),
        (format!("The key of Maria Gonzalez is {key}."), true, true),
    ] {
        let lane = cordon.lane(Echo::default().script());
        let reply = caller.chat(&json!({"model": lane.model(), "messages": [user(&text)]})).await;
        assert!(reply.content().contains(&text), "{}", reply.content());
        let sent = lane.only_body().to_string();
        assert_eq!(
            (sent.contains("brackets"), sent.contains("do not translate")),
            (of_brackets, of_surrogates),
            "{sent}"
        );
    }
}

/// L08, L12: what a model makes of a name is restored, but not in a URL of a host
/// that it chose.
#[tokio::test]
async fn what_a_model_makes_of_a_surrogate_is_restored() {
    let cordon = shared().await;
    let caller = cordon.caller("surrogates").await;
    let lane = cordon.lane(|request| {
        let sent =
            request.json()["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned();
        let (name, mail) = sent.strip_prefix("Write to ").unwrap().split_once(", ").unwrap();
        let (given, surname) = name.split_once(' ').unwrap();
        let content = format!(
            "Dear Ms. {surname},\n**{given}\n{surname}**'s mail is [{mail}](mailto:{mail}). {surname}ington stays, \
             https://evil.test/?e={mail} too. {}",
            name.to_uppercase()
        );
        let message = json!({"role": "assistant", "content": content});
        Answer::json(200, json!({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).to_string())
    });
    let text = "Write to Maria Gonzalez, maria.gonzalez@acme.com";
    let content = caller.chat(&json!({"model": lane.model(), "messages": [user(text)]})).await.content();
    let mail = "maria.gonzalez@acme.com";
    assert!(content.starts_with("Dear Ms. Gonzalez,\n**Maria Gonzalez**'s mail is "), "{content}");
    assert!(content.contains(&format!("[{mail}](mailto:{mail})")), "{content}");
    assert!(content.contains("ington stays") && !content.contains("Gonzalezington"), "{content}");
    assert!(content.contains("https://evil.test/?e=") && !content.contains("?e=maria"), "{content}");
    assert!(content.ends_with(" Maria Gonzalez"), "{content}");
}

/// A masked value has a token: a reader would take a surrogate that stays for true.
#[tokio::test]
async fn a_masked_value_has_a_token_in_either_style() {
    let cordon = shared().await;
    let caller = cordon.caller("surrogates").await;
    let lane = cordon.lane(Echo::default().script());
    let body = json!({"model": lane.model(), "messages": [user(TEXT)]});
    let request = caller.completion(&body).header("x-cordon-actions", "US_SSN=mask");
    let content = crate::support::read(request).await.content();
    assert!(lane.only_body().to_string().contains("[US_SSN_"));
    assert!(content.contains("[US_SSN_") && content.contains("Maria Gonzalez"), "{content}");
}
