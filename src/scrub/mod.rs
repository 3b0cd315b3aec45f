//! Tokens for values, and values for tokens.
//!
//! [`TokenMap`] mints one request's tokens, or surrogates in their place, [`sanitize`] puts them into a
//! document and is the only maker of a [`Sanitized`] one, and [`Restorer`] puts
//! the values back into the answer.

mod aead;
mod key;
mod lookalike;
mod map;
mod normalize;
mod people;
mod replace;
mod reserve;
mod restore;
mod sanitized;
mod seal;
mod stored;
mod stream;
mod surrogate;
mod table;
mod token;
mod unit;
mod value;

pub use aead::{Aead, AeadError};
pub use key::{InvalidMasterKey, MasterKey, ScopeKey};
pub use map::TokenMap;
pub use replace::{Replacement, scrub_text};
pub use restore::{Escape, Restorer};
pub use sanitized::{Document, SanitizeError, Sanitized, SlotText, sanitize, sanitize_text};
pub use seal::SealKey;
pub use stored::StoredToken;
pub use stream::StreamRestorer;
pub use table::{InvalidTable, TokenTable};
pub use token::{Shape, Style, Token, TokenStyle};
