//! What a record says that can be asked for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::field::Field;
use crate::audit::query::StoredRecord;

/// Longer ones would not fit into an index of the database, and names are short.
const VALUE_BYTES_MAX: usize = 512;
/// Numbers in a record are below 2^53 (RFC 8785).
pub(super) const COUNT_BITS: u32 = 53;

/// One thing that a record says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in crate::audit) enum Fact {
    /// A field has a value.
    Is(Field, String),
    /// So many entities of a label met an action.
    Entities { label: String, action: String, n: u64 },
}

/// The members of a record's body that count here.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    key_id: Option<String>,
    by: Option<By>,
    conversation: Option<String>,
    parent: Option<String>,
    continues: Option<String>,
    route: Option<String>,
    model_asked: Option<String>,
    target: Option<Target>,
    policy: Option<Policy>,
    before: Option<String>,
    after: Option<String>,
    purpose: Option<String>,
    entities: BTreeMap<String, BTreeMap<String, u64>>,
    outcome: Option<String>,
    code: Option<String>,
}

#[derive(Deserialize)]
struct By {
    key_id: Option<String>,
}

#[derive(Deserialize)]
struct Target {
    model: Option<String>,
    provider: Option<String>,
    region: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Policy {
    Version { id: Option<String>, sha256: Option<String> },
    Name(String),
}

/// What `record` says. The end of a request also says what its beginning did, whose
/// body is `accepted`: with which key, under which policy, what was found. A body that was tampered with and is not of this shape says
/// nothing: such a record is found by its place, its kind and its ids, and by
/// verifying.
pub(in crate::audit) fn facts(record: &StoredRecord, accepted: Option<&str>) -> Vec<Fact> {
    let parse = |body: &str| serde_json::from_str::<Body>(body).unwrap_or_default();
    let mut facts = Facts(Vec::with_capacity(24));
    facts.is(Field::Kind, Some(&record.kind));
    facts.is(Field::Day, day(record.time_us).as_deref());
    facts.is(Field::Record, Some(&record.record.to_string()));
    facts.is(Field::Request, record.request.map(|id| id.to_string()).as_deref());
    let body = parse(&record.body);
    facts.is(Field::Outcome, Some("refused").filter(|refused| record.kind == *refused));
    facts.is(Field::Outcome, body.outcome.as_deref());
    facts.is(Field::Code, body.code.as_deref());
    facts.is(Field::Parent, body.parent.as_deref());
    facts.is(Field::Parent, body.continues.as_deref());
    facts.about_the_request(&body);
    if let Some(mut begun) = accepted.map(parse) {
        // Where it was to go counts unless another target answered.
        begun.target = begun.target.filter(|_| body.target.is_none());
        facts.about_the_request(&begun);
    }
    facts.0.sort_unstable();
    facts.0.dedup();
    facts.0
}

struct Facts(Vec<Fact>);

impl Facts {
    fn is(&mut self, field: Field, value: Option<&str>) {
        if let Some(value) = value.filter(|value| is_value(value)) {
            self.0.push(Fact::Is(field, value.to_owned()));
        }
    }

    fn about_the_request(&mut self, body: &Body) {
        self.is(Field::Key, body.key_id.as_deref());
        self.is(Field::Key, body.by.as_ref().and_then(|by| by.key_id.as_deref()));
        self.is(Field::Conversation, body.conversation.as_deref());
        self.is(Field::Route, body.route.as_deref());
        self.is(Field::Purpose, body.purpose.as_deref());
        self.is(Field::Model, body.model_asked.as_deref());
        if let Some(target) = &body.target {
            self.is(Field::Model, target.model.as_deref());
            self.is(Field::Provider, target.provider.as_deref());
            self.is(Field::Region, target.region.as_deref());
        }
        match &body.policy {
            Some(Policy::Version { id, sha256 }) => {
                self.is(Field::Policy, id.as_deref());
                self.is(Field::PolicyHash, sha256.as_deref());
            }
            // The policy changed from one version to another.
            Some(Policy::Name(name)) => {
                self.is(Field::Policy, Some(name));
                self.is(Field::PolicyHash, body.before.as_deref());
                self.is(Field::PolicyHash, body.after.as_deref());
            }
            None => {}
        }
        for (label, actions) in &body.entities {
            for (action, n) in actions {
                self.entities(label, action, *n);
            }
        }
    }

    fn entities(&mut self, label: &str, action: &str, n: u64) {
        let is_word = |text: &str| is_value(text) && !text.contains(' ');
        if n == 0 || n >> COUNT_BITS != 0 || !is_word(label) || !is_word(action) {
            return;
        }
        self.is(Field::Label, Some(label));
        self.is(Field::Action, Some(action));
        self.0.push(Fact::Entities { label: label.to_owned(), action: action.to_owned(), n });
    }
}

/// Whether a record of ours could say so: names are short, and of one line.
fn is_value(text: &str) -> bool {
    (1..=VALUE_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// The day of a time in microseconds since 1970, in UTC.
fn day(time_us: i64) -> Option<String> {
    Timestamp::from_microsecond(time_us).ok().map(|time| time.strftime("%Y-%m-%d").to_string())
}
