//! The HTTP server: authentication, thin routes and error shapes.

mod audit;
mod auth;
mod body;
mod dialects;
mod error;
mod models;
mod operation;
mod server;

pub use audit::Verification;
pub use error::ApiError;
pub use server::{State, serve};
