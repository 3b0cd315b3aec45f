//! From the model's bytes to the text that a client may see.

/// Collects a model's output and gives out what is certain: whole characters that cannot become a stop string any more.
pub(super) struct Output {
    stop: Vec<String>,
    bytes: Vec<u8>,
    text: String,
}

/// What one more token brought.
#[derive(Debug, PartialEq)]
pub(super) enum Progress {
    Continue,
    Stopped,
}

impl Output {
    pub(super) fn new(stop: Vec<String>) -> Self {
        Self {
            stop: stop.into_iter().filter(|stop| !stop.is_empty()).collect(),
            bytes: Vec::new(),
            text: String::new(),
        }
    }

    /// Takes a token's bytes (a character may be spread over several tokens) and appends to `out` what may be sent.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut String) -> Progress {
        self.bytes.extend_from_slice(bytes);
        self.decode(false);
        let first_stop = self.stop.iter().filter_map(|stop| self.text.find(stop.as_str())).min();
        if let Some(at) = first_stop {
            out.push_str(&self.text[..at]);
            self.text.clear();
            self.bytes.clear();
            return Progress::Stopped;
        }
        let held = self.held_back();
        out.extend(self.text.drain(..self.text.len() - held));
        Progress::Continue
    }

    /// Appends what was held back to `out`.
    pub(super) fn finish(&mut self, out: &mut String) {
        self.decode(true);
        out.push_str(&self.text);
        self.text.clear();
    }

    /// Moves whole characters from `bytes` to `text`; what can never become one turns into U+FFFD.
    fn decode(&mut self, at_end: bool) {
        let mut rest = &self.bytes[..];
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    self.text.push_str(valid);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (valid, invalid) = rest.split_at(error.valid_up_to());
                    self.text.push_str(&String::from_utf8_lossy(valid));
                    match error.error_len() {
                        None if !at_end => {
                            rest = invalid;
                            break;
                        }
                        broken => {
                            self.text.push(char::REPLACEMENT_CHARACTER);
                            rest = &invalid[broken.unwrap_or(invalid.len())..];
                        }
                    }
                }
            }
        }
        self.bytes = rest.to_vec();
    }

    /// Bytes at the end of `text` that a stop string may begin with.
    fn held_back(&self) -> usize {
        self.stop
            .iter()
            .flat_map(|stop| stop.char_indices().skip(1).map(move |(end, _)| &stop[..end]))
            .filter(|beginning| self.text.ends_with(beginning))
            .map(str::len)
            .max()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that comes out when the bytes arrive in pieces of `size`, and whether a stop string ended it.
    fn run(stop: &[&str], bytes: &[u8], size: usize) -> (String, bool) {
        let mut output = Output::new(stop.iter().map(|stop| (*stop).to_owned()).collect());
        let mut text = String::new();
        for piece in bytes.chunks(size) {
            if output.push(piece, &mut text) == Progress::Stopped {
                return (text, true);
            }
        }
        output.finish(&mut text);
        (text, false)
    }

    /// L02: a character that is spread over several tokens.
    #[test]
    fn characters_and_stop_strings_survive_every_cut() {
        let text = "naïve 😀 one\n\ntwo END three";
        for size in 1..text.len() {
            assert_eq!(run(&[], text.as_bytes(), size), (text.to_owned(), false));
            assert_eq!(run(&["END"], text.as_bytes(), size), ("naïve 😀 one\n\ntwo ".to_owned(), true));
            assert_eq!(run(&["three?", "\n\n"], text.as_bytes(), size), ("naïve 😀 one".to_owned(), true));
            assert_eq!(run(&["ENDE", "threes"], text.as_bytes(), size), (text.to_owned(), false));
        }
    }

    #[test]
    fn a_piece_holds_no_half_character_and_no_begun_stop_string() {
        let mut output = Output::new(vec!["STOP".to_owned()]);
        let mut text = String::new();
        output.push(&"é".as_bytes()[..1], &mut text);
        assert_eq!(text, "");
        output.push(&"é".as_bytes()[1..], &mut text);
        assert_eq!(text, "é");
        output.push(b" ST", &mut text);
        assert_eq!(text, "é ");
        output.push(b"ART", &mut text);
        assert_eq!(text, "é START");
    }

    #[test]
    fn bytes_that_are_no_character_become_the_replacement_character() {
        assert_eq!(run(&[], b"a\xFFb\xE2\x82", 1), ("a\u{FFFD}b\u{FFFD}".to_owned(), false));
    }
}
