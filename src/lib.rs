//! Cordon: a proxy that speaks OpenAI's API and keeps personal data inside its
//! owner's perimeter.
//!
//! `docs/architecture.md` shows how the modules fit together and
//! `docs/life-of-a-request.md` walks one request through them.

pub mod audit;
#[cfg(test)]
mod checks;
pub mod cli;
pub mod config;
pub mod detect;
pub mod dialect;
pub mod http;
pub mod lifecycle;
pub mod local;
pub mod pipeline;
pub mod policy;
pub mod scrub;
pub mod startup;
pub mod store;
pub mod telemetry;
pub mod tenant;
pub mod upstream;
pub mod vault;
