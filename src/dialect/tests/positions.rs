//! The position matrix: `fixtures/positions/` lists every place of a request that
//! an API documents, with what Cordon takes it for. Values planted in each do not
//! leave, and a place or a rule that nobody decided about fails.

mod path;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;

use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::dialect::rules::{Kind, Tree};
use crate::scrub::{MasterKey, Replacement, ScopeKey, TokenMap, TokenStyle, sanitize};
use crate::tenant::TenantId;
use path::{Path, Step};

const MAIL: &str = "maria.gonzalez@example.com";
const MAIL_IN_A_KEY: &str = "key.of.maria@example.com";
const NUMBER: &str = "5551234567";

#[derive(Deserialize)]
struct File {
    /// A request that has what the API requires.
    base: Value,
    /// Another dialect whose positions are this one's too.
    like: Option<String>,
    positions: BTreeMap<String, Decision>,
}

/// What Cordon takes a position for: the name of a rule's kind.
#[derive(Deserialize)]
#[serde(untagged)]
enum Decision {
    Anything(String),
    /// With the words that the API defines.
    Words {
        is: String,
        words: Vec<String>,
    },
}

impl Decision {
    fn is(&self) -> &str {
        let (Decision::Anything(is) | Decision::Words { is, .. }) = self;
        is
    }
}

struct Position {
    dialect: &'static Dialect,
    base: Value,
    path: Path,
    decision: Decision,
}

impl Position {
    fn with(&self, leaf: &Value) -> Value {
        let mut body = self.base.clone();
        self.path.put(&mut body, leaf);
        body
    }
}

/// All positions of all dialects; each dialect must have some.
fn positions() -> Vec<Position> {
    Dialect::all().into_iter().flat_map(positions_of).collect()
}

fn positions_of(dialect: &'static Dialect) -> Vec<Position> {
    let File { base, like, mut positions } = file(dialect.name);
    if let Some(like) = like {
        let shared = file(&like).positions;
        positions.extend(shared);
    }
    let position = |(path, decision): (String, Decision)| Position {
        dialect,
        base: base.clone(),
        path: Path::parse(&path),
        decision,
    };
    positions.into_iter().map(position).collect()
}

