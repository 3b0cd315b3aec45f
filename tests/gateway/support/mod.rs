//! What the tests are made of.
//!
//! - [`Cordon`] is a running `cordon serve` with a home, a configuration and a
//!   database of its own; [`shared`] is one for all tests that need no other.
//! - [`Lane`] is a model behind it that only one test talks to: an upstream that
//!   answers by a script and keeps every request.
//! - [`Caller`] is a tenant with a key; [`Reply`] is what it got.

mod caller;
mod cordon;
mod echo;
mod files;
mod memory;
mod reply;
pub mod sinks;
mod upstream;

pub use caller::{Caller, read};
pub use cordon::{Cordon, shared};
pub use echo::{Echo, texts_of};
pub use files::{Database, Options, REFUSING_MODEL, UPSTREAM_KEY};
pub use memory::Memory;
pub use reply::{Choice, Reply};
pub use upstream::{Answer, Lane, Recorded, Then};

use std::time::Duration;

/// Longest wait for anything; a test that reaches it has failed.
pub const PATIENCE: Duration = Duration::from_secs(120);
