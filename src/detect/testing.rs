//! What the tests of detection share.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The processor time that `work` takes on this thread, which other load on the machine
/// does not stretch as it does the time on the wall.
pub(super) fn processor_time(work: impl FnOnce()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
    };
    let started = now();
    work();
    now() - started
}
