//! What a report says, in numbers.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::body::{Body, Entities, Policy, Target};
use super::scale::Scale;
use super::tally::Tally;
use crate::audit::chain::Seq;
use crate::audit::query::StoredRecord;

/// More rows than this are counted and not listed.
const ROWS_MAX: usize = 500;
/// More keys, versions or targets than this are not told apart.
const GROUPS_MAX: usize = 2_000;

/// What the records of a period say.
#[derive(Debug)]
pub struct Figures {
    /// The period.
    pub scale: Scale,
    /// Records of the period, by kind.
    pub kinds: Tally,
    /// Records whose body cannot be read, or is not of the kind and time that the
    /// columns beside it say.
    pub malformed: u64,
    /// Places of the first and the last record of the period.
    pub places: Option<(Seq, Seq)>,
    /// Entities by label.
    pub labels: Tally,
    /// Entities by label and action.
    pub actions: BTreeMap<(String, String), u64>,
    /// Requests by region and provider of their target.
    pub destinations: Tally,
    /// Requests by region, provider and model.
    pub targets: BTreeMap<[String; 3], u64>,
    /// Refused requests by code.
    pub refused: Tally,
    /// Ended requests by outcome.
    pub outcomes: Tally,
    /// Failed and aborted requests by code.
    pub failures: BTreeMap<String, u64>,
    /// Ended requests by latency step, in milliseconds.
    pub latency: BTreeMap<u64, u64>,
    /// Requests by purpose.
    pub purposes: BTreeMap<String, u64>,
    /// Requests by policy version.
    pub policies: BTreeMap<[String; 2], PolicyUse>,
    /// Policies that were changed, in order.
    pub policy_changes: Listed<PolicyChange>,
    /// What each key did.
    pub keys: BTreeMap<String, KeyUse>,
    /// Who read the log.
    pub accesses: BTreeMap<[String; 3], Access>,
    /// What else happened, in order.
    pub events: Listed<Happening>,
    /// Bytes of bodies from and to clients.
    pub bytes: (u64, u64),
    /// Requests whose end was given up on, with the step of that.
    given_up: BTreeMap<Uuid, usize>,
}

/// A policy version as requests met it.
#[derive(Clone, Debug)]
pub struct PolicyUse {
    /// Requests in each step.
    pub counts: Vec<u64>,
    /// Of the first and the last request.
    pub times_us: (i64, i64),
}

/// A policy was changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyChange {
    /// When.
    pub time_us: i64,
    /// Where in the chain.
    pub seq: Seq,
    /// Its name.
    pub policy: String,
    /// SHA-256 before.
    pub before: Option<String>,
    /// SHA-256 after.
    pub after: Option<String>,
}

/// What a key did in the period.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct KeyUse {
    /// What it may do.
    pub role: String,
    /// Requests that were let on.
    pub accepted: u64,
    /// Requests that were not.
    pub refused: u64,
    /// Of the first and the last request.
    pub times_us: Option<(i64, i64)>,
    /// When it was made, if in the period.
    pub created_us: Option<i64>,
    /// When it was revoked, if in the period.
    pub revoked_us: Option<i64>,
    /// How often it was presented after that.
    pub after_revocation: u64,
}

/// What somebody did with the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Access {
    /// How often.
    pub times: u64,
    /// Records that were shown, in all.
    pub records: u64,
    /// When first and last.
    pub times_us: (i64, i64),
}

/// A row of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happening {
    /// When.
    pub time_us: i64,
    /// Where in the chain.
    pub seq: Seq,
    /// The kind of record.
    pub kind: String,
    /// What about.
    pub detail: String,
}

/// The first rows, and how many there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed<T> {
    /// The first ones.
    pub rows: Vec<T>,
    /// How many, also those that are not listed.
    pub total: u64,
}

impl<T> Listed<T> {
    fn none() -> Listed<T> {
        Listed { rows: Vec::new(), total: 0 }
    }

    fn push(&mut self, row: T) {
        self.total += 1;
        if self.rows.len() < ROWS_MAX {
            self.rows.push(row);
        }
    }
}

