//! Rules that say what the strings at a path are, compiled into a tree.

use std::collections::BTreeMap;

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
    /// Content that cannot be scanned.
    Unscannable(Media),
    /// The answer's own text: a JSON document when the request asked for one.
    Output,
    /// A part of a stream's event whose strings continue those of earlier events.
    Delta,
    /// When it is not null, the object that holds it gets no further text.
    Finish,
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
}

impl Media {
    /// The name used in policies and errors.
    pub fn as_str(self) -> &'static str {
        match self {
            Media::Image => "image",
            Media::Audio => "audio",
            Media::File => "file",
        }
    }
}

/// A path and what stands there. Paths are field names joined by `.`; `[]`
/// stands for every element of an array.
pub type Rule = (&'static str, Kind);

/// Rules by path.
#[derive(Default, Debug)]
pub struct Tree {
    pub(super) kind: Option<Kind>,
    fields: BTreeMap<&'static str, Tree>,
    items: Option<Box<Tree>>,
}

impl Tree {
    /// Compiles `rules`; a later rule for a path replaces an earlier one.
    pub fn new(rules: &[Rule]) -> Tree {
        let mut root = Tree::default();
        for (path, kind) in rules {
            root.at(path).kind = Some(*kind);
        }
        root
    }

    /// One rule for a value and the elements of it.
    pub(super) fn of(kind: Kind) -> Tree {
        Tree { kind: Some(kind), ..Tree::default() }
    }

    fn at(&mut self, path: &'static str) -> &mut Tree {
        path.split('.').fold(self, |node, segment| {
            let name = segment.trim_end_matches("[]");
            let mut node = if name.is_empty() { node } else { node.fields.entry(name).or_default() };
            for _ in 0..(segment.len() - name.len()) / 2 {
                node = node.items.get_or_insert_default();
            }
            node
        })
    }

    pub(super) fn field(&self, name: &str) -> Option<&Tree> {
        self.fields.get(name)
    }

    /// Whether an object here says itself when it gets no further text.
    pub(super) fn can_end(&self) -> bool {
        self.fields.values().any(|field| matches!(field.kind, Some(Kind::Finish)))
    }

    /// The rules for an array's elements: a list of values obeys the rule of a
    /// single one (`stop` may be a string or a list of strings).
    pub(super) fn items(&self) -> &Tree {
        self.items.as_deref().unwrap_or(self)
    }
}
