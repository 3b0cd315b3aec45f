//! A block's terms, written.

use sqlx::Error;
use sqlx::postgres::PgConnection;

use crate::audit::index::load::{damaged, parts};
use crate::audit::index::postings::Postings;
use crate::tenant::TenantId;

/// Adds what is new to what the block has.
pub(super) async fn store(
    connection: &mut PgConnection,
    tenant: &TenantId,
    block: i64,
    mut new: Postings,
) -> Result<(), Error> {
    let terms: Vec<&str> = new.terms().collect();
    let there: Vec<(String, Vec<u8>)> =
        sqlx::query_as("SELECT term, places FROM audit_index WHERE tenant = $1 AND term = ANY ($2) AND block = $3")
            .bind(tenant.as_str())
            .bind(&terms)
            .bind(block)
            .fetch_all(&mut *connection)
            .await?;
    for (term, places) in &there {
        new.merge(term, places).ok_or_else(damaged)?;
    }
    if let Some(older) = parts(connection, tenant, &[block]).await?.remove(&block) {
        new.parts.merge(&older);
    }
    store_parts(connection, tenant, block, &new).await?;
    let (terms, places) = new.stored();
    sqlx::query(
        "INSERT INTO audit_index (tenant, term, block, places)
         SELECT $1, n.term, $2, n.places FROM unnest($3::text[], $4::bytea[]) AS n (term, places)
         ON CONFLICT (tenant, term, block) DO UPDATE SET places = EXCLUDED.places",
    )
    .bind(tenant.as_str())
    .bind(block)
    .bind(&terms)
    .bind(&places)
    .execute(connection)
    .await?;
    Ok(())
}

async fn store_parts(
    connection: &mut PgConnection,
    tenant: &TenantId,
    block: i64,
    postings: &Postings,
) -> Result<(), Error> {
    let ((min_us, max_us), (part_min_us, part_max_us)) = (postings.parts.bounds(), postings.parts.stored());
    sqlx::query(
        "INSERT INTO audit_index_block (tenant, block, min_us, max_us, part_min_us, part_max_us)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant, block) DO UPDATE SET min_us = EXCLUDED.min_us, max_us = EXCLUDED.max_us,
         part_min_us = EXCLUDED.part_min_us, part_max_us = EXCLUDED.part_max_us",
    )
    .bind(tenant.as_str())
    .bind(block)
    .bind(min_us)
    .bind(max_us)
    .bind(part_min_us)
    .bind(part_max_us)
    .execute(connection)
    .await?;
    Ok(())
}
