//! Records in order of their places, page by page.

use sqlx::PgPool;
use tokio::task::JoinHandle;

use super::ExportError;
use crate::audit::chain::{Hash, Seq};
use crate::audit::query::{self, Filter, Page, StoredRecord};
use crate::tenant::TenantId;

/// Records in memory at a time, twice: a page is read ahead.
const PAGE_RECORDS: u32 = 1_000;
/// Hashes in memory at a time.
const PAGE_HASHES: i64 = 20_000;

type Fetching = JoinHandle<Result<Vec<StoredRecord>, sqlx::Error>>;

/// Reads the records that fit a filter, up to a place. No connection and no
/// snapshot is held between pages, however slowly they are taken: the log only
/// grows, so what is read later is what was there.
pub(in crate::audit) struct Reader {
    pool: PgPool,
    source: Source,
    through: Seq,
    page: std::vec::IntoIter<StoredRecord>,
    /// Reads on its own: a reader that goes away does not cut a query off.
    ahead: Option<Fetching>,
}

/// Which records.
#[derive(Clone)]
enum Source {
    All(TenantId),
    Chosen(Filter),
}

impl Reader {
    /// All records behind `after` and up to `through`.
    pub(in crate::audit) fn of_all(pool: PgPool, tenant: TenantId, after: Seq, through: Seq) -> Reader {
        Reader::begin(pool, Source::All(tenant), after, through)
    }

    /// Those that fit `filter`.
    pub(in crate::audit) fn of_chosen(pool: PgPool, filter: Filter, after: Seq, through: Seq) -> Reader {
        Reader::begin(pool, Source::Chosen(filter), after, through)
    }

    fn begin(pool: PgPool, source: Source, after: Seq, through: Seq) -> Reader {
        let mut reader = Reader { pool, source, through, page: Vec::new().into_iter(), ahead: None };
        reader.read_ahead(after);
        reader
    }

    fn read_ahead(&mut self, after: Seq) {
        if after < self.through {
            let (pool, source, through) = (self.pool.clone(), self.source.clone(), self.through);
            self.ahead = Some(tokio::spawn(async move { source.page(&pool, after, through).await }));
        }
    }

    /// The next record.
    pub(in crate::audit) async fn next(&mut self) -> Result<Option<StoredRecord>, sqlx::Error> {
        loop {
            if let Some(record) = self.page.next() {
                return Ok(Some(record).filter(|record| record.seq <= self.through));
            }
            let Some(ahead) = self.ahead.take() else { return Ok(None) };
            let page = ahead.await.map_err(|_| sqlx::Error::WorkerCrashed)??;
            if let Some(last) = page.last().filter(|_| page.len() >= PAGE_RECORDS as usize) {
                self.read_ahead(last.seq);
            }
            self.page = page.into_iter();
        }
    }
}

impl Source {
    async fn page(self, pool: &PgPool, after: Seq, through: Seq) -> Result<Vec<StoredRecord>, sqlx::Error> {
        let tenant = match self {
            Source::Chosen(filter) => {
                let filter = Filter { page: Page::After(after), limit: PAGE_RECORDS, ..filter };
                return query::records(pool, &filter).await;
            }
            Source::All(tenant) => tenant,
        };
        let rows = sqlx::query(
            "SELECT seq, record_id, request_id, event_time_us, kind, body, prev_hash, hash FROM audit_record
             WHERE tenant = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4",
        )
        .bind(tenant.as_str())
        .bind(after.value())
        .bind(through.value())
        .bind(i64::from(PAGE_RECORDS))
        .fetch_all(pool)
        .await?;
        rows.iter().map(query::decode).collect()
    }
}

/// Tells `each` the stored hashes of the records behind `after` up to `through`.
///
/// # Errors
/// When a record is missing, or the database fails.
pub(super) async fn hashes(
    pool: &PgPool,
    tenant: &TenantId,
    after: Seq,
    through: Seq,
    mut each: impl FnMut(Hash),
) -> Result<(), ExportError> {
    let mut at = after;
    while at < through {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT seq, hash FROM audit_record WHERE tenant = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4",
        )
        .bind(tenant.as_str())
        .bind(at.value())
        .bind(through.value())
        .bind(PAGE_HASHES)
        .fetch_all(pool)
        .await?;
        if rows.is_empty() {
            return Err(ExportError::Missing(at.next()));
        }
        for (seq, hash) in rows {
            if seq != at.next().value() {
                return Err(ExportError::Missing(at.next()));
            }
            at = at.next();
            each(Hash::from_bytes(&hash).unwrap_or(Hash::MALFORMED));
        }
    }
    Ok(())
}
