//! JSON documents inside the strings of JSON documents.

/// Follows a JSON document and knows how deep the string is that it is in: a
/// value in a string of a document that is itself a string is escaped twice.
#[derive(Default)]
pub(super) struct Nesting {
    /// The open strings, the outermost first.
    strings: Vec<Content>,
    backslashes: usize,
}

/// What a string holds, as far as it was read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Start,
    /// Nothing but brackets that a document starts with.
    Opened,
    Document,
    /// Anything else: escaped quotes in it are its own.
    Text,
}

impl Nesting {
    /// How often a value at this place has to be escaped.
    pub(super) fn depth(&self) -> usize {
        self.strings.len().max(1)
    }

    /// Takes the next text of the document, as it is spelled.
    pub(super) fn feed(&mut self, text: &str) {
        for byte in text.bytes() {
            if byte == b'\\' {
                self.backslashes += 1;
                continue;
            }
            let backslashes = std::mem::take(&mut self.backslashes);
            if byte == b'"' { self.quote(backslashes) } else { self.content(byte, backslashes > 0) }
        }
    }

    /// A value was put where the document is now.
    pub(super) fn feed_value(&mut self) {
        self.backslashes = 0;
        self.content(b'x', false);
    }

    /// Each level doubles the backslashes and adds one: a quote of the document
    /// has none, one of a document in its strings one, of the next three.
    /// Escaped backslashes in front of it are a multiple of what the next has more.
    fn quote(&mut self, backslashes: usize) {
        let level = backslashes.trailing_ones() as usize;
        let open = self.strings.len();
        if level < open {
            self.strings.truncate(level);
            return;
        }
        match self.strings.last_mut() {
            Some(content @ (Content::Opened | Content::Document)) if level == open => {
                *content = Content::Document;
                self.strings.push(Content::Start);
            }
            Some(content @ Content::Start) => *content = Content::Text,
            None if level == 0 => self.strings.push(Content::Start),
            _ => {}
        }
    }

    fn content(&mut self, byte: u8, is_escaped: bool) {
        let Some(content @ (Content::Start | Content::Opened)) = self.strings.last_mut() else { return };
        match byte {
            b' ' => {}
            b'n' | b'r' | b't' if is_escaped => {}
            b'{' | b'[' if !is_escaped => *content = Content::Opened,
            _ => *content = Content::Text,
        }
    }
}
