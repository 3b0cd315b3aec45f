//! Where a URL ends.

/// What ends a URL, by what stands in front of it.
#[derive(Clone, Copy, Default)]
pub(super) struct Ending {
    /// The closing counterpart of what stands in front of it.
    closer: Option<char>,
    /// Only the closer ends it: a link's destination, an attribute's value.
    is_strict: bool,
    /// Only the JSON string's end ends it.
    is_json_string: bool,
    in_json: bool,
    /// Open parentheses within the URL.
    depth: u32,
    /// Backslashes that the last characters are.
    backslashes: u32,
}

impl Ending {
    /// What ends a URL that starts with `word` at the end of `before`.
    pub(super) fn of(before: &str, word: &str, in_json: bool) -> Ending {
        let adjacent = &before[..before.len() - word.len()];
        let front = adjacent.trim_end();
        let Some(last) = front.chars().next_back() else {
            return Ending { in_json, ..Ending::default() };
        };
        let name = front[..front.len() - last.len_utf8()].trim_end_matches('\\').trim_end();
        // An attribute's value, or an argument: `src="`, `url("`.
        let opens_attribute = matches!(last, '"' | '\'') && name.ends_with(['=', '(']);
        let is_angled = last == '<';
        let opener = if is_angled { front[..front.len() - 1].trim_end() } else { front };
        let is_destination = opener.ends_with("](") || is_angled && opener.ends_with("]:");
        // A tool may fetch what a string of its arguments starts with, whatever
        // follows a space in it.
        let is_json_string = in_json && last == '"' && !front.ends_with("\\\"");
        let is_strict = is_destination || opens_attribute || is_json_string;
        let closer = if is_strict || front.len() == adjacent.len() { closer_of(last) } else { None };
        Ending { closer, is_strict, is_json_string, in_json, ..Ending::default() }
    }

    /// Whether it stands where only a URL can stand.
    pub(super) fn is_destination(&self) -> bool {
        self.is_strict
    }

    /// Whether `c` ends it.
    pub(super) fn ends_at(&mut self, c: char) -> bool {
        let backslashes = std::mem::replace(&mut self.backslashes, 0);
        if c == '\\' {
            self.backslashes = backslashes + 1;
        }
        if self.in_json && c == '"' && backslashes.is_multiple_of(2) {
            return true;
        }
        match (self.closer, c) {
            // Markdown takes an escaped bracket for part of the destination.
            (Some(')' | '>'), '(' | ')' | '>') if backslashes > 0 => {}
            (Some(')'), '(') => self.depth += 1,
            (Some(')'), ')') if self.depth > 0 => self.depth -= 1,
            (Some(closer), c) if c == closer => return !self.is_json_string,
            // A line break ends what a line of Markdown holds.
            (Some(')' | '>'), '\n') => return true,
            _ => {}
        }
        !self.is_strict && (c.is_whitespace() || c == '<' || is_wide_punctuation(c))
    }
}

fn closer_of(opener: char) -> Option<char> {
    Some(match opener {
        '"' | '\'' | '`' | '|' => opener,
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '<' => '>',
        '“' => '”',
        '‘' => '’',
        '«' => '»',
        '「' => '」',
        '（' => '）',
        _ => return None,
    })
}

/// Punctuation of scripts that put no space behind it.
fn is_wide_punctuation(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}')
}
