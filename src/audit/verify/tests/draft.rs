//! Archives made by hand, the same ones each time, so that others can be given
//! them to try a verifier on.

use std::fmt::Write as _;

use crate::audit::Hash;
use crate::audit::base::Base;
use crate::audit::chain::{Head, Seq};
use crate::audit::checkpoint::{Checkpoint, Origin, PublicKey, SigningKey};
use crate::audit::merkle::ProofBuilder;
use crate::audit::testing::tenant;
use crate::tenant::TenantId;

/// 2026-01-31T12:00:00Z, in seconds since 1970.
pub(super) const MADE_S: u64 = 1_769_860_800;

#[derive(Clone)]
pub(super) struct Line {
    pub(super) seq: i64,
    pub(super) prev: Hash,
    pub(super) hash: Hash,
    pub(super) body: String,
}

/// An archive before it is written.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) kind: &'static str,
    pub(super) tenant: TenantId,
    pub(super) base: Base,
    pub(super) through: Head,
    pub(super) head: Head,
    pub(super) checkpoints: Vec<(u64, String)>,
    pub(super) lines: Vec<Line>,
    pub(super) proofs: String,
    pub(super) has_end: bool,
}

pub(super) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).unwrap()
}

pub(super) fn public(seed: u8) -> PublicKey {
    key(seed).public_key(&Origin::default(), &tenant("acme"))
}

/// The body of the record at `seq`.
pub(super) fn body(tenant: &str, seq: i64) -> String {
    let time_us = MADE_S as i64 * 1_000_000 - 3_600_000_000 + seq * 1_000_000;
    format!(
        r#"{{"key_id":"0123456789abcdef","kind":"key_created","record":"019c1400-0000-7000-8000-{seq:012}","role":"client","stored_us":{time_us},"tenant":"{tenant}","time_us":{time_us},"v":2}}"#
    )
}

/// Records with these bodies, each following the one before.
pub(super) fn link(base: &Base, bodies: impl IntoIterator<Item = String>) -> Vec<Line> {
    let mut at = base.head;
    let lines = bodies.into_iter().map(|body| {
        let (prev, next) = (at.hash, at.append(body.as_bytes()));
        at = next;
        Line { seq: next.seq.value(), prev, hash: next.hash, body }
    });
    lines.collect()
}

fn walked(base: &Base, lines: &[Line]) -> Base {
    let mut base = base.clone();
    lines.iter().for_each(|line| base.follow(line.hash));
    base
}

/// The checkpoint over the first records of `lines`.
pub(super) fn checkpoint(key: &SigningKey, tenant: &TenantId, lines: &[Line], size: u64) -> (u64, String) {
    checkpoint_at(MADE_S - 3600 + size, key, tenant, lines, size)
}

/// The same, signed at `time_s`.
pub(super) fn checkpoint_at(
    time_s: u64,
    key: &SigningKey,
    tenant: &TenantId,
    lines: &[Line],
    size: u64,
) -> (u64, String) {
    let base = walked(&Base::genesis(tenant), &lines[..usize::try_from(size).unwrap()]);
    let root = base.frontier.root();
    let checkpoint = Checkpoint { origin: Origin::default(), tenant: tenant.clone(), size, root, time_s };
    (size, key.sign(checkpoint).text().to_owned())
}

pub(super) fn last(lines: &[Line]) -> Head {
    let line = lines.last().unwrap();
    Head { seq: Seq::new(line.seq).unwrap(), hash: line.hash }
}

/// An archive of a whole chain of nine records with checkpoints at 3, 6 and 8.
pub(super) fn whole() -> Draft {
    let tenant = tenant("acme");
    let base = Base::genesis(&tenant);
    let lines = link(&base, (1..=9).map(|seq| body("acme", seq)));
    let checkpoints = [3, 6, 8].map(|size| checkpoint(&key(7), &tenant, &lines, size)).to_vec();
    let head = last(&lines);
    let (kind, proofs, has_end) = ("range", String::new(), true);
    Draft { kind, tenant, base, through: head, head, checkpoints, lines, proofs, has_end }
}

impl Draft {
    /// Everything behind `seq` as if it had not been written yet.
    pub(super) fn up_to(mut self, seq: usize) -> Draft {
        self.lines.truncate(seq);
        self.checkpoints.retain(|(size, _)| *size <= seq as u64);
        (self.through, self.head) = (last(&self.lines), last(&self.lines));
        self
    }

    /// The bodies rewritten from `seq` on, with all that follows from that.
    pub(super) fn rewritten(mut self, seq: usize) -> Draft {
        let mut bodies: Vec<String> = self.lines.iter().map(|line| line.body.clone()).collect();
        bodies[seq - 1] = bodies[seq - 1].replace("client", "admin");
        self.lines = link(&self.base, bodies);
        (self.through, self.head) = (last(&self.lines), last(&self.lines));
        self
    }

