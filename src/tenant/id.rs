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
    /// The name of [`TenantId::system`].
    pub const SYSTEM: &str = "_system";

    /// Checks `name` against the rule above.
    pub fn parse(name: &str) -> Result<TenantId, InvalidTenantId> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fits = (1..=63).contains(&name.len())
            && name.bytes().next().is_some_and(plain)
            && name.bytes().all(|b| plain(b) || b == b'-' || b == b'_');
        if fits { Ok(TenantId(name.into())) } else { Err(InvalidTenantId) }
    }

    /// The chain of what belongs to no tenant: start, stop, the clock. Its name
    /// can be no tenant's.
    pub fn system() -> TenantId {
        TenantId(TenantId::SYSTEM.into())
    }

    /// The name of a chain: a tenant's, or [`TenantId::SYSTEM`].
    pub fn parse_chain(name: &str) -> Result<TenantId, InvalidTenantId> {
        if name == TenantId::SYSTEM { Ok(TenantId::system()) } else { TenantId::parse(name) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_chain_may_have_the_reserved_name() {
        assert_eq!(TenantId::parse(TenantId::SYSTEM), Err(InvalidTenantId));
        assert_eq!(TenantId::parse_chain(TenantId::SYSTEM), Ok(TenantId::system()));
        assert_eq!(TenantId::parse_chain("acme"), TenantId::parse("acme"));
        assert_eq!(TenantId::parse_chain("_other"), Err(InvalidTenantId));
    }
}
