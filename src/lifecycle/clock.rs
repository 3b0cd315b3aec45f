//! The wall clock against one that nobody can set.

use std::time::{Duration, Instant, SystemTime};

use crate::audit::{AuditLog, ClockStepped, Event};
use crate::tenant::TenantId;

const PERIOD: Duration = Duration::from_secs(1);
/// A smaller difference is the clock being slowly put right, or chance.
const STEP_MIN_MS: i64 = 1000;
/// Two clocks that are read further apart than this tell nothing of each other:
/// the process was not running in between.
const READING_MAX: Duration = Duration::from_millis(100);

/// Records each step of the wall clock. A machine that slept counts as one: the
/// other clock stands still meanwhile (`CLOCK_MONOTONIC`, clock_gettime(2)).
pub(super) async fn watch(audit: AuditLog) {
    watch_against(audit, SystemTime::now).await;
}

async fn watch_against(audit: AuditLog, wall_clock: impl Fn() -> SystemTime) {
    let mut clocks = Clocks::at(wall_clock(), Instant::now());
    loop {
        tokio::time::sleep(PERIOD).await;
        let (before, wall) = (Instant::now(), wall_clock());
        if before.elapsed() > READING_MAX {
            continue;
        }
        if let Some(by_ms) = clocks.step(wall, before) {
            tracing::warn!(by_ms, "the wall clock was set");
            let _ = audit.note(&TenantId::system(), Event::ClockStepped(ClockStepped { by_ms })).await;
        }
    }
}

/// Both clocks when they last agreed.
struct Clocks {
    wall: SystemTime,
    monotonic: Instant,
}

impl Clocks {
    fn at(wall: SystemTime, monotonic: Instant) -> Clocks {
        Clocks { wall, monotonic }
    }

    /// By how many milliseconds the wall clock has left the other one, when that
    /// is a step; from then on they agree anew. Several small steps add up: what
    /// slews the wall clock slews the other one too.
    fn step(&mut self, wall: SystemTime, monotonic: Instant) -> Option<i64> {
        let ran_ms = millis(monotonic.saturating_duration_since(self.monotonic));
        let by_ms = match wall.duration_since(self.wall) {
            Ok(forward) => millis(forward) - ran_ms,
            Err(back) => -millis(back.duration()) - ran_ms,
        };
        let stepped = by_ms.abs() > STEP_MIN_MS;
        if stepped {
            *self = Clocks::at(wall, monotonic);
        }
        stepped.then_some(by_ms)
    }
}

/// Far below what canonical JSON can hold, and what a subtraction overflows.
fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).min(1 << 51)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::audit::query::{self, Filter};
    use crate::audit::{AuditConfig, AuditLog};
    use crate::store::testing::fresh_store;

    /// The clock is set back by an hour while the server runs.
    #[tokio::test]
    async fn a_step_is_on_the_record_of_the_system() {
        static SET_BACK_S: AtomicU64 = AtomicU64::new(0);
        let store = fresh_store().await;
        let audit = AuditLog::start(&store, AuditConfig::default());
        let clock = || SystemTime::now() - Duration::from_secs(SET_BACK_S.load(Ordering::Relaxed));
        let watching = watch_against(audit.clone(), clock);
        let looking = async {
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                SET_BACK_S.store(3600, Ordering::Relaxed);
                let records = query::records(&store.pool, &Filter::of(TenantId::system())).await.unwrap();
                if let Some(record) = records.first() {
                    break serde_json::from_str::<serde_json::Value>(&record.body).unwrap();
                }
            }
        };
        let record = tokio::select! {
            () = watching => unreachable!("the watch never ends"),
            record = tokio::time::timeout(Duration::from_secs(120), looking) => record.unwrap(),
        };
        assert_eq!(record["kind"], "clock_stepped");
        let by_ms = record["by_ms"].as_i64().unwrap();
        assert!((-3_600_500..-3_598_000).contains(&by_ms), "{by_ms}");
    }

    #[test]
    fn a_step_in_either_direction_is_told_once_with_its_size() {
        let (wall, monotonic) = (SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000), Instant::now());
        let mut clocks = Clocks::at(wall, monotonic);
        let after = |seconds: u64| monotonic + Duration::from_secs(seconds);
        let shows = |ms: i64| match u64::try_from(ms) {
            Ok(ms) => wall + Duration::from_millis(ms),
            Err(_) => wall - Duration::from_millis(ms.unsigned_abs()),
        };
        assert_eq!(clocks.step(shows(1_000), after(1)), None);
        assert_eq!(clocks.step(shows(2_900), after(2)), None, "less than a second is no step");
        assert_eq!(clocks.step(shows(3_000 + 3_600_000), after(3)), Some(3_600_000));
        assert_eq!(clocks.step(shows(4_000 + 3_600_000), after(4)), None);
        assert_eq!(clocks.step(shows(5_000 - 60_000), after(5)), Some(-3_660_000));
        assert_eq!(clocks.step(shows(6_000 - 60_000), after(6)), None);
    }

    #[test]
    fn small_steps_add_up() {
        let (wall, monotonic) = (SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000), Instant::now());
        let mut clocks = Clocks::at(wall, monotonic);
        let stepped: Vec<Option<i64>> = (1..=4_u64)
            .map(|n| clocks.step(wall + Duration::from_millis(n * 1_600), monotonic + Duration::from_secs(n)))
            .collect();
        assert_eq!(stepped, [None, Some(1_200), None, Some(1_200)]);
    }

    #[test]
    fn a_clock_that_is_set_to_the_end_of_time_has_a_step_of_a_size() {
        let (wall, monotonic) = (SystemTime::UNIX_EPOCH, Instant::now());
        let mut clocks = Clocks::at(wall + Duration::from_secs(1 << 60), monotonic);
        assert_eq!(clocks.step(wall, monotonic), Some(-(1 << 51)));
    }
}
