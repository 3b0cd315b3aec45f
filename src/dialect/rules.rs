//! Rules that say what the strings at a path are, compiled into a tree.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What stands at a path.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Free text: scanned in full.
    Text,
    /// A JSON document inside a string: its keys and leaves are scanned.
    Json,
    /// Free text where the API takes only identifier characters.
    Name,
    /// An identifier: scanned by patterns only.
    Identifier,
    /// One of the values that the API defines; any other value is text.
    OneOf(&'static [&'static str]),
    /// A name that Cordon compares with its configuration, which must know it.
    Checked,
    /// In a request, a number or truth value with a meaning of its own (a string
    /// is text there all the same); in an answer, what is left as it is.
    Structure,
    /// A JSON Schema: property names and descriptions are text.
    Schema,
    /// A message: its `role` tells where the texts in it come from.
    Message,
    /// What a tool returned or a model said, whoever sends it.
    ToolOutput,
    /// Free text, or numbers that stand for pieces of text and cannot be scanned.
    Prompt,
    /// Content that cannot be scanned.
    Unscannable(Media),
    /// The answer's own text: a JSON document when the request asked for one.
    Output,
    /// What proves to a provider that the object around it is its own, or holds it
    /// in a form that only the provider can read. In an answer it becomes a seal of
    /// that object as the provider wrote it. In a request, where the seal opens, the
    /// object is what the provider wrote; what is no seal is text.
    Signature,
    /// A part of a stream's event whose strings continue those of earlier events.
    Delta,
    /// An object that deltas of later events continue, field by field.
    Begun,
    /// A part of a delta that continues nothing.
    Whole,
    /// When it is not null, the object that holds it gets no further text.
    Finish,
    /// Likelihoods of the pieces of a text beside it; left out where a value was
    /// put back into that text, since they spell the token.
    LogProbs,
    /// An event after which the part of the answer that it names gets no further
    /// text.
    PartEnd,
    /// An event after which nothing of the answer comes.
    End,
    /// An event that tells of a failure; nothing of the answer comes after it.
    Failure,
}

/// Kinds of content that cannot be scanned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Media {
    /// A picture.
    Image,
    /// Sound.
    Audio,
    /// A document.
    File,
    /// Numbers of a model's vocabulary in the place of text.
    TokenIds,
}

impl Media {
    /// The name used in policies and errors.
    pub fn as_str(self) -> &'static str {
        match self {
            Media::Image => "image",
            Media::Audio => "audio",
            Media::File => "file",
            Media::TokenIds => "token id",
        }
    }
}

/// A path and what stands there. Paths are field names joined by `.`; `[]`
/// stands for every element of an array, `*` for every field whose name the caller
/// chose, and `<name>` narrows the rule to objects whose `type` is `name`:
/// `content[]<tool_use>.input`.
pub type Rule = (&'static str, Kind);

/// Rules by path.
#[derive(Clone, Default, Debug)]
pub struct Tree {
    pub(super) kind: Option<Kind>,
    fields: BTreeMap<&'static str, Tree>,
    /// For fields whose names are the caller's.
    any: Option<Box<Tree>>,
    items: Option<Box<Tree>>,
    /// Rules for objects of one `type`, in front of those for all.
    types: BTreeMap<&'static str, Tree>,
}

impl Tree {
    /// Compiles `rules`; a later rule for a path replaces an earlier one.
    pub fn new(rules: &[Rule]) -> Tree {
        Tree::default().with("", rules)
    }

    /// The same with `rules` for what stands below `path`: parts that an API uses
    /// in several places have their rules once.
    pub fn with(mut self, path: &'static str, rules: &[Rule]) -> Tree {
        let node = self.at(path);
        for (path, kind) in rules {
            node.at(path).kind = Some(*kind);
        }
        self
    }

    /// One rule for a value and the elements of it.
    pub(super) const fn of(kind: Kind) -> Tree {
        Tree { kind: Some(kind), fields: BTreeMap::new(), any: None, items: None, types: BTreeMap::new() }
    }

    fn at(&mut self, path: &'static str) -> &mut Tree {
        steps(path).fold(self, |node, step| match step {
            Step::Field("*") => node.any.get_or_insert_default(),
            Step::Field(name) => node.fields.entry(name).or_default(),
            Step::Items => node.items.get_or_insert_default(),
            Step::Type(name) => node.types.entry(name).or_default(),
        })
    }

    /// This rule and every one below it, with their paths.
    #[cfg(test)]
    pub(super) fn all(&self) -> Vec<(String, &Tree)> {
        let fields = self.fields.iter().map(|(name, rule)| (format!(".{name}"), rule));
        let types = self.types.iter().map(|(name, rule)| (format!("<{name}>"), rule));
        let items = self.items.iter().map(|rule| ("[]".to_owned(), rule.as_ref()));
        let any = self.any.iter().map(|rule| (".*".to_owned(), rule.as_ref()));
        let mut all = vec![(String::new(), self)];
        for (step, rule) in fields.chain(types).chain(items).chain(any) {
            all.extend(rule.all().into_iter().map(|(path, rule)| (format!("{step}{path}"), rule)));
        }
        all
    }

    /// The rules for an object: those for its `type` and those for every object.
    pub(super) fn object(&self, fields: &Map<String, Value>) -> ObjectRules<'_> {
        let named = || self.types.get(fields.get("type")?.as_str()?);
        ObjectRules { typed: if self.types.is_empty() { None } else { named() }, all: self }
    }

    /// Whether fields of an object here are named by the API.
    pub(super) fn names_fields(&self) -> bool {
        !self.fields.is_empty() || !self.types.is_empty()
    }

    /// The rules for an array's elements: a list of values obeys the rule of a
    /// single one (`stop` may be a string or a list of strings).
    pub(super) fn items(&self) -> &Tree {
        self.items.as_deref().unwrap_or(self)
    }
}

