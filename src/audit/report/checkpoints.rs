//! The checkpoints of a period: were they made as often as they should?

use sqlx::{Error, PgPool};

use super::scale::Scale;
use crate::audit::checkpoint::SignedCheckpoint;
use crate::tenant::TenantId;

/// Notes in memory at a time.
const PAGE: i64 = 2_000;

/// The checkpoints of a period.
#[derive(Clone, Debug, Default)]
pub struct Checkpoints {
    /// How many in each step.
    pub counts: Vec<u64>,
    /// How many.
    pub total: u64,
    /// Those that cannot be read.
    pub unreadable: u64,
    /// The first one and the last one.
    pub ends: Option<(Made, Made)>,
    /// Two that follow each other with the longest time between.
    pub longest_gap: Option<(Made, Made)>,
    /// The names and ids of keys that signed, as the notes say.
    pub signers: Vec<String>,
}

/// A checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Made {
    /// How many records it covers.
    pub size: u64,
    /// When it was made, in seconds since 1970.
    pub time_s: u64,
}

impl Checkpoints {
    /// Reads those that say that they were made in the period.
    pub(super) async fn read(pool: &PgPool, tenant: &TenantId, scale: &Scale) -> Result<Checkpoints, Error> {
        let mut found = Checkpoints { counts: vec![0; scale.steps()], ..Checkpoints::default() };
        let mut after = 0;
        loop {
            let page: Vec<(i64, String)> = sqlx::query_as(
                "SELECT size, note FROM audit_checkpoint
                 WHERE tenant = $1 AND size > $2 AND made_us >= $3 AND made_us < $4 ORDER BY size LIMIT $5",
            )
            .bind(tenant.as_str())
            .bind(after)
            .bind(scale.since_us)
            .bind(scale.until_us)
            .bind(PAGE)
            .fetch_all(pool)
            .await?;
            let Some((last, _)) = page.last() else { return Ok(found) };
            after = *last;
            page.iter().for_each(|(_, note)| found.add(note, scale));
        }
    }

    fn add(&mut self, note: &str, scale: &Scale) {
        let Ok(signed) = SignedCheckpoint::parse(note) else {
            self.unreadable += 1;
            return;
        };
        let made = Made { size: signed.checkpoint().size, time_s: signed.checkpoint().time_s };
        self.total += 1;
        let time_us = i64::try_from(made.time_s.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
        if let Some(count) = self.counts.get_mut(scale.index(time_us)) {
            *count += 1;
        }
        if let Some((_, last)) = self.ends {
            let gap = |(from, to): (Made, Made)| to.time_s.saturating_sub(from.time_s);
            if self.longest_gap.is_none_or(|longest| gap(longest) < gap((last, made))) {
                self.longest_gap = Some((last, made));
            }
        }
        self.ends = Some((self.ends.map_or(made, |(first, _)| first), made));
        for signer in signers(note) {
            if self.signers.len() < 20 && !self.signers.contains(&signer) {
                self.signers.push(signer);
            }
        }
    }
}

/// The key names and ids of the signature lines: `— NAME BASE64`, where the
/// first four bytes are the key's id (C2SP signed-note).
fn signers(note: &str) -> Vec<String> {
    let lines = note.lines().filter_map(|line| line.strip_prefix("\u{2014} "));
    let named = lines.filter_map(|line| {
        let (name, signature) = line.split_once(' ')?;
        let bytes = data_encoding::BASE64.decode(signature.as_bytes()).ok()?;
        Some(format!("{name}+{}", data_encoding::HEXLOWER.encode(bytes.get(..4)?)))
    });
    named.collect()
}
