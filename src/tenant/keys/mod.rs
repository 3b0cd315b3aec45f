//! API keys: made, listed and revoked through the command line, checked on
//! every request.

mod api_key;
mod cache;
mod revoked;
mod store;
#[cfg(test)]
mod tests;

pub use api_key::{ApiKey, KeyId};
pub use revoked::{RevokedUse, RevokedUses, Taken};
pub use store::{AuthError, AuthenticatedKey, KeyError, KeyInfo, KeyStore, REVOCATION_DELAY_MAX};
