//! Tokens: stable, exact, and nobody else's.

use serde_json::json;

use super::{token_in, user};
use crate::support::{Answer, Echo, read, shared};

const EMAIL: &str = "maria.gonzalez@example.com";

/// L09, L24, L25: text that looks like a token comes back as it was, beside real
/// ones and in a system prompt.
#[tokio::test]
async fn literals_that_look_like_tokens_come_back_as_they_were() {
    let literals = "[PERSON_7KQ2], [EMAIL_ADDRESS_1], [EMAIL_ADDRESS_7KQ2_B], <PERSON_1>, PERSON_1, PERSON_10, UTF_8, \
                    ISO_9001, [[X_1]], [PERSON_";
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    for (piece, delta) in [(0, 0), (1, 1), (3, 5)] {
        let lane = cordon.lane(Echo { piece, delta, ..Echo::default() }.script());
        let system = json!({"role": "system", "content": format!("Keep {literals} as they are.")});
        let messages = json!([system, user(&format!("Explain {literals} to {EMAIL}: {literals}"))]);
        let reply = caller.chat(&json!({"model": lane.model(), "messages": messages, "stream": piece > 0})).await;
        let content = reply.content();
        assert!(content.contains(&format!("Keep {literals} as they are.")), "{content}");
        assert!(content.contains(&format!("Explain {literals} to {EMAIL}: {literals}")), "{content}");
    }
}

/// L24: a user who writes the very token of a value gets both back as they were.
#[tokio::test]
async fn the_very_token_of_a_value_written_by_the_user_stays_a_literal() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let ask = async |text: &str| {
        let body = json!({"model": lane.model(), "messages": [user(text)]});
        read(caller.completion(&body).header("x-cordon-session", "s")).await.content()
    };
    ask(&format!("Write to {EMAIL}.")).await;
    let token = token_in(&lane.bodies()[0].to_string(), "EMAIL_ADDRESS");
    let text = format!("What does {token} mean in a letter to {EMAIL}?");
    assert!(ask(&text).await.contains(&text));
}

/// L11, L22: an answer that was restored for the caller comes back in the next
/// turn, and its values leave as the tokens that they had: one in every turn, so
/// that what a provider has cached of the conversation stays byte-identical.
#[tokio::test]
async fn a_later_turn_repeats_the_earlier_one_byte_for_byte() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let system = json!({"role": "system", "content": "You help Robert Thornton, robert@example.org."});
    let first = user(&format!("Write to {EMAIL} and call +1 415-555-0132."));
    let mut messages = vec![system, first];
    for turn in ["Now add James Whitaker to it.", "And once more to maria.gonzalez@example.com, please."] {
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
    assert!(bodies.iter().all(|body| !body.contains(EMAIL)), "a restored value left again");
    let token = token_in(&bodies[0], "EMAIL_ADDRESS");
    assert!(bodies[2].matches(&token).count() >= 3, "{token} in {}", bodies[2]);
}

/// L23, L24: a token resolves only where it was minted: not for another tenant,
/// not in another conversation of the same one, not in a request without the
/// value.
#[tokio::test]
async fn a_token_resolves_only_in_its_own_conversation() {
    let cordon = shared().await;
    let (owner, other) = (cordon.caller("default").await, cordon.caller("default").await);
    let lane = cordon.lane(Echo::default().script());
    let text = format!("Write to {EMAIL}.");
    let body = json!({"model": lane.model(), "messages": [user(&text)]});
    let in_session = |caller: &crate::support::Caller, body: &serde_json::Value, session: &str| {
        read(caller.completion(body).header("x-cordon-session", session))
    };
    in_session(&owner, &body, "s").await;
    let token = token_in(&lane.bodies()[0].to_string(), "EMAIL_ADDRESS");
    let answer = json!({"choices": [{"index": 0, "message": {"content": format!("Sent to {token}.")}, "finish_reason": "stop"}]});
    let replaying = cordon.lane(move |_| Answer::json(200, answer.to_string()));
    let body = json!({"model": replaying.model(), "messages": [user(&text)]});
    let without = json!({"model": replaying.model(), "messages": [user("What did I ask for?")]});
    let unresolved = format!("Sent to {token}.");
    assert_eq!(in_session(&owner, &body, "s").await.content(), format!("Sent to {EMAIL}."));
    assert_eq!(in_session(&owner, &body, "t").await.content(), unresolved);
    assert_eq!(in_session(&owner, &without, "s").await.content(), unresolved);
    assert_eq!(in_session(&other, &body, "s").await.content(), unresolved);
}

/// A masked value's token is not put back; the others are.
#[tokio::test]
async fn masked_values_stay_tokens() {
    let cordon = shared().await;
    let caller = cordon.caller("masking").await;
    for piece in [0, 1] {
        let lane = cordon.lane(Echo { piece, ..Echo::default() }.script());
        let messages = json!([user(&format!("Write to {EMAIL} or call +1 415-555-0132."))]);
        let reply = caller.chat(&json!({"model": lane.model(), "messages": messages, "stream": piece > 0})).await;
        let token = token_in(&lane.only_body().to_string(), "EMAIL_ADDRESS");
        let content = reply.content();
        assert!(content.contains(&format!("Write to {token} or call +1 415-555-0132.")), "{content}");
        assert!(!content.contains("maria"), "{content}");
    }
}
