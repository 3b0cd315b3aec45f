//! The whole of Cordon from outside: the real binary between a client and a
//! recording upstream, on the real models and a real database.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed set-up should stop a test where it happened")]

mod support;

mod audit;
mod checkpoints;
mod dialects;
mod failures;
mod leak;
mod roundtrip;
