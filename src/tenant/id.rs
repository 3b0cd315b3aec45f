//! The names of tenants.

use std::fmt;
use std::sync::Arc;

/// A tenant's name: 1 to 63 characters of `a-z`, `0-9`, `-` and `_`, starting
/// with a letter or digit. It names a policy file and an audit chain.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TenantId(Arc<str>);

/// Why a string is not a tenant's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a tenant is named by 1 to 63 of a-z, 0-9, - and _, starting with a letter or digit")]
pub struct InvalidTenantId;

impl TenantId {
    /// Checks `name` against the rule above.
    pub fn parse(name: &str) -> Result<TenantId, InvalidTenantId> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fits = (1..=63).contains(&name.len())
            && name.bytes().next().is_some_and(plain)
            && name.bytes().all(|b| plain(b) || b == b'-' || b == b'_');
        if fits { Ok(TenantId(name.into())) } else { Err(InvalidTenantId) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
