//! Answers by a plain search through all records.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::chain::START;
use crate::audit::index::Field;
use crate::audit::query::time;

/// What a record and its request's beginning say, by a plain reading.
pub(in crate::audit) fn says(bodies: &[Value], at: usize) -> BTreeSet<(String, String)> {
    let (body, mut said) = (&bodies[at], BTreeSet::new());
    let begun =
        bodies.iter().find(|b| b["kind"] == "accepted" && body["kind"] == "ended" && b["request"] == body["request"]);
    let mut say = |name: &str, value: &Value| {
        if let Some(value) = value.as_str() {
            said.insert((name.to_owned(), value.to_owned()));
        }
    };
    for name in ["kind", "outcome", "code", "parent", "request", "record"] {
        say(name, &body[name]);
    }
    if body["kind"] == "refused" {
        say("outcome", &json!("refused"));
    }
    for source in [Some(body), begun].into_iter().flatten() {
        say("key", &source["key_id"]);
        say("key", &source["by"]["key_id"]);
        say("conversation", &source["conversation"]);
        say("route", &source["route"]);
        say("model", &source["model_asked"]);
        say("policy", &source["policy"]["id"]);
        say("policy_hash", &source["policy"]["sha256"]);
        for (label, actions) in source["entities"].as_object().into_iter().flatten() {
            say("label", &json!(label));
            for action in actions.as_object().unwrap().keys() {
                say("action", &json!(action));
                say("pair", &json!(format!("{label} {action}")));
            }
        }
    }
    let target = if body["target"].is_object() { body } else { begun.unwrap_or(body) };
    say("model", &target["target"]["model"]);
    say("provider", &target["target"]["provider"]);
    say("region", &target["target"]["region"]);
    said
}

/// The places of the records that fit, by a plain search.
pub(in crate::audit) fn expected(bodies: &[Value], wanted: &[(&str, String)]) -> Vec<i64> {
    let label = wanted.iter().find(|(name, _)| *name == "label");
    let action = wanted.iter().find(|(name, _)| *name == "action");
    let fits = |at: usize| {
        let said = says(bodies, at);
        let has = |name: &str, value: &str| said.contains(&(name.to_owned(), value.to_owned()));
        let pair = label.zip(action).is_none_or(|((_, label), (_, action))| has("pair", &format!("{label} {action}")));
        pair && wanted.iter().all(|(name, value)| match *name {
            "since" => bodies[at]["time_us"].as_i64().unwrap() >= time::parse(value).unwrap(),
            "until" => bodies[at]["time_us"].as_i64().unwrap() < time::parse(value).unwrap(),
            "outcome" => has("outcome", value) || has("kind", value),
            "id" => ["request", "record", "conversation", "key", "parent"].iter().any(|name| has(name, value)),
            name => has(name, value),
        })
    };
    (0..bodies.len()).filter(|at| fits(*at)).map(|at| START + 1 + at as i64).collect()
}

/// Requests and entities by group, counted one record at a time.
pub(in crate::audit) fn expected_counts(
    bodies: &[Value],
    wanted: &[(&str, String)],
    by: &[Field],
) -> BTreeMap<Vec<Option<String>>, (u64, u64)> {
    let wants = |name: &str| wanted.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str());
    let of_end = by.iter().any(|field| ["outcome", "code"].contains(&field.name()));
    let kind = wants("outcome");
    let of_end = kind != Some("accepted")
        && kind != Some("refused")
        && (of_end || wants("outcome").is_some() || wants("code").is_some());
    let mut counts = BTreeMap::new();
    for seq in expected(bodies, wanted) {
        let at = (seq - START - 1) as usize;
        let body = &bodies[at];
        if body["kind"] != "refused" && body["kind"] != if of_end { "ended" } else { "accepted" } {
            continue;
        }
        let begun = bodies.iter().find(|b| b["kind"] == "accepted" && b["request"] == body["request"]);
        let mut entities: Vec<(String, String, u64)> = Vec::new();
        for (label, actions) in begun.unwrap_or(body)["entities"].as_object().unwrap() {
            for (action, n) in actions.as_object().unwrap() {
                let fits = wants("label").is_none_or(|wanted| wanted == label)
                    && wants("action").is_none_or(|wanted| wanted == action);
                if fits {
                    entities.push((label.clone(), action.clone(), n.as_u64().unwrap()));
                }
            }
        }
        let mut said = says(bodies, at);
        let day = jiff::Timestamp::from_microsecond(body["time_us"].as_i64().unwrap()).unwrap();
        said.insert(("day".into(), day.strftime("%Y-%m-%d").to_string()));
        let mut keys: Vec<(Vec<Option<String>>, u64)> = Vec::new();
        // By what entities have, each entity is in one group; by the rest, a request
        // is in one of each of its values.
        let divided = by.iter().any(|field| ["label", "action"].contains(&field.name()));
        let of_entities: BTreeMap<(Option<String>, Option<String>), u64> = if !divided {
            [((None, None), entities.iter().map(|(_, _, n)| n).sum())].into()
        } else if entities.is_empty() {
            [((None, None), 0)].into()
        } else {
            let mut groups = BTreeMap::new();
            for (label, action, n) in &entities {
                let label = by.contains(&Field::Label).then(|| label.clone());
                let action = by.contains(&Field::Action).then(|| action.clone());
                *groups.entry((label, action)).or_default() += n;
            }
            groups
        };
        for ((label, action), n) in of_entities {
            let mut of_record = vec![Vec::new()];
            for field in by {
                let values: Vec<Option<String>> = match field {
                    Field::Label => vec![label.clone()],
                    Field::Action => vec![action.clone()],
                    field => {
                        let of_field = said.iter().filter(|(name, _)| name == field.name());
                        let values: Vec<_> = of_field.map(|(_, value)| Some(value.clone())).collect();
                        if values.is_empty() { vec![None] } else { values }
                    }
                };
                of_record = of_record
                    .iter()
                    .flat_map(|key: &Vec<Option<String>>| {
                        values.iter().map(|value| [key.clone(), vec![value.clone()]].concat())
                    })
                    .collect();
            }
            keys.extend(of_record.into_iter().map(|key| (key, n)));
        }
        for (key, n) in keys {
            let count: &mut (u64, u64) = counts.entry(key).or_default();
            *count = (count.0 + 1, count.1 + n);
        }
    }
    counts
}