impl Figures {
    pub(super) fn new(scale: Scale) -> Figures {
        let tally = || Tally::new(scale.steps());
        Figures {
            kinds: tally(),
            malformed: 0,
            places: None,
            labels: tally(),
            actions: BTreeMap::new(),
            destinations: tally(),
            targets: BTreeMap::new(),
            refused: tally(),
            outcomes: tally(),
            failures: BTreeMap::new(),
            latency: BTreeMap::new(),
            purposes: BTreeMap::new(),
            policies: BTreeMap::new(),
            policy_changes: Listed::none(),
            keys: BTreeMap::new(),
            accesses: BTreeMap::new(),
            events: Listed::none(),
            bytes: (0, 0),
            given_up: BTreeMap::new(),
            scale,
        }
    }

    /// Requests that were let on.
    pub fn accepted(&self) -> u64 {
        self.kinds.total_of("accepted")
    }

    /// Counts a record, if its event is of the period. What counts is what was
    /// hashed: the body, not the columns beside it.
    pub(super) fn add(&mut self, record: &StoredRecord) {
        let body = serde_json::from_str::<Body<'_>>(&record.body).ok();
        // Which records are read goes by the columns: a body must say the same.
        let is_record = |body: &Body<'_>| body.kind.as_str() == record.kind && body.time_us == record.time_us;
        let Some(body) = body.filter(is_record) else {
            self.malformed += 1;
            return;
        };
        if !self.scale.contains(body.time_us) {
            return;
        }
        let step = self.scale.index(body.time_us);
        self.kinds.add(&record.kind, step, 1);
        self.places = Some((self.places.map_or(record.seq, |(first, _)| first), record.seq));
        match record.kind.as_str() {
            "accepted" | "refused" => self.add_request(record.kind == "refused", &body, step),
            "ended" => self.add_end(record.request, &body, step),
            "policy_changed" => self.add_policy_change(record, &body),
            "key_created" | "key_revoked" | "key_used_after_revocation" => self.add_key(record, &body),
            "audit_read" | "audit_exported" | "audit_verified" => self.add_access(record, &body),
            "checkpoint_made" => {}
            _ => self.events.push(happening(record, &body)),
        }
    }

    fn add_request(&mut self, is_refused: bool, body: &Body<'_>, step: usize) {
        if let Some(entities) = &body.entities {
            self.add_entities(entities, step);
        }
        if is_refused {
            self.refused.add(body.code.as_ref().map_or("no code", |code| code.as_str()), step, 1);
        } else {
            self.add_target(body.target.as_ref(), step);
        }
        if let Some(Policy::Version { id, sha256 }) = &body.policy {
            let version = [id.as_str().to_owned(), sha256.as_str().to_owned()];
            let steps = self.scale.steps();
            let fresh = || PolicyUse { counts: vec![0; steps], times_us: (body.time_us, body.time_us) };
            if let Some(used) = bounded(&mut self.policies, version, fresh) {
                used.counts[step] += 1;
                used.times_us = widened(used.times_us, body.time_us);
            }
        }
        if let Some(purpose) = &body.purpose {
            add(&mut self.purposes, purpose.as_str().to_owned(), 1);
        }
        self.bytes.0 = self.bytes.0.saturating_add(body.bytes_in.unwrap_or(0));
        if let Some(key) = self.key(body) {
            *if is_refused { &mut key.refused } else { &mut key.accepted } += 1;
            key.times_us = Some(widened(key.times_us.unwrap_or((body.time_us, body.time_us)), body.time_us));
        }
    }

    fn add_entities(&mut self, entities: &Entities<'_>, step: usize) {
        for (label, actions) in entities {
            for (action, n) in actions {
                self.labels.add(label.as_str(), step, *n);
                add(&mut self.actions, (label.as_str().to_owned(), action.as_str().to_owned()), *n);
            }
        }
    }

    fn add_target(&mut self, target: Option<&Target<'_>>, step: usize) {
        let Some(Target { model, provider, region }) = target else {
            self.destinations.add(STAYED, step, 1);
            return;
        };
        let region = region.as_ref().map_or(NO_REGION, |region| region.as_str());
        let (model, provider) = (model.as_str(), provider.as_str());
        self.destinations.add(&format!("{region} \u{b7} {provider}"), step, 1);
        add(&mut self.targets, [region, provider, model].map(str::to_owned), 1);
    }

