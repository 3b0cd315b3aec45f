//! A token as it is kept between requests, for APIs whose later requests do not
//! send the conversation again.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::detect::Label;

/// A token, or a surrogate, and what it stands for.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// The token as it stands in a text.
    pub token: String,
    /// What the value is.
    pub label: Label,
    /// The value.
    pub value: Zeroizing<String>,
    /// Whether an answer may show the value again.
    pub restorable: bool,
    /// Whether brackets around the token are the text's own.
    pub keeps_brackets: bool,
    /// Whether a parenthesis behind the token is the text's own.
    pub meets_parenthesis: bool,
}

/// What stands in front of a value; no part of it is personal data.
#[derive(Serialize, Deserialize)]
struct Header {
    label: String,
    restorable: bool,
    keeps_brackets: bool,
    meets_parenthesis: bool,
}

impl StoredToken {
    /// Whether both are one token for one value, whatever surrounds it.
    pub fn is_for_the_value_of(&self, other: &StoredToken) -> bool {
        (&self.token, self.label, &self.value) == (&other.token, other.label, &other.value)
    }

    /// Everything but the token itself, to be encrypted.
    pub fn secret(&self) -> Zeroizing<Vec<u8>> {
        let StoredToken { label, restorable, keeps_brackets, meets_parenthesis, .. } = *self;
        let header = Header { label: label.as_str().to_owned(), restorable, keeps_brackets, meets_parenthesis };
        let header = serde_json::to_vec(&header).unwrap_or_default();
        // In one piece, so that no copy of the value is left behind by growing.
        let mut secret = Zeroizing::new(Vec::with_capacity(header.len() + 1 + self.value.len()));
        secret.extend_from_slice(&header);
        secret.push(b'\n');
        secret.extend_from_slice(self.value.as_bytes());
        secret
    }

    /// `token` with what [`StoredToken::secret`] made of it.
    pub fn open(token: String, secret: &[u8]) -> Option<StoredToken> {
        let end = secret.iter().position(|byte| *byte == b'\n')?;
        let Header { label, restorable, keeps_brackets, meets_parenthesis } =
            serde_json::from_slice(&secret[..end]).ok()?;
        let value = Zeroizing::new(std::str::from_utf8(&secret[end + 1..]).ok()?.to_owned());
        let label = Label::parse(&label).ok()?;
        Some(StoredToken { token, label, value, restorable, keeps_brackets, meets_parenthesis })
    }
}

impl fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredToken({})", self.token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_with_all_that_belongs_to_it() {
        for (value, restorable) in [("Maria\nGonzalez", true), ("", false), ("{\"ü\"}\n", true)] {
            let value = Zeroizing::new(value.to_owned());
            let token = if restorable { "Erin\nAshford" } else { "[PERSON_7KQ2]" }.to_owned();
            let (keeps_brackets, meets_parenthesis) = (!restorable, restorable);
            let stored =
                StoredToken { token, label: Label::PERSON, value, restorable, keeps_brackets, meets_parenthesis };
            assert_eq!(StoredToken::open(stored.token.clone(), &stored.secret()), Some(stored.clone()));
            assert!(!format!("{stored:?}").contains("Maria"));
        }
        assert_eq!(StoredToken::open("[PERSON_7KQ2]".into(), b"Maria"), None);
    }
}
