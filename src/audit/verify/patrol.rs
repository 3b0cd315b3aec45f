//! Verifying in the background, in one of the processes of a database.
//!
//! An incremental run each interval finds what was done to new records within
//! minutes. What is done to old ones is found by the full run, which is slow on
//! purpose: a nightly one over millions of records took 13 hours elsewhere.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinHandle;

use super::{Bad, Mode, Pace, Verdict, Verifier, VerifyError, now_s};
use crate::audit::leader::Leader;
use crate::audit::{Actor, AuditLog};
use crate::telemetry;
use crate::tenant::TenantId;

/// The office that one process holds.
const OFFICE: &str = "audit verifier";

/// How often.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    /// From one round to the next.
    pub interval: Duration,
    /// From one full verification of a chain to the next.
    pub full_interval: Duration,
    /// A chain that took long rests this many times as long as it took.
    pub rest_factor: u32,
}

impl Rounds {
    /// The rest factor of a server.
    pub const REST_FACTOR: u32 = 10;
}

/// Verifies all chains again and again.
pub struct Patrol {
    verifier: Verifier,
    audit: AuditLog,
    options: PgConnectOptions,
    rounds: Rounds,
    leader: Option<Leader>,
    known: HashMap<TenantId, Known>,
}

/// What the last verification of a chain came to.
struct Known {
    first_bad: Option<Bad>,
    full_s: Option<u64>,
    not_before: Instant,
}

impl Patrol {
    /// A patrol that begins with [`Patrol::start`].
    pub fn new(verifier: Verifier, audit: AuditLog, options: PgConnectOptions, rounds: Rounds) -> Patrol {
        let verifier = verifier.at_pace(Pace::Gentle);
        Patrol { verifier, audit, options, rounds, leader: None, known: HashMap::new() }
    }

    /// Goes its rounds until the task is aborted.
    pub fn start(mut self) -> JoinHandle<()> {
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(self.rounds.interval).await;
                if let Err(error) = self.round().await {
                    tracing::warn!(%error, "the audit log could not be verified in the background");
                }
            }
        })
    }

    /// Verifies each chain that is due, if this process is the one to do it. One
    /// that cannot be read keeps nobody from looking at the others.
    ///
    /// # Errors
    /// When it could not be found out which chains there are, or of one of them
    /// whether it is whole: the first such error, when the round is over.
    pub async fn round(&mut self) -> Result<(), VerifyError> {
        let mut done = Ok(());
        if !self.leads().await? {
            self.known.clear();
            return done;
        }
        let mut unread = 0;
        for tenant in self.verifier.chains().await? {
            if !self.leads().await? {
                self.known.clear();
                return done;
            }
            if self.known.get(&tenant).is_some_and(|known| known.not_before > Instant::now()) {
                continue;
            }
            if let Err(error) = self.look_at(&tenant).await {
                tracing::error!(%error, %tenant, "a chain of the audit log could not be verified");
                unread += usize::from(self.known.remove(&tenant).is_none_or(|known| known.first_bad.is_none()));
                done = done.and(Err(error));
            }
        }
        let broken = self.known.values().filter(|known| known.first_bad.is_some()).count();
        telemetry::audit_chains(self.known.len() - broken, broken + unread);
        done
    }

    async fn leads(&mut self) -> Result<bool, VerifyError> {
        if let Some(leader) = &mut self.leader
            && leader.holds().await
        {
            return Ok(true);
        }
        self.leader = None;
        self.leader = Leader::acquire(&self.options, OFFICE).await?;
        Ok(self.leader.is_some())
    }

    async fn look_at(&mut self, tenant: &TenantId) -> Result<(), VerifyError> {
        let known = self.known.get(tenant);
        let full_s = known.and_then(|known| known.full_s).or_else(|| self.verifier.last_full_s(tenant));
        let is_due = full_s.is_none_or(|at| at.saturating_add(self.rounds.full_interval.as_secs()) <= now_s());
        let mode = if is_due { Mode::Full } else { Mode::Incremental };
        let begun = Instant::now();
        let verdict = self.verifier.verify(tenant, mode, |_, _| {}).await?;
        let took = begun.elapsed();
        let before = known.map(|known| known.first_bad.clone());
        self.report(&verdict, took, before.as_ref()).await;
        let known = Known {
            full_s: if verdict.mode == Mode::Full { Some(now_s()) } else { full_s },
            not_before: begun + took * self.rounds.rest_factor,
            first_bad: verdict.first_bad,
        };
        self.known.insert(tenant.clone(), known);
        Ok(())
    }

    /// Counts and logs what was found, and records a full run, and a defect when it
    /// is a new one.
    async fn report(&self, verdict: &Verdict, took: Duration, before: Option<&Option<Bad>>) {
        telemetry::audit_verified(verdict.word(), verdict.is_whole(), verdict.records_whole, took);
        let is_known = before == Some(&verdict.first_bad);
        if let Some(bad) = &verdict.first_bad {
            let (tenant, seq, verdict) = (&verdict.tenant, bad.seq.value(), verdict.word());
            tracing::error!(%tenant, seq, verdict, "the audit log is not whole: {bad}; run `cordon audit verify`");
        }
        // What an incremental run finds broken is read in full.
        if verdict.mode != Mode::Full || !verdict.may_be_recorded() || (is_known && !verdict.is_whole()) {
            return;
        }
        if let Err(error) = self.audit.append(&verdict.tenant, verdict.event(Actor::Server)).await {
            tracing::warn!(%error, tenant = %verdict.tenant, "a verification of the audit log is not recorded");
        }
    }
}