    fn add_end(&mut self, request: Option<Uuid>, body: &Body<'_>, step: usize) {
        let outcome = body.outcome.as_ref().map_or("no outcome", |outcome| outcome.as_str());
        let given_up = request.and_then(|request| self.given_up.remove(&request));
        match (request, given_up) {
            (Some(request), _) if outcome == GIVEN_UP => drop(bounded(&mut self.given_up, request, || step)),
            // The request ended after all, and this end is the one that counts.
            (_, Some(before)) => self.outcomes.take_back(GIVEN_UP, before),
            _ => {}
        }
        self.outcomes.add(outcome, step, 1);
        if !matches!(outcome, "completed" | GIVEN_UP) {
            let code = body.code.as_ref().map_or("no code", |code| code.as_str());
            add(&mut self.failures, format!("{outcome}: {code}"), 1);
        }
        if let Some(latency) = body.latency_ms_le {
            add(&mut self.latency, latency, 1);
        }
        self.bytes.1 = self.bytes.1.saturating_add(body.bytes_out.unwrap_or(0));
    }

    fn add_policy_change(&mut self, record: &StoredRecord, body: &Body<'_>) {
        let policy = match &body.policy {
            Some(Policy::Name(name) | Policy::Version { id: name, .. }) => name.as_str().to_owned(),
            None => String::new(),
        };
        let [before, after] =
            [&body.before, &body.after].map(|hash| hash.as_ref().map(|hash| hash.as_str().to_owned()));
        self.policy_changes.push(PolicyChange { time_us: body.time_us, seq: record.seq, policy, before, after });
    }

    fn add_key(&mut self, record: &StoredRecord, body: &Body<'_>) {
        let Some(key) = self.key(body) else { return };
        match record.kind.as_str() {
            "key_created" => key.created_us = Some(body.time_us),
            "key_revoked" => key.revoked_us = Some(body.time_us),
            _ => key.after_revocation = key.after_revocation.saturating_add(body.uses.unwrap_or(1)),
        }
    }

    fn key(&mut self, body: &Body<'_>) -> Option<&mut KeyUse> {
        let key = bounded(&mut self.keys, body.key_id.as_ref()?.as_str().to_owned(), KeyUse::default)?;
        if let Some(role) = &body.role {
            role.as_str().clone_into(&mut key.role);
        }
        Some(key)
    }

    fn add_access(&mut self, record: &StoredRecord, body: &Body<'_>) {
        let who = body.by.as_ref().map_or_else(|| "nobody named".to_owned(), super::body::By::name);
        let what = body.what.as_ref().or(body.format.as_ref()).or(body.verdict.as_ref());
        let what = what.map_or("", |what| what.as_str()).to_owned();
        let fresh = || Access { times: 0, records: 0, times_us: (body.time_us, body.time_us) };
        if let Some(access) = bounded(&mut self.accesses, [who, record.kind.clone(), what], fresh) {
            access.times += 1;
            access.records = access.records.saturating_add(body.records.unwrap_or(0));
            access.times_us = widened(access.times_us, body.time_us);
        }
    }
}

/// The outcome of a request whose process is gone and did not say.
const GIVEN_UP: &str = "unknown";
/// A request that nothing of left.
pub(super) const STAYED: &str = "stayed inside";
/// A provider for which no region is configured.
pub(super) const NO_REGION: &str = "no region given";

fn happening(record: &StoredRecord, body: &Body<'_>) -> Happening {
    let mut detail: Vec<String> = body.by.iter().map(|by| format!("by {}", by.name())).collect();
    detail.extend(body.hold.iter().map(|hold| format!("hold {}", hold.as_str())));
    detail.extend(body.through_seq.map(|through| format!("up to record {through}")));
    detail.extend(body.records.map(|records| format!("{records} records")));
    detail.extend(body.by_ms.map(|by| format!("by {by} ms")));
    Happening { time_us: body.time_us, seq: record.seq, kind: record.kind.clone(), detail: detail.join(", ") }
}

fn widened((first, last): (i64, i64), time_us: i64) -> (i64, i64) {
    (first.min(time_us), last.max(time_us))
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, n: u64) {
    if let Some(count) = bounded(counts, key, || 0) {
        *count = count.saturating_add(n);
    }
}

/// The entry of `key`; `None` when there are as many as are told apart.
fn bounded<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, fresh: impl FnOnce() -> V) -> Option<&mut V> {
    if map.len() >= GROUPS_MAX && !map.contains_key(&key) {
        return None;
    }
    Some(map.entry(key).or_insert_with(fresh))
}
