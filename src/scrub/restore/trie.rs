//! What was minted, letter by letter.

use crate::scrub::lookalike::ascii_of;
use crate::scrub::token::fold_tag_char;

/// A place in the trie.
pub(super) type NodeId = usize;

/// What stands for a separator between the parts of a token.
const SEPARATOR: u8 = b'_';

/// Rows of symbols, upper-case letters, digits and separators, and which entries
/// they spell.
pub(super) struct Trie {
    nodes: Vec<Node>,
}

#[derive(Default)]
struct Node {
    children: Vec<(u8, NodeId)>,
    entries: Vec<usize>,
}

impl Trie {
    pub(super) const ROOT: NodeId = 0;

    pub(super) fn new(spelled: impl Iterator<Item = (impl AsRef<[u8]>, usize)>) -> Trie {
        let mut trie = Trie { nodes: vec![Node::default()] };
        for (symbols, entry) in spelled {
            let node = symbols.as_ref().iter().fold(Trie::ROOT, |node, symbol| trie.grow(node, *symbol));
            trie.nodes[node].entries.push(entry);
        }
        trie
    }

    fn grow(&mut self, node: NodeId, symbol: u8) -> NodeId {
        if let Some(known) = self.child(node, symbol) {
            return known;
        }
        let new = self.nodes.len();
        self.nodes.push(Node::default());
        self.nodes[node].children.push((symbol, new));
        new
    }

    /// Where `symbol` leads.
    pub(super) fn child(&self, node: NodeId, symbol: u8) -> Option<NodeId> {
        self.nodes[node].children.iter().find(|(known, _)| *known == symbol).map(|(_, child)| *child)
    }

    /// Where `c` leads, or what it looks like. A digit of a tag may be written as
    /// the letter it is taken for.
    pub(super) fn letter(&self, node: NodeId, c: char) -> Option<NodeId> {
        let c = ascii_of(c);
        let upper = c.to_ascii_uppercase() as u8;
        self.child(node, upper).or_else(|| self.child(node, fold_tag_char(c) as u8))
    }

    /// Where a separator leads.
    pub(super) fn separator(&self, node: NodeId) -> Option<NodeId> {
        self.child(node, SEPARATOR)
    }

    /// The token that ends here.
    pub(super) fn entry(&self, node: NodeId) -> Option<usize> {
        self.nodes[node].entries.first().copied()
    }

    /// All entries that end here.
    pub(super) fn entries(&self, node: NodeId) -> &[usize] {
        &self.nodes[node].entries
    }

    /// Whether a longer token goes on from here.
    pub(super) fn goes_on(&self, node: NodeId) -> bool {
        !self.nodes[node].children.is_empty()
    }

    /// The symbols that the rows start with.
    pub(super) fn first_symbols(&self) -> impl Iterator<Item = u8> {
        self.nodes[Trie::ROOT].children.iter().map(|(symbol, _)| *symbol)
    }
}
