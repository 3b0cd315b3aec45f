//! What the others use of Cordon's `src/tenant/`.

#[path = "../../src/tenant/id.rs"]
mod id;

pub use id::{InvalidTenantId, TenantId};
