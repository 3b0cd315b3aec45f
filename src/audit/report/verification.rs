//! The verification that a report begins with.

use crate::audit::chain::Head;
use crate::audit::clock::now_us;
use crate::audit::verify::{Mode, Verdict, Verifier, VerifyError};
use crate::tenant::TenantId;

/// What the verifier said, and when. A report cannot be made without one, and
/// only running the verifier makes one (L47).
#[derive(Clone, Debug)]
pub struct Verification {
    pub(super) verdict: Verdict,
    pub(super) at_us: i64,
}

impl Verification {
    /// Verifies the whole chain of `tenant`. `progress` is told how many records
    /// are checked and how many there are.
    ///
    /// # Errors
    /// When it cannot be found out.
    pub async fn run(
        verifier: &Verifier,
        tenant: &TenantId,
        progress: impl FnMut(u64, u64),
    ) -> Result<Verification, VerifyError> {
        let verdict = verifier.verify(tenant, Mode::Full, progress).await?;
        Ok(Verification { verdict, at_us: now_us() })
    }

    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.verdict.is_whole()
    }

    /// In one line.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    pub(super) fn head(&self) -> Head {
        self.verdict.head
    }
}
