//! The audit log under load and under `kill -9`: several processes on one real
//! database.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed set-up should stop a test where it happened")]
#![allow(clippy::print_stdout, reason = "a seed has to be seen to be used again")]

mod chaos;
mod database;
mod load;
#[path = "../gateway/leak/random.rs"]
#[allow(dead_code, reason = "it also makes text, which nobody here needs")]
mod random;
mod said;
mod worker;
