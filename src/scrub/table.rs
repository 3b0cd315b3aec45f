//! What a text's tokens stand for, as a file that people keep.

use serde::{Deserialize, Serialize};

use super::map::{Entry, TokenMap};
use super::restore::Restorer;
use super::token::{Style, Token};
use super::value::Value;
use crate::detect::Label;

/// The table that `cordon scrub --table` writes and `cordon restore` reads. It
/// holds the values themselves: whoever keeps it keeps personal data.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenTable {
    tokens: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    token: String,
    #[serde(default, skip_serializing_if = "is_token")]
    style: Style,
    label: String,
    value: String,
}

fn is_token(style: &Style) -> bool {
    *style == Style::Token
}

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("row {row} of the table is not a token with a label of the catalogue")]
pub struct InvalidTable {
    /// The row, from 1.
    pub row: usize,
}

impl TokenTable {
    /// What was minted so far.
    pub fn of(map: &TokenMap) -> TokenTable {
        let row = |(token, label, value): (&Token, Label, &str)| Row {
            token: token.as_str().to_owned(),
            style: token.style(),
            label: label.as_str().to_owned(),
            value: value.to_owned(),
        };
        TokenTable { tokens: map.tokens().map(row).collect() }
    }

    /// The matcher that turns the table's tokens back into values.
    ///
    /// # Errors
    /// When a row is not one that [`TokenTable::of`] makes.
    pub fn restorer(&self) -> Result<Restorer, InvalidTable> {
        let entry = |(index, row): (usize, &Row)| {
            let invalid = || InvalidTable { row: index + 1 };
            let token = Token::parse(&row.token, row.style).ok_or_else(invalid)?;
            let label = Label::parse(&row.label).map_err(|_| invalid())?;
            Ok(Entry {
                token,
                label,
                surface: Value::new(&row.value),
                restorable: true,
                keeps_brackets: false,
                meets_parenthesis: false,
            })
        };
        let entries = self.tokens.iter().enumerate().map(entry).collect::<Result<_, _>>()?;
        Ok(Restorer::new(entries, Default::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scrub::{Escape, MasterKey, Replacement, ScopeKey, TokenStyle, sanitize_text};
    use crate::tenant::TenantId;

    #[test]
    fn a_table_that_was_written_restores_the_text() {
        let master = MasterKey::generate().unwrap();
        let text = "To Maria Gonzalez. Dear Ms. Gonzalez, the key is x7.";
        let replacement = |start, end, label| Replacement { start, end, label, restorable: true };
        let found = [
            replacement(3, 17, Label::PERSON),
            replacement(28, 36, Label::PERSON),
            replacement(49, 51, Label::API_KEY),
        ];
        for style in [Style::Token, Style::Surrogate] {
            let scope = ScopeKey::derive(&master, &TenantId::parse("t").unwrap(), "c");
            let mut map = TokenMap::new(scope, TokenStyle::default().in_style(style));
            let scrubbed = sanitize_text(text, &found, &mut map).into_inner();
            assert_eq!(scrubbed.contains("[PERSON_"), style == Style::Token);
            let written = serde_json::to_string(&TokenTable::of(&map)).unwrap();
            let read: TokenTable = serde_json::from_str(&written).unwrap();
            assert_eq!(read.restorer().unwrap().restore(&scrubbed, Escape::Text), text);
        }
    }

    #[test]
    fn a_row_that_is_no_token_is_named() {
        for row in [r#""token":"a""#, r#""token":"[A_B]","style":"surrogate""#, r#""token":"-","style":"surrogate""#] {
            let table = format!(r#"{{"tokens":[{{{row},"label":"PERSON","value":"b"}}]}}"#);
            let table: TokenTable = serde_json::from_str(&table).unwrap();
            assert_eq!(table.restorer().err(), Some(InvalidTable { row: 1 }));
        }
    }
}
