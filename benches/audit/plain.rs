//! A plain `INSERT` of the same bytes into a bare table, to hold figures against.

use std::time::{Duration, Instant};

use cordon::store::Store;
use sqlx::{Connection, PgConnection};

use crate::Fallible;

const BATCH_ROWS: usize = 1024;

/// Rows a second.
pub(crate) struct Plain {
    pub(crate) one_a_commit: f64,
    pub(crate) one_a_commit_p50: Duration,
    pub(crate) one_a_commit_p99: Duration,
    pub(crate) batched: f64,
}

/// `bodies` are those of an `accepted` and an `ended`, in turns.
pub(crate) async fn measure(store: &Store, bodies: &[String; 2], length: Duration) -> Fallible<Plain> {
    let mut connection = store.superuser().await;
    sqlx::query("CREATE TABLE bare (body text NOT NULL)").execute(&mut connection).await?;
    let mut timings = single(&mut connection, bodies, length).await?;
    timings.sort_unstable();
    let total: Duration = timings.iter().sum();
    let at = |percent: usize| timings[(timings.len() - 1) * percent / 100];
    let batched = batched(&mut connection, bodies, length).await?;
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

async fn single(connection: &mut PgConnection, bodies: &[String; 2], length: Duration) -> Fallible<Vec<Duration>> {
    let (begin, mut timings) = (Instant::now(), Vec::new());
    while begin.elapsed() < length {
        let body = &bodies[timings.len() % 2];
        let started = Instant::now();
        sqlx::query("INSERT INTO bare VALUES ($1)").bind(body).execute(&mut *connection).await?;
        timings.push(started.elapsed());
    }
    Ok(timings)
}

async fn batched(connection: &mut PgConnection, bodies: &[String; 2], length: Duration) -> Fallible<f64> {
    let bodies: Vec<&str> = (0..BATCH_ROWS).map(|row| bodies[row % 2].as_str()).collect();
    let (begin, mut rows) = (Instant::now(), 0);
    while begin.elapsed() < length {
        sqlx::query("INSERT INTO bare SELECT unnest($1::text[])").bind(&bodies).execute(&mut *connection).await?;
        rows += BATCH_ROWS;
    }
    Ok(rows as f64 / begin.elapsed().as_secs_f64())
}
