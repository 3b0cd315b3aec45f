//! What a text's tokens stand for, as a file that people keep.

use serde::{Deserialize, Serialize};

use super::map::{Entry, TokenMap};
use super::restore::Restorer;
use super::token::Token;
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
    label: String,
    value: String,
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
            let token = Token::parse(&row.token).ok_or_else(invalid)?;
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
        let scope = ScopeKey::derive(&master, &TenantId::parse("t").unwrap(), "c");
        let mut map = TokenMap::new(scope, TokenStyle::default());
        let found = [Replacement { start: 3, end: 8, label: Label::PERSON, restorable: true }];
        let scrubbed = sanitize_text("To Maria.", &found, &mut map).into_inner();
        let written = serde_json::to_string(&TokenTable::of(&map)).unwrap();
        let read: TokenTable = serde_json::from_str(&written).unwrap();
        assert_eq!(read.restorer().unwrap().restore(&scrubbed, Escape::Text), "To Maria.");
    }

    #[test]
    fn a_row_that_is_no_token_is_named() {
        let table: TokenTable =
            serde_json::from_str(r#"{"tokens":[{"token":"a","label":"PERSON","value":"b"}]}"#).unwrap();
        assert_eq!(table.restorer().err(), Some(InvalidTable { row: 1 }));
    }
}
