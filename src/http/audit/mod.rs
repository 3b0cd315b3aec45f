//! The audit log over HTTP: what a key of the role auditor or admin may ask of
//! its own tenant's chain, under `/cordon/v1/audit/`.
//!
//! A handler takes an [`AuditReader`], makes its answer, records that it was asked
//! ([`AuditReader::tell`]) and only then answers ([`answer::json`]).

mod answer;
mod checkpoints;
mod cursor;
mod export;
mod parameters;
mod reader;
mod records;
mod report;
mod verify;

use actix_web::web;

pub use verify::Verification;

/// A route for each question.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/cordon/v1/audit/records", web::get().to(records::list))
        .route("/cordon/v1/audit/checkpoints", web::get().to(checkpoints::list))
        .route("/cordon/v1/audit/proof", web::get().to(checkpoints::prove))
        .route("/cordon/v1/audit/verify", web::get().to(verify::verify))
        .route("/cordon/v1/audit/export", web::get().to(export::export))
        .route("/cordon/v1/audit/report", web::get().to(report::report));
}
