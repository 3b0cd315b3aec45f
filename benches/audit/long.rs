//! What a long chain costs: on the disk and to export.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::time::Instant;

use cordon::audit::export::{Archive, Bounds, Plan, Request};
use cordon::audit::query::Filter;
use cordon::audit::verify::verify_archive;

use crate::Fallible;
use crate::fill::Filled;

/// Bytes a record of the table, and of the table with its indexes.
pub(crate) struct Bytes {
    pub(crate) bodies: f64,
    pub(crate) table: f64,
    pub(crate) with_indexes: f64,
    pub(crate) bare: f64,
}

impl Filled {
    /// Beside a table of the bodies alone.
    pub(crate) async fn bytes(&self) -> Fallible<Bytes> {
        let mut connection = self.store.superuser().await;
        sqlx::raw_sql("CREATE TABLE bare AS SELECT body FROM audit_record").execute(&mut connection).await?;
        let (count, bodies, table, with_indexes, bare): (i64, i64, i64, i64, i64) = sqlx::query_as(
            "SELECT count(*), sum(octet_length(body))::bigint, pg_table_size('audit_record'),
                    pg_total_relation_size('audit_record'), pg_table_size('bare') FROM audit_record",
        )
        .fetch_one(&mut connection)
        .await?;
        sqlx::raw_sql("DROP TABLE bare").execute(&mut connection).await?;
        let each = |bytes: i64| bytes as f64 / count as f64;
        Ok(Bytes { bodies: each(bodies), table: each(table), with_indexes: each(with_indexes), bare: each(bare) })
    }

    /// Records a second that are exported, that are verified from the export, and
    /// the export's bytes a record.
    pub(crate) async fn export(&self) -> Fallible<(f64, f64, f64)> {
        let path = tempfile::NamedTempFile::new()?;
        let request =
            Request { filter: Filter::of(self.tenant.clone()), bounds: Bounds::default(), selection: Vec::new() };
        let started = Instant::now();
        let plan = Plan::new(&self.store.pool, &request).await?;
        let mut archive = Archive::begin(self.store.pool.clone(), plan, String::new()).await?;
        let mut file = BufWriter::new(File::create(path.path())?);
        while let Some(bytes) = archive.next().await? {
            file.write_all(&bytes)?;
        }
        file.into_inner()?.sync_all()?;
        let (exported, records) = (started.elapsed(), archive.records_done() as f64);

        let started = Instant::now();
        let source = BufReader::with_capacity(1 << 20, File::open(path.path())?);
        let verdict = verify_archive(source, &self.keys, &[], |_| {})?;
        let verified = started.elapsed();
        if !verdict.is_whole() {
            return Err(format!("the export does not verify: {}", verdict.word()).into());
        }
        let bytes = path.path().metadata()?.len() as f64;
        Ok((records / exported.as_secs_f64(), records / verified.as_secs_f64(), bytes / records))
    }
}
