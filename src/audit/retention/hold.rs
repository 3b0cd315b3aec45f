//! Legal holds. A hold stands from its record on until one that releases it;
//! nothing but the chain says so.

use std::fmt;

use sqlx::{Acquire, Error, PgPool};

use super::lock;
use crate::audit::{Actor, AuditError, AuditLog, Configured, Event, Hold};
use crate::tenant::TenantId;

/// A hold's name: 1 to 63 characters of `a-z`, `0-9`, `-` and `_`, starting with a
/// letter or digit, such as a case's number. It stands in the log for ever, so it
/// must name no person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HoldName(String);

/// Why a text is no hold's name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a hold is named by 1 to 63 of a-z, 0-9, - and _, starting with a letter or digit, such as case-2026-17; no \
     person's name, since it stands in the log for ever"
)]
pub struct InvalidHoldName;

impl HoldName {
    /// Checks `name` against the rule above.
    pub fn parse(name: &str) -> Result<HoldName, InvalidHoldName> {
        // The rule is that of tenants.
        TenantId::parse(name).map(|name| HoldName(name.as_str().to_owned())).map_err(|_| InvalidHoldName)
    }
}

impl fmt::Display for HoldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a hold is not placed or released.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// It stands already.
    #[error("the hold {0} stands already")]
    Stands(HoldName),
    /// There is nothing to release.
    #[error("no hold {0} stands on the log of {1}")]
    None(HoldName, TenantId),
    /// It could not be recorded.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] Error),
}

/// The names of the holds that stand, sorted.
pub async fn standing(pool: &PgPool, tenant: &TenantId) -> Result<Vec<String>, Error> {
    sqlx::query_scalar("SELECT audit_standing_holds($1)").bind(tenant.as_str()).fetch_all(pool).await
}

/// Places a hold. Once this returns, nothing of the log of `tenant` goes any more.
pub async fn place(pool: &PgPool, log: &AuditLog, tenant: &TenantId, hold: HoldName) -> Result<(), HoldError> {
    if standing(pool, tenant).await?.contains(&hold.0) {
        return Err(HoldError::Stands(hold));
    }
    log.append(tenant, Event::HoldPlaced(event(hold))).await?;
    // A batch that was being removed at this moment is over when its lock is free.
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    lock(&mut transaction, tenant).await?;
    transaction.commit().await?;
    Ok(())
}

/// Releases a hold.
pub async fn release(pool: &PgPool, log: &AuditLog, tenant: &TenantId, hold: HoldName) -> Result<(), HoldError> {
    if !standing(pool, tenant).await?.contains(&hold.0) {
        return Err(HoldError::None(hold, tenant.clone()));
    }
    log.append(tenant, Event::HoldReleased(event(hold))).await?;
    Ok(())
}

fn event(hold: HoldName) -> Hold {
    Hold { by: Actor::Command, hold: Configured::name(hold.0) }
}
