//! Many at once.

use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use serde_json::json;

use super::user;
use crate::support::{Answer, Caller, Echo, Lane, Recorded, shared, texts_of};

const TENANTS: usize = 8;
const CONVERSATIONS: usize = 8;
const TURNS: usize = 3;

/// An upstream that mixes up everybody's tokens: its answer holds the request's
/// texts and those of the requests before it, whosever they were.
fn gossip() -> impl Fn(&Recorded) -> Answer + Send + Sync + 'static {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    move |request| {
        let mut body = request.json();
        let mut heard = heard.lock().unwrap();
        let latest: Vec<String> = heard.iter().rev().take(100).cloned().collect();
        heard.extend(texts_of(&body["messages"]));
        body["x_heard"] = json!(latest);
        Echo { piece: 1000, delta: 50, ..Echo::default() }
            .answer(&Recorded { body: body.to_string().into(), ..request.clone() })
    }
}

fn address(tenant: usize, conversation: usize) -> String {
    format!("person{tenant}x{conversation}@example.com")
}

/// L23: 64 conversations of 8 tenants at once, with an upstream that shows each
/// the tokens of the others: nobody sees a value that is not their own.
#[tokio::test]
async fn concurrent_conversations_never_see_each_others_values() {
    let cordon = shared().await;
    let lane = cordon.lane(gossip());
    let callers = join_all((0..TENANTS).map(|_| cordon.caller("default"))).await;
    let all = (0..TENANTS).flat_map(|tenant| (0..CONVERSATIONS).map(move |conversation| (tenant, conversation)));
    join_all(all.map(|(tenant, conversation)| converse(&callers[tenant], &lane, tenant, conversation))).await;
    assert_eq!(lane.requests().len(), TENANTS * CONVERSATIONS * TURNS);
}

async fn converse(caller: &Caller, lane: &Lane, tenant: usize, conversation: usize) {
    let own = address(tenant, conversation);
    let mut messages = vec![user(&format!("Please write to {own} for me."))];
    for turn in 0..TURNS {
        let stream = (tenant + conversation + turn).is_multiple_of(2);
        let reply = caller.chat(&json!({"model": lane.model(), "messages": messages, "stream": stream})).await;
        let content = reply.content();
        assert!(content.contains(&format!("write to {own} for me")), "{content}");
        for (tenant, conversation) in (0..TENANTS).flat_map(|tenant| (0..CONVERSATIONS).map(move |c| (tenant, c))) {
            let other = address(tenant, conversation);
            assert!(other == own || !content.contains(&other), "{own} sees {other}: {content}");
        }
        messages.push(json!({"role": "assistant", "content": "Done."}));
        messages.push(user(&format!("Turn {turn}: and again to {own}?")));
    }
}