/// The rules for the fields of one object.
#[derive(Clone, Copy)]
pub(super) struct ObjectRules<'a> {
    typed: Option<&'a Tree>,
    all: &'a Tree,
}

impl<'a> ObjectRules<'a> {
    /// Where they stand.
    #[cfg(test)]
    pub(super) fn nodes(&self) -> impl Iterator<Item = &'a Tree> {
        self.typed.into_iter().chain([self.all])
    }

    /// What the object itself is.
    pub(super) fn kind(&self) -> Option<Kind> {
        self.typed.and_then(|typed| typed.kind).or(self.all.kind)
    }

    /// The same, with the name as the API has it: nobody need copy that.
    pub(super) fn spelled_field(&self, name: &str) -> Option<(&'static str, &'a Tree)> {
        let spelled = |tree: &'a Tree| tree.fields.get_key_value(name).map(|(name, field)| (*name, field));
        self.typed.and_then(spelled).or_else(|| spelled(self.all))
    }

    /// The rules for the field `name`; none for one that nobody thought of.
    pub(super) fn field(&self, name: &str) -> Option<&'a Tree> {
        self.named(name).or(self.all.any.as_deref())
    }

    /// The rules for a field whose name is the API's.
    pub(super) fn named(&self, name: &str) -> Option<&'a Tree> {
        let typed = self.typed.and_then(|typed| typed.fields.get(name));
        typed.or_else(|| self.all.fields.get(name)).or_else(|| self.type_field(name))
    }

    /// A `type` that has rules of its own is a word of the API.
    fn type_field(&self, name: &str) -> Option<&'a Tree> {
        static WORD: Tree = Tree::of(Kind::Structure);
        (name == "type" && self.typed.is_some()).then_some(&WORD)
    }

    /// The fields that may hold the object's signature.
    pub(super) fn signatures(&self) -> impl Iterator<Item = &'static str> {
        let is_signature =
            |(name, field): (&&'static str, &Tree)| matches!(field.kind, Some(Kind::Signature)).then_some(*name);
        let typed = self.typed.into_iter().flat_map(|typed| &typed.fields);
        typed.chain(&self.all.fields).filter_map(is_signature)
    }

    /// Whether an object here says itself when it gets no further text.
    pub(super) fn can_end(&self) -> bool {
        let ends = |tree: &Tree| tree.fields.values().any(|field| matches!(field.kind, Some(Kind::Finish)));
        ends(self.all) || self.typed.is_some_and(ends)
    }
}

enum Step {
    Field(&'static str),
    Items,
    Type(&'static str),
}

/// The steps of a path. Names of types may hold dots.
fn steps(path: &'static str) -> impl Iterator<Item = Step> {
    let mut rest = path;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches('.');
        let (step, after) = if let Some(after) = rest.strip_prefix("[]") {
            (Step::Items, after)
        } else if let Some((name, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            (Step::Type(name), after)
        } else {
            let (name, after) = rest.split_at(rest.find(['.', '[', '<']).unwrap_or(rest.len()));
            (Step::Field(name), after)
        };
        let is_over = rest.is_empty();
        rest = after;
        (!is_over).then_some(step)
    })
}
