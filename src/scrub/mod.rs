//! Tokens for values, and values for tokens.
