//! How far a chain was verified, kept outside the database.
//!
//! The note that is kept with it is signed, so the file need not be trusted: who
//! changes it brings about a full verification, not a wrong verdict. The time of
//! the last full run is not signed; one to come counts as none.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::anchor::{Found, Place};
use super::verdict::Mode;
use super::walk::Agreed;
use crate::audit::base::Base;
use crate::audit::chain::{Hash, Head, Seq};
use crate::audit::checkpoint::TrustedKeys;
use crate::audit::merkle::Frontier;
use crate::tenant::TenantId;

/// The last checkpoint up to which a chain was found whole.
#[derive(Clone, Debug)]
pub(super) struct Verified {
    pub(super) base: Base,
    note: String,
    /// When the whole chain was last verified, in seconds since 1970.
    full_s: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    size: u64,
    hash: String,
    frontier: Vec<String>,
    note: String,
    full_s: Option<u64>,
}

impl Verified {
    /// Whether nothing that retention cut off later is needed to go on from it.
    pub(super) fn is_after(&self, cut: &Base) -> bool {
        self.base.seq() >= cut.seq()
    }

    /// The checkpoint itself.
    pub(super) fn found(&self) -> Found {
        Found { size: self.base.frontier.size(), note: self.note.clone(), place: Place::Outside }
    }
}

fn file(folder: &Path, tenant: &TenantId) -> PathBuf {
    folder.join("verified").join(format!("{tenant}.json"))
}

/// What was remembered of `tenant`; `None` when nothing was, or it does not hold.
pub(super) fn recall(folder: &Path, tenant: &TenantId, keys: &TrustedKeys) -> Option<Verified> {
    let kept: Kept = serde_json::from_slice(&fs::read(file(folder, tenant)).ok()?).ok()?;
    let hash = |digits: &str| Hash::from_bytes(&data_encoding::HEXLOWER.decode(digits.as_bytes()).ok()?);
    let nodes = kept.frontier.iter().map(|node| hash(node)).collect::<Option<Vec<_>>>()?;
    let head = Head { seq: Seq::new(i64::try_from(kept.size).ok()?)?, hash: hash(&kept.hash)? };
    let base = Base::new(head, Frontier::from_parts(kept.size, nodes)?)?;
    // It is not signed: a time to come would put the next full run off for ever.
    let full_s = kept.full_s.filter(|at| *at <= super::now_s());
    let verified = Verified { base, note: kept.note, full_s };
    let anchor = verified.found().judge(tenant, keys).ok()?;
    (anchor.root == verified.base.frontier.root()).then_some(verified)
}

/// When the whole chain was last found whole, in seconds since 1970.
pub(super) fn last_full_s(folder: &Path, tenant: &TenantId, keys: &TrustedKeys) -> Option<u64> {
    recall(folder, tenant, keys)?.full_s
}

/// Remembers the place at which a checkpoint agreed last. A failure costs time
/// at the next run and nothing else, so it is only logged.
pub(super) fn remember(folder: &Path, tenant: &TenantId, agreed: &Agreed, mode: Mode, before: Option<&Verified>) {
    let full_s = match mode {
        Mode::Full => Some(super::now_s()),
        _ => before.and_then(|verified| verified.full_s),
    };
    let kept = Kept {
        size: agreed.base.frontier.size(),
        hash: agreed.base.head.hash.to_string(),
        frontier: agreed.base.frontier.nodes().iter().map(Hash::to_string).collect(),
        note: agreed.anchor.note.clone(),
        full_s,
    };
    if let Err(error) = write(&file(folder, tenant), &kept) {
        tracing::warn!(%error, "cannot remember how far an audit chain is verified; the next run reads it all");
    }
}

/// In one step, so that a reader never sees half of it.
fn write(path: &Path, kept: &Kept) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let draft = path.with_extension(format!("json.{}", uuid::Uuid::new_v4().simple()));
    let written = File::create_new(&draft).and_then(|mut file| {
        serde_json::to_writer(&mut file, kept)?;
        file.write_all(b"\n")?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&draft, path)).inspect_err(|_| drop(fs::remove_file(&draft)))
}
