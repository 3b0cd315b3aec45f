//! The report for a period: what left, under which policy, and whether the log
//! that says so is whole.
//!
//! The verifier runs first ([`Verification::run`]), and its verdict stands at the
//! top of the page and, when it is bad, above each section (L47). The figures
//! are counted from the bodies that were hashed, not from an index beside them,
//! and the links of the records that are counted are checked on the way.

mod body;
mod chart;
mod checkpoints;
mod collect;
mod figures;
mod page;
mod scale;
mod tally;
#[cfg(test)]
mod tests;
mod verification;

use sqlx::PgPool;

use super::chain::Seq;
use crate::tenant::TenantId;
use checkpoints::Checkpoints;
pub use figures::Figures;
pub use scale::Scale;
pub use verification::Verification;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The period is none.
    #[error("the period ends before it begins")]
    NoPeriod,
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// A report.
#[derive(Debug)]
pub struct Report {
    tenant: TenantId,
    verification: Verification,
    figures: Figures,
    checkpoints: Checkpoints,
    /// The first counted record that did not follow from the one before it.
    first_break: Option<Seq>,
}

impl Report {
    /// Counts what the records between two times (microseconds since 1970) say.
    /// `progress` is told how many records are read and how many there are.
    pub async fn make(
        pool: &PgPool,
        tenant: &TenantId,
        (since_us, until_us): (i64, i64),
        verification: Verification,
        progress: impl FnMut(u64, u64),
    ) -> Result<Report, ReportError> {
        let scale = Scale::new(since_us, until_us).ok_or(ReportError::NoPeriod)?;
        let collected = collect::collect(pool, tenant, scale, progress).await?;
        let checkpoints = Checkpoints::read(pool, tenant, &scale).await?;
        let (figures, first_break) = (collected.figures, collected.first_break);
        Ok(Report { tenant: tenant.clone(), verification, figures, checkpoints, first_break })
    }

    /// Whether the log is whole, as far as the verifier and the count saw.
    pub fn is_whole(&self) -> bool {
        self.verification.is_whole() && self.first_break.is_none() && self.figures.malformed == 0
    }

    /// What the verifier said.
    pub fn verification(&self) -> &Verification {
        &self.verification
    }

    /// The figures.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// The page: HTML that needs nothing else, for a screen and for paper.
    pub fn to_html(&self) -> String {
        page::page(self).into_string()
    }
}
