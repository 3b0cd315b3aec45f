//! Raw configuration files, resolved once into settings; nothing after start-up interprets a string.

pub mod assets;
mod audit;
mod document;
mod home;
mod http_provider;
mod key_file;
mod key_path;
mod models;
mod provider;
mod providers;
mod raw;
mod resolve;
mod settings;
mod suggest;
mod targets;

pub use audit::{AuditHttp, AuditS3, AuditSettings};
pub use document::{Document, FileError, Problems};
pub use home::Home;
pub use key_file::{KeyFileError, has_signing_key, load_master_key, load_signing_key};
pub use key_path::KeyPath;
pub use resolve::{EMBEDDED, Environment, load};
pub use settings::{DatabaseSettings, ServerSettings, Settings};
pub use suggest::did_you_mean;
pub use targets::{HttpProvider, KeyHeader, Model, Provider, ProviderKind, Target, Targets};

#[cfg(test)]
mod tests;