fn file(dialect: &str) -> File {
    let path = FilePath::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/positions/{dialect}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// A request that is refused as it is would leave nothing to be found.
#[test]
fn the_requests_that_values_are_planted_into_are_such() {
    for dialect in Dialect::all() {
        let base = file(dialect.name).base.to_string();
        assert!(Request::parse(dialect, base.as_bytes(), None).is_ok(), "{}: {base}", dialect.name);
    }
}

/// L13, L14: a value in any documented position, as a string, in a list, in an
/// object and its keys, in a JSON document and as a number, is replaced, or the
/// request is refused.
#[test]
fn nothing_planted_in_a_documented_position_leaves() {
    let leaves = [
        json!(MAIL),
        json!([MAIL]),
        json!({MAIL_IN_A_KEY: {"of": MAIL}}),
        json!(format!("{{\"a\": [\"{}\"]}}", MAIL.replace('@', "\\u0040"))),
        json!(5551234567u64),
    ];
    let mut left = Vec::new();
    for position in positions() {
        for leaf in &leaves {
            // A number is what such a position is for.
            if position.decision.is() == "structure" && leaf.is_number() {
                continue;
            }
            let planted = position.with(leaf);
            if position.decision.is() != "checked"
                && let Some(sent) = outgoing(position.dialect, &planted)
            {
                let holds_value = [MAIL, MAIL_IN_A_KEY, NUMBER].iter().any(|value| sent.contains(value));
                left.extend(holds_value.then(|| format!("{} {}: {sent}", position.dialect.name, position.path)));
            }
        }
    }
    assert!(left.is_empty(), "{} leave:\n{}", left.len(), left.join("\n"));
}

/// What leaves of `body`, when all that detectors are shown is found; `None`
/// when the request is refused.
fn outgoing(dialect: &'static Dialect, body: &Value) -> Option<String> {
    let request = Request::parse(dialect, body.to_string().as_bytes(), None).ok()?;
    if !request.unscannable().is_empty() {
        return None;
    }
    let found: Vec<Vec<Replacement>> = request.slots().iter().map(|slot| found_in(&slot.text)).collect();
    let master = MasterKey::generate().unwrap();
    let scope = ScopeKey::derive(&master, &TenantId::parse("t").unwrap(), "c");
    let sent = sanitize(request, &found, &mut TokenMap::new(scope, TokenStyle::default())).unwrap().into_inner();
    // Unescaped once: the values have nothing that is escaped of its own.
    Some(sent.to_string().replace("\\u0040", "@"))
}

fn found_in(text: &str) -> Vec<Replacement> {
    let find = |value: &str| {
        let start = text.find(value)?;
        Some(Replacement { start, end: start + value.len(), label: Label::EMAIL_ADDRESS, restorable: true })
    };
    [MAIL, MAIL_IN_A_KEY, NUMBER].into_iter().filter_map(find).collect()
}

/// A documented position is what the file says it is: who changes a rule changes
/// the decision too.
#[test]
fn every_position_has_the_decision_that_its_rule_makes() {
    let mut wrong = Vec::new();
    for position in positions() {
        let (decided, rule) = (position.decision.is(), rule_at(&position).0);
        if decided != rule {
            wrong.push(format!("{} {}: {rule}, not {decided}", position.dialect.name, position.path));
        }
    }
    assert!(wrong.is_empty(), "{} decisions are not those of the rules:\n{}", wrong.len(), wrong.join("\n"));
}

/// L17: a word that the API defines is neither looked at nor changed.
#[test]
fn words_of_the_api_are_not_looked_at() {
    let mut seen = Vec::new();
    for position in positions() {
        // What is refused with the bytes beside it is not sent.
        if matches!(rule_at(&position).0, "image" | "audio" | "file") {
            continue;
        }
        for word in words(&position) {
            let body = position.with(&json!(word));
            let request = Request::parse(position.dialect, body.to_string().as_bytes(), None);
            // What is refused as a whole is not sent either.
            let Ok(request) = request else { continue };
            let known = request.slots().iter().filter(|slot| slot.depth == Depth::Full && slot.text == *word);
            seen.extend(known.map(|_| format!("{} {}: {word}", position.dialect.name, position.path)));
        }
    }
    assert!(seen.is_empty(), "{} words are taken for text:\n{}", seen.len(), seen.join("\n"));
}

fn words(position: &Position) -> Vec<String> {
    match &position.decision {
        Decision::Words { words, .. } => words.clone(),
        Decision::Anything(_) => position.path.kind().map(str::to_owned).into_iter().collect(),
    }
}

/// A rule whose position nobody wrote down is not tested by the others here.
#[test]
fn every_rule_has_a_position() {
    let mut missing = Vec::new();
    for dialect in Dialect::all() {
        let reached: BTreeSet<*const Tree> =
            positions_of(dialect).iter().flat_map(|position| rule_at(position).1).collect();
        let is_missed = |rule: &Tree| rule.kind.is_some() && !reached.contains(&std::ptr::from_ref(rule));
        let rules = dialect.request.all().into_iter().filter(|(_, rule)| is_missed(rule));
        missing.extend(rules.map(|(path, rule)| format!("{} {path}: {}", dialect.name, name_of(rule.kind))));
    }
    assert!(missing.is_empty(), "{} rules have no position:\n{}", missing.len(), missing.join("\n"));
}

/// The name of the rule for a position, and every rule on the way to it.
fn rule_at(position: &Position) -> (&'static str, Vec<*const Tree>) {
    let body = position.with(&json!("x"));
    let unknown = Tree::default();
    let (mut value, mut tree) = (&body, &position.dialect.request);
    let mut passed = vec![std::ptr::from_ref(tree)];
    for step in position.path.leaf_steps() {
        if let Some(Kind::Unscannable(_) | Kind::Schema) = tree.kind {
            break;
        }
        match step {
            Step::Item => (value, tree) = (&value[0], tree.items()),
            Step::Kind(_, _) => continue,
            Step::Field(name) => {
                let rules = tree.object(value.as_object().unwrap());
                passed.extend(rules.nodes().map(std::ptr::from_ref));
                tree = rules.field(&name).unwrap_or(&unknown);
                value = &value[name.as_str()];
            }
            Step::AnyKey => {
                let (name, held) = value.as_object().unwrap().iter().next().unwrap();
                tree = tree.object(value.as_object().unwrap()).field(name).unwrap_or(&unknown);
                value = held;
            }
        }
        passed.push(std::ptr::from_ref(tree));
    }
    (name_of(tree.kind), passed)
}

fn name_of(kind: Option<Kind>) -> &'static str {
    match kind {
        None | Some(Kind::Text) => "text",
        Some(Kind::Prompt) => "prompt",
        Some(Kind::Json) => "json",
        Some(Kind::Name) => "name",
        Some(Kind::Identifier) => "identifier",
        Some(Kind::OneOf(_)) => "enum",
        Some(Kind::Checked) => "checked",
        Some(Kind::Structure) => "structure",
        Some(Kind::Signature) => "signature",
        Some(Kind::Schema) => "schema",
        Some(Kind::Unscannable(media)) => media.as_str(),
        Some(Kind::Message | Kind::ToolOutput) => "object",
        Some(other) => panic!("{other:?} is no kind of a request's positions"),
    }
}
