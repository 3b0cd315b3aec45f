//! Tenants and the API keys that name them.

mod id;
pub mod keys;

pub use id::{InvalidTenantId, TenantId};

/// What an API key may do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Call the dialects' endpoints.
    Client,
    /// Read the tenant's audit log.
    Auditor,
    /// Manage keys and policies.
    Admin,
}

impl Role {
    /// The role's name in the CLI, the database and the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Client => "client",
            Role::Auditor => "auditor",
            Role::Admin => "admin",
        }
    }

    /// The role called `name`.
    pub fn parse(name: &str) -> Option<Role> {
        [Role::Client, Role::Auditor, Role::Admin].into_iter().find(|role| role.as_str() == name)
    }
}