    /// The records from `first` to `last` alone.
    pub(super) fn range(mut self, first: usize, last_one: usize) -> Draft {
        self.base = walked(&self.base, &self.lines[..first - 1]);
        self.through = last(&self.lines[..last_one]);
        let covering = self.checkpoints.iter().map(|(size, _)| *size).find(|size| *size >= last_one as u64);
        if let Some(to) = covering.filter(|to| *to > last_one as u64) {
            self.proofs = self.consistency(last_one as u64, to);
        }
        self.lines = self.lines[first - 1..last_one].to_vec();
        self.checkpoints.retain(|(size, _)| *size >= first as u64 && covering.is_none_or(|to| *size <= to));
        self
    }

    /// These records alone, with a proof for each.
    pub(super) fn selection(mut self, seqs: &[i64]) -> Draft {
        self.kind = "selection";
        for seq in seqs {
            let covering = self.checkpoints.iter().map(|(size, _)| *size).find(|size| *size >= seq.unsigned_abs());
            if let Some(size) = covering {
                let mut builder = ProofBuilder::new(self.base.frontier.clone(), size).unwrap();
                assert!(builder.want_inclusion(seq.unsigned_abs() - 1));
                self.lines.iter().for_each(|line| builder.push(line.hash));
                let path = path(&builder.inclusion(seq.unsigned_abs() - 1).unwrap().path);
                writeln!(self.proofs, r#"{{"seq":{seq},"size":{size},"path":{path}}}"#).unwrap();
            }
        }
        self.lines.retain(|line| seqs.contains(&line.seq));
        self
    }

    fn consistency(&self, from: u64, to: u64) -> String {
        let mut builder = ProofBuilder::new(Base::genesis(&self.tenant).frontier, to).unwrap();
        assert!(builder.want_consistency(from));
        self.lines.iter().for_each(|line| builder.push(line.hash));
        let path = path(&builder.consistency(from).unwrap().path);
        format!("{{\"from\":{from},\"to\":{to},\"path\":{path}}}\n")
    }

    /// The archive's bytes.
    pub(super) fn tar(&self) -> Vec<u8> {
        let place = |head: Head| format!(r#"{{"seq":{},"hash":"{}"}}"#, head.seq, head.hash);
        let frontier = path(self.base.frontier.nodes());
        let manifest = format!(
            "{{\"format\":\"cordon-audit-export\",\"version\":1,\"kind\":\"{}\",\"tenant\":\"{}\",\"base\":{{\"seq\":{},\
             \"hash\":\"{}\",\"frontier\":{frontier}}},\"through\":{},\"head\":{},\"made_us\":{}}}\n",
            self.kind,
            self.tenant,
            self.base.seq(),
            self.base.head.hash,
            place(self.through),
            place(self.head),
            MADE_S * 1_000_000,
        );
        let mut out = tar::Builder::new(Vec::new());
        append(&mut out, "manifest.json", &manifest);
        append(&mut out, "keys.txt", &format!("{}\n", public(7)));
        // Two segments, to show that there may be more than one.
        let (first, second) = self.lines.split_at(self.lines.len() / 2);
        let end = if self.kind == "range" { first.last().map_or(0, |line| line.seq.unsigned_abs()) } else { u64::MAX };
        let (early, late): (Vec<_>, Vec<_>) = self.checkpoints.iter().partition(|(size, _)| *size <= end);
        for (name, checkpoints, lines) in [("000001", early, first), ("000002", late, second)] {
            append(&mut out, &format!("checkpoints/{name}.jsonl"), &notes(checkpoints));
            append(&mut out, &format!("records/{name}.jsonl"), &records(lines));
        }
        append(&mut out, "proofs.jsonl", &self.proofs);
        if self.has_end {
            let end = format!("{{\"records\":{},\"through\":{}}}\n", self.lines.len(), place(self.through));
            append(&mut out, "end.json", &end);
        }
        out.into_inner().unwrap()
    }
}

pub(super) fn notes<'a>(checkpoints: impl IntoIterator<Item = &'a (u64, String)>) -> String {
    let line = |(size, note): &(u64, String)| format!("{}\n", serde_json::json!({"size": size, "note": note}));
    checkpoints.into_iter().map(line).collect()
}

fn records(lines: &[Line]) -> String {
    let line = |Line { seq, prev, hash, body }: &Line| {
        format!("{{\"seq\":{seq},\"prev_hash\":\"{prev}\",\"hash\":\"{hash}\",\"body\":{body}}}\n")
    };
    lines.iter().map(line).collect()
}

fn path(nodes: &[Hash]) -> String {
    let digits: Vec<String> = nodes.iter().map(|node| format!("\"{node}\"")).collect();
    format!("[{}]", digits.join(","))
}

fn append(out: &mut tar::Builder<Vec<u8>>, name: &str, text: &str) {
    let mut header = tar::Header::new_ustar();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(MADE_S);
    out.append_data(&mut header, name, text.as_bytes()).unwrap();
}
