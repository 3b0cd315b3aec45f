//! When a chain is due for a checkpoint.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::audit::chain::Seq;
use crate::tenant::TenantId;

/// A chain that grows no more is anchored after this part of the interval.
const IDLE_PART: u32 = 4;
/// From one look at the heads to the next, when little happens and when a chain
/// grows fast.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_BUSY: Duration = Duration::from_millis(100);

/// How far a chain may go without a checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// The longest time.
    pub interval: Duration,
    /// The most records.
    pub records: u64,
}

/// What is known of each chain: a few dozen bytes.
pub(super) struct Chains {
    schedule: Schedule,
    chains: HashMap<TenantId, Chain>,
    /// Whether the chains that were there at the beginning are known.
    looked: bool,
}

struct Chain {
    head: Seq,
    /// The last checkpoint's size; `None` until one was made or found.
    anchored: Option<Seq>,
    /// Since when there are records without a checkpoint.
    waiting_since: Instant,
    grew_at: Instant,
    /// After a failure.
    not_before: Option<Instant>,
    refused: bool,
}

impl Chains {
    pub(super) fn new(schedule: Schedule) -> Chains {
        Chains { schedule, chains: HashMap::new(), looked: false }
    }

    /// Takes in how far the chains have come. Returns how long to wait before the
    /// next look.
    pub(super) fn saw(&mut self, heads: Vec<(TenantId, Seq)>, now: Instant) -> Duration {
        let mut grown_most = 0;
        // A chain that begins under these eyes has no checkpoint.
        let unknown = if std::mem::replace(&mut self.looked, true) { Some(Seq::NONE) } else { None };
        for (tenant, head) in heads {
            let chain = self.chains.entry(tenant).or_insert(Chain {
                head: Seq::NONE,
                anchored: unknown,
                waiting_since: now,
                grew_at: now,
                not_before: None,
                refused: false,
            });
            if chain.head != head {
                let grown = head.value().abs_diff(chain.head.value());
                if chain.head != Seq::NONE {
                    grown_most = grown_most.max(grown);
                }
                if chain.anchored == Some(chain.head) {
                    chain.waiting_since = now;
                }
                (chain.head, chain.grew_at) = (head, now);
            }
        }
        if grown_most > self.schedule.records / 10 { PAUSE_BUSY } else { PAUSE }
    }

    /// The chains that get a checkpoint now. Of a chain that was there before it is
    /// not known at first whether it needs one.
    pub(super) fn due(&self, now: Instant) -> Vec<TenantId> {
        let due = self.chains.iter().filter(|(_, chain)| chain.is_due(self.schedule, now));
        due.map(|(tenant, _)| tenant.clone()).collect()
    }

    /// The chains that have records without a checkpoint.
    pub(super) fn waiting(&self) -> Vec<TenantId> {
        let waiting = self.chains.iter().filter(|(_, chain)| chain.anchored != Some(chain.head) && !chain.refused);
        waiting.map(|(tenant, _)| tenant.clone()).collect()
    }

    /// A checkpoint of `size` was made or found.
    pub(super) fn anchored(&mut self, tenant: &TenantId, size: Seq, now: Instant) {
        if let Some(chain) = self.chains.get_mut(tenant) {
            (chain.anchored, chain.waiting_since, chain.not_before) = (Some(size), now, None);
            chain.head = chain.head.max(size);
            if std::mem::take(&mut chain.refused) {
                tracing::info!(%tenant, "the chain is again the one that was signed; checkpoints go on");
            }
        }
    }

    /// None could be made. It is tried again after an interval, at the earliest.
    /// True when that is news.
    pub(super) fn failed(&mut self, tenant: &TenantId, is_refused: bool, now: Instant) -> bool {
        let interval = self.schedule.interval;
        self.chains.get_mut(tenant).is_none_or(|chain| {
            let was_failing = chain.not_before.is_some();
            chain.not_before = Some(now + interval);
            std::mem::replace(&mut chain.refused, is_refused) != is_refused || !was_failing
        })
    }

    /// How many chains are refused.
    pub(super) fn refused(&self) -> usize {
        self.chains.values().filter(|chain| chain.refused).count()
    }

