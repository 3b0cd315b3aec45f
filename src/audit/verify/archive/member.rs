//! The members of an archive that are not records.

use std::io::Read;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{ArchiveError, line};
use crate::audit::base::Base;
use crate::audit::chain::{Hash, Head, Seq};
use crate::audit::merkle::{ConsistencyProof, Frontier};
use crate::tenant::TenantId;

/// `manifest.json` and `end.json` are never larger.
const SMALL_BYTES_MAX: u64 = 1 << 16;

/// Which records an archive has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// All from one place to another.
    Range,
    /// Some.
    Selection,
}

/// What a verifier needs of `manifest.json`.
#[derive(Deserialize)]
pub(super) struct Manifest {
    format: String,
    version: u32,
    pub(super) kind: Kind,
    tenant: String,
    base: Origin,
    through: Place,
    head: Option<Place>,
    pub(super) made_us: u64,
}

#[derive(Deserialize)]
struct Origin {
    seq: i64,
    hash: String,
    frontier: Vec<String>,
}

/// A record's place and hash.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Place {
    seq: i64,
    hash: String,
}

/// `end.json`: an archive without it is cut off.
#[derive(Deserialize)]
pub(super) struct End {
    pub(super) records: u64,
    pub(super) through: Place,
}

/// A line of `proofs.jsonl` in an archive of single records.
#[derive(Deserialize)]
pub(super) struct Proof {
    pub(super) seq: u64,
    pub(super) size: u64,
    path: Vec<String>,
}

impl Manifest {
    pub(super) fn read(member: impl Read) -> Result<Manifest, ArchiveError> {
        let manifest: Manifest = json(member, "manifest.json")?;
        if manifest.format != "cordon-audit-export" {
            return Err(ArchiveError::Foreign);
        }
        if manifest.version != 1 {
            return Err(ArchiveError::Version(manifest.version));
        }
        Ok(manifest)
    }

    pub(super) fn tenant(&self) -> Result<TenantId, ArchiveError> {
        TenantId::parse_chain(&self.tenant).map_err(|_| ArchiveError::Malformed("manifest.json"))
    }

    /// Where the archive begins. Its first record proves the hash, and the next
    /// checkpoint the tree.
    pub(super) fn base(&self, tenant: &TenantId) -> Result<Base, ArchiveError> {
        if self.base.seq == 0 {
            return Ok(Base::genesis(tenant));
        }
        let base = || {
            let nodes = self.base.frontier.iter().map(|node| hash(node)).collect::<Option<Vec<_>>>()?;
            let head = Head { seq: Seq::new(self.base.seq)?, hash: hash(&self.base.hash)? };
            Base::new(head, Frontier::from_parts(self.base.seq.unsigned_abs(), nodes)?)
        };
        base().ok_or(ArchiveError::Malformed("manifest.json"))
    }

    /// Where it ends.
    pub(super) fn through(&self) -> Result<Head, ArchiveError> {
        self.through.head().ok_or(ArchiveError::Malformed("manifest.json"))
    }

    /// Whether it says that it has the last record that there was.
    pub(super) fn reaches_head(&self) -> bool {
        self.head.as_ref() == Some(&self.through)
    }
}

impl Place {
    pub(super) fn head(&self) -> Option<Head> {
        Some(Head { seq: Seq::new(self.seq)?, hash: hash(&self.hash)? })
    }
}

impl Proof {
    /// `None` when it is not made of hashes.
    pub(super) fn path(&self) -> Option<Vec<Hash>> {
        self.path.iter().map(|node| hash(node)).collect()
    }
}

/// A line of `proofs.jsonl` in an archive of a range.
pub(super) fn consistency(line: &[u8]) -> Result<ConsistencyProof, ArchiveError> {
    #[derive(Deserialize)]
    struct Line {
        from: u64,
        to: u64,
        path: Vec<String>,
    }
    let Line { from, to, path } = serde_json::from_slice(line).map_err(|_| ArchiveError::Malformed("proofs.jsonl"))?;
    let path = path.iter().map(|node| hash(node)).collect::<Option<Vec<_>>>();
    Ok(ConsistencyProof { from, to, path: path.ok_or(ArchiveError::Malformed("proofs.jsonl"))? })
}

fn hash(digits: &str) -> Option<Hash> {
    line::hash(digits.as_bytes()).filter(|(_, rest)| rest.is_empty()).map(|(hash, _)| hash)
}

/// A member that is one JSON document.
pub(super) fn json<T: DeserializeOwned>(member: impl Read, name: &'static str) -> Result<T, ArchiveError> {
    let mut text = Vec::new();
    member.take(SMALL_BYTES_MAX).read_to_end(&mut text)?;
    serde_json::from_slice(&text).map_err(|error| match error.is_eof() {
        true => ArchiveError::CutOff,
        false => ArchiveError::Malformed(name),
    })
}
