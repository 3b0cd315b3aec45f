//! Questions to the log: which records, and how many.

mod aggregate;
mod filter;
pub(super) mod stored;
#[cfg(test)]
pub(super) mod tests;
pub mod time;
mod walk;

use sqlx::{Error, PgPool};

use crate::tenant::TenantId;

pub use aggregate::{Counts, GROUPS_MAX, Groups, aggregate};
pub use filter::{BadValue, Filter, Page};
pub use stored::StoredRecord;
pub(super) use stored::{accepted_bodies, decode};
pub use walk::{Answer, page, records};

/// Most records in one page.
pub const LIMIT_MAX: u32 = 10_000;

/// The tenants that have a chain or a key, by name: one whose chain is gone is
/// still asked for. What belongs to no tenant comes with them.
pub async fn tenants(pool: &PgPool) -> Result<Vec<TenantId>, Error> {
    // From one tenant's first record to the next one's: DISTINCT would read every
    // record there is.
    let names: Vec<String> = sqlx::query_scalar(
        "WITH RECURSIVE recorded (tenant) AS (
             (SELECT tenant FROM audit_record ORDER BY tenant LIMIT 1)
             UNION ALL
             SELECT (SELECT r.tenant FROM audit_record r WHERE r.tenant > p.tenant ORDER BY r.tenant LIMIT 1)
             FROM recorded p WHERE p.tenant IS NOT NULL
         )
         SELECT tenant FROM audit_head
         UNION SELECT tenant FROM recorded WHERE tenant IS NOT NULL
         UNION SELECT name FROM tenant
         ORDER BY 1",
    )
    .fetch_all(pool)
    .await?;
    names.iter().map(|name| TenantId::parse_chain(name).map_err(|error| Error::Decode(error.into()))).collect()
}
