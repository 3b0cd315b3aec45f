//! A chain with a maker of checkpoints, and what a database administrator could
//! do to it.

use std::path::Path;

use sqlx::AssertSqlSafe;

use super::*;
use crate::audit::chain::{Hash, Head, Seq};
use crate::audit::merkle::Frontier;
use crate::audit::testing::{key_created, tenant};
use crate::audit::{AuditConfig, AuditLog};
use crate::store::Store;
use crate::store::testing::fresh_store;

pub(crate) struct Chain {
    pub(crate) store: Store,
    pub(crate) maker: CheckpointMaker,
    pub(crate) home: tempfile::TempDir,
}

impl Chain {
    pub(crate) async fn start() -> Chain {
        let (store, home) = (fresh_store().await, tempfile::tempdir().unwrap());
        let audit = AuditLog::start(&store, AuditConfig::default());
        let maker = CheckpointMaker {
            pool: store.pool.clone(),
            audit,
            folder: CheckpointFolder::below(home.path()),
            origin: Origin::default(),
            key: SigningKey::from_seed(&[7; 32]).unwrap().into(),
            former: TrustedKeys::default(),
            bucket: None,
        };
        Chain { store, maker, home }
    }

    pub(crate) fn data(&self) -> &Path {
        self.home.path()
    }

    pub(crate) async fn append(&self, name: &str, records: usize) {
        for _ in 0..records {
            self.maker.audit.append(&tenant(name), key_created()).await.unwrap();
        }
    }

    pub(crate) async fn make(&self, name: &str) -> Result<Made, MakeError> {
        self.maker.make(&tenant(name)).await
    }

    /// A new checkpoint, which must be one.
    pub(crate) async fn made(&self, name: &str) -> SignedCheckpoint {
        match self.make(name).await.unwrap() {
            Made::New(signed) => signed,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn refusal(&self, name: &str) -> Refusal {
        match self.make(name).await {
            Err(MakeError::Refused { refusal, .. }) => *refusal,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn kinds(&self, name: &str) -> Vec<String> {
        let kinds = sqlx::query_scalar("SELECT kind FROM audit_record WHERE tenant = $1 ORDER BY seq").bind(name);
        kinds.fetch_all(&self.store.pool).await.unwrap()
    }

    /// The tree over the first `size` records as they are stored.
    pub(crate) async fn tree(&self, name: &str, size: u64) -> Frontier {
        let hashes: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT hash FROM audit_record WHERE tenant = $1 AND seq <= $2 ORDER BY seq")
                .bind(name)
                .bind(size as i64)
                .fetch_all(&self.store.pool)
                .await
                .unwrap();
        let mut tree = Frontier::empty();
        hashes.iter().for_each(|hash| tree.push(Hash::from_bytes(hash).unwrap()));
        tree
    }

    /// As the superuser, with all guards off.
    pub(crate) async fn tamper(&self, sql: &str) {
        let sql = format!("SET session_replication_role = replica; {sql}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.store.superuser().await).await.unwrap();
    }

    pub(crate) async fn cut_end(&self, name: &str, last: i64) {
        self.tamper(&format!(
            "DELETE FROM audit_record WHERE tenant = '{name}' AND seq > {last};
             UPDATE audit_head h SET seq = r.seq, hash = r.hash FROM audit_record r
             WHERE h.tenant = '{name}' AND r.tenant = '{name}' AND r.seq = {last}"
        ))
        .await;
    }

    /// Changes the record at `seq` and links all that follow anew: a chain that is
    /// whole, and not the one that was.
    pub(crate) async fn rewrite(&self, name: &str, seq: i64) {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("SELECT seq, body FROM audit_record WHERE tenant = $1 ORDER BY seq")
                .bind(name)
                .fetch_all(&self.store.pool)
                .await
                .unwrap();
        let mut head = Head::genesis(&tenant(name));
        let mut statements = String::new();
        for (place, body) in rows {
            let body = if place == seq { body.replace("\"role\":\"client\"", "\"role\":\"admin\"") } else { body };
            let next = head.append(body.as_bytes());
            statements += &format!(
                "UPDATE audit_record SET body = '{body}', prev_hash = '\\x{}', hash = '\\x{}'
                 WHERE tenant = '{name}' AND seq = {place};",
                head.hash, next.hash
            );
            head = next;
        }
        statements +=
            &format!("UPDATE audit_head SET hash = '\\x{}' WHERE tenant = '{name}' AND seq = {}", head.hash, head.seq);
        self.tamper(&statements).await;
        // The writer's own memory of the head ends with it, as at a restart.
        assert_ne!(head.seq, Seq::NONE);
    }

    pub(crate) fn forget_file(&self, name: &str) {
        std::fs::remove_file(self.maker.folder.file(&tenant(name))).unwrap();
    }

    pub(crate) async fn rows(&self, name: &str) -> Vec<table::StoredCheckpoint> {
        table::after(&self.store.pool, &tenant(name), 0, 1000).await.unwrap()
    }
}
