//! Chains of any length and age, with checkpoints, for tests.

use uuid::Uuid;

use crate::audit::Configured;
use crate::audit::Event;
use crate::audit::base::Base;
use crate::audit::checkpoint::{Checkpoint, Origin, PublicKey, SigningKey};
use crate::audit::record::{self, Source};
use crate::store::Store;
use crate::tenant::TenantId;

struct Row {
    record: Uuid,
    request: Option<Uuid>,
    time_us: i64,
    kind: &'static str,
    body: String,
    hash: Vec<u8>,
    prev: Vec<u8>,
}

/// A chain that was not written by a writer: its times can be chosen.
pub(crate) struct Chain {
    pub(crate) tenant: TenantId,
    pub(crate) at: Base,
    key: SigningKey,
    source: Source,
    rows: Vec<Row>,
    stored: usize,
    notes: Vec<(i64, String, Vec<u8>, i64)>,
}

impl Chain {
    pub(crate) fn of(name: &str) -> Chain {
        let tenant = TenantId::parse(name).unwrap();
        Chain {
            at: Base::genesis(&tenant),
            tenant,
            key: SigningKey::from_seed(&[7; 32]).unwrap(),
            source: Source::of(Configured::name("test")),
            rows: Vec::new(),
            stored: 0,
            notes: Vec::new(),
        }
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        self.key.public_key(&Origin::default(), &self.tenant)
    }

    pub(crate) fn push(&mut self, time_us: i64, event: &Event) {
        // A record is the same in every run, so that archives can be compared.
        let record = Uuid::from_u128(0x7000_8000_0000_0000_0000 + self.at.frontier.size() as u128 + 1);
        let mut draft = record::draft(&self.tenant, &self.source, record, time_us, event).unwrap();
        draft.stamp(time_us + 1_500);
        let prev = self.at.head.hash.as_bytes().to_vec();
        let head = self.at.head.append(draft.body().as_bytes());
        self.at.follow(head.hash);
        let (request, kind, body) = (event.request(), event.kind(), draft.body().to_owned());
        self.rows.push(Row { record, request, time_us, kind, body, hash: head.hash.as_bytes().to_vec(), prev });
    }

    /// Signs the chain as it is now.
    pub(crate) fn checkpoint(&mut self, time_s: u64) {
        let (size, root) = (self.at.frontier.size(), self.at.frontier.root());
        let checkpoint = Checkpoint { origin: Origin::default(), tenant: self.tenant.clone(), size, root, time_s };
        let note = self.key.sign(checkpoint).text().to_owned();
        let made_us = i64::try_from(time_s).unwrap() * 1_000_000;
        self.notes.push((size as i64, note, self.at.frontier.to_bytes(), made_us));
    }

    /// Stores what is new.
    pub(crate) async fn store(&mut self, store: &Store) {
        for rows in self.rows[self.stored..].chunks(5_000) {
            let first = self.stored as i64 + 1;
            let seqs: Vec<i64> = (first..first + rows.len() as i64).collect();
            sqlx::query(
                "INSERT INTO audit_record (tenant, seq, record_id, request_id, event_time_us, kind, body, prev_hash, hash)
                 SELECT $1, * FROM unnest($2::int8[], $3::uuid[], $4::uuid[], $5::int8[], $6::text[], $7::text[],
                                          $8::bytea[], $9::bytea[])",
            )
            .bind(self.tenant.as_str())
            .bind(seqs)
            .bind(rows.iter().map(|row| row.record).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.request).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.time_us).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.kind).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.body.clone()).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.prev.clone()).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.hash.clone()).collect::<Vec<_>>())
            .execute(&store.pool)
            .await
            .unwrap();
            self.stored += rows.len();
        }
        let genesis = Base::genesis(&self.tenant).head;
        sqlx::query("INSERT INTO audit_head (tenant, seq, hash) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING")
            .bind(self.tenant.as_str())
            .bind(genesis.hash.as_bytes())
            .execute(&store.pool)
            .await
            .unwrap();
        sqlx::query("UPDATE audit_head SET seq = $2, hash = $3 WHERE tenant = $1 AND seq < $2")
            .bind(self.tenant.as_str())
            .bind(self.at.seq().value())
            .bind(self.at.head.hash.as_bytes())
            .execute(&store.pool)
            .await
            .unwrap();
        for (size, note, frontier, made_us) in self.notes.drain(..) {
            sqlx::query(
                "INSERT INTO audit_checkpoint (tenant, size, note, frontier, made_us) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(self.tenant.as_str())
            .bind(size)
            .bind(note)
            .bind(frontier)
            .bind(made_us)
            .execute(&store.pool)
            .await
            .unwrap();
        }
    }
}
