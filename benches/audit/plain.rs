//! A plain `INSERT` of the same bytes into a bare table, to hold figures against.

use std::time::{Duration, Instant};

use cordon::store::Store;
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::Fallible;

/// About a body's size.
pub(crate) const BODY_BYTES: usize = 900;
const BATCH_ROWS: usize = 1024;

/// Rows a second.
pub(crate) struct Plain {
    pub(crate) one_a_commit: f64,
    pub(crate) one_a_commit_p50: Duration,
    pub(crate) one_a_commit_p99: Duration,
    pub(crate) batched: f64,
}

pub(crate) async fn measure(store: &Store, length: Duration) -> Fallible<Plain> {
    let mut connection = store.connect_options().connect().await?;
    sqlx::query("CREATE TABLE bare (body text NOT NULL)").execute(&mut connection).await?;
    let mut timings = single(&mut connection, length).await?;
    timings.sort_unstable();
    let total: Duration = timings.iter().sum();
    let at = |percent: usize| timings[(timings.len() - 1) * percent / 100];
    let batched = batched(&mut connection, length).await?;
    let plain = Plain {
        one_a_commit: timings.len() as f64 / total.as_secs_f64(),
        one_a_commit_p50: at(50),
        one_a_commit_p99: at(99),
        batched,
    };
    sqlx::query("DROP TABLE bare").execute(&mut connection).await?;
    connection.close().await?;
    Ok(plain)
}

async fn single(connection: &mut PgConnection, length: Duration) -> Fallible<Vec<Duration>> {
    let body = "x".repeat(BODY_BYTES);
    let (begin, mut timings) = (Instant::now(), Vec::new());
    while begin.elapsed() < length {
        let started = Instant::now();
        sqlx::query("INSERT INTO bare VALUES ($1)").bind(&body).execute(&mut *connection).await?;
        timings.push(started.elapsed());
    }
    Ok(timings)
}

async fn batched(connection: &mut PgConnection, length: Duration) -> Fallible<f64> {
    let bodies: Vec<String> = (0..BATCH_ROWS).map(|_| "x".repeat(BODY_BYTES)).collect();
    let (begin, mut rows) = (Instant::now(), 0);
    while begin.elapsed() < length {
        sqlx::query("INSERT INTO bare SELECT unnest($1::text[])").bind(&bodies).execute(&mut *connection).await?;
        rows += BATCH_ROWS;
    }
    Ok(rows as f64 / begin.elapsed().as_secs_f64())
}