    /// How many records have no checkpoint.
    pub(super) fn unanchored(&self) -> u64 {
        let open = |chain: &Chain| chain.anchored.map_or(0, |size| chain.head.value().abs_diff(size.value()));
        self.chains.values().map(open).sum()
    }
}

impl Chain {
    fn is_due(&self, schedule: Schedule, now: Instant) -> bool {
        if self.head == Seq::NONE || self.not_before.is_some_and(|at| now < at) {
            return false;
        }
        let Some(anchored) = self.anchored else { return true };
        let records = self.head.value().abs_diff(anchored.value());
        records > 0
            && (records >= schedule.records
                || now.duration_since(self.waiting_since) >= schedule.interval
                || now.duration_since(self.grew_at) >= schedule.interval / IDLE_PART)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule = Schedule { interval: Duration::from_secs(60), records: 1000 };

    fn tenant() -> TenantId {
        TenantId::parse("acme").unwrap()
    }

    fn seq(seq: i64) -> Seq {
        Seq::new(seq).unwrap()
    }

    struct Clock(Instant, Chains);

    impl Clock {
        /// A chain that has a checkpoint over 10 records.
        fn start() -> Clock {
            let mut clock = Clock(Instant::now(), Chains::new(SCHEDULE));
            clock.see(10);
            assert_eq!(clock.due(), [tenant()], "nothing is known of it yet");
            clock.1.anchored(&tenant(), seq(10), clock.0);
            clock
        }

        fn see(&mut self, head: i64) -> Duration {
            self.1.saw(vec![(tenant(), seq(head))], self.0)
        }

        fn pass(&mut self, s: u64) -> &mut Clock {
            self.0 += Duration::from_secs(s);
            self
        }

        fn due(&self) -> Vec<TenantId> {
            self.1.due(self.0)
        }
    }

    #[test]
    fn a_chain_without_news_is_never_due() {
        let mut clock = Clock::start();
        clock.pass(100_000).see(10);
        assert!(clock.due().is_empty());
    }

    #[test]
    fn a_chain_is_due_after_the_interval_although_it_never_rests() {
        let mut clock = Clock::start();
        for (second, head) in (11..71).enumerate() {
            clock.see(head);
            assert!(clock.due().is_empty(), "{second}");
            clock.pass(1);
        }
        clock.see(71);
        assert_eq!(clock.due(), [tenant()]);
    }

    #[test]
    fn a_chain_is_due_after_so_many_records_and_looked_at_often_when_it_grows_fast() {
        let mut clock = Clock::start();
        assert_eq!(clock.pass(1).see(11), PAUSE);
        assert_eq!(clock.pass(1).see(900), PAUSE_BUSY);
        assert!(clock.due().is_empty());
        clock.see(1010);
        assert_eq!(clock.due(), [tenant()]);
        clock.1.anchored(&tenant(), seq(1012), clock.0);
        assert!(clock.due().is_empty() && clock.1.waiting().is_empty());
    }

    #[test]
    fn a_chain_that_begins_later_waits_like_the_others() {
        let mut clock = Clock::start();
        let other = TenantId::parse("other").unwrap();
        clock.1.saw(vec![(other.clone(), seq(1))], clock.0);
        assert!(clock.due().is_empty());
        assert_eq!(clock.1.waiting(), std::slice::from_ref(&other));
        clock.pass(15);
        assert_eq!(clock.due(), [other]);
    }

    #[test]
    fn a_chain_that_rests_is_due_soon() {
        let mut clock = Clock::start();
        clock.see(11);
        clock.pass(14).see(11);
        assert!(clock.due().is_empty());
        clock.pass(1).see(11);
        assert_eq!(clock.due(), [tenant()]);
    }

    #[test]
    fn a_refused_chain_is_tried_again_after_an_interval_and_told_of_once() {
        let mut clock = Clock::start();
        clock.see(2000);
        assert!(clock.1.failed(&tenant(), true, clock.0));
        assert!(clock.due().is_empty() && clock.1.waiting().is_empty());
        assert_eq!((clock.1.refused(), clock.1.unanchored()), (1, 1990));
        clock.pass(60);
        assert_eq!(clock.due(), [tenant()]);
        assert!(!clock.1.failed(&tenant(), true, clock.0));
        clock.1.anchored(&tenant(), seq(2001), clock.0);
        assert_eq!((clock.1.refused(), clock.1.unanchored()), (0, 0));
    }
}
