//! `cordon keys`: makes, lists and revokes API keys.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::audit::{fail, with_store};
use super::input::ignore_closed_pipe;
use crate::audit::{AuditConfig, AuditLog, Event, KeyCreated, KeyRevoked};
use crate::store::{DatabaseConfig, Store};
use crate::tenant::keys::{KeyId, KeyInfo, KeyStore, REVOCATION_DELAY_MAX};
use crate::tenant::{Role, TenantId};

/// How long a command waits at its end for the audit log.
pub(super) const STOP_MAX: Duration = Duration::from_secs(5);

/// Makes, lists and revokes API keys.
#[derive(Args, Debug)]
pub struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Subcommand, Debug)]
enum KeysCommand {
    /// Make a key and print it; it is shown this once and stored as a hash
    Create {
        /// Owner of the key; made if it does not exist
        #[arg(long, value_parser = parse_tenant)]
        tenant: TenantId,
        /// What the key may do: client (call the API), auditor (read the audit log), admin
        #[arg(long, value_parser = parse_role, default_value = "client")]
        role: Role,
    },
    /// List keys with their tenant, role and state
    List {
        /// Only this tenant's
        #[arg(long, value_parser = parse_tenant)]
        tenant: Option<TenantId>,
    },
    /// Revoke a key; running servers refuse it within seconds
    Revoke {
        /// The key's id, the part between `cdn_` and the second `_`
        #[arg(value_parser = parse_key_id)]
        id: KeyId,
    },
}

/// Runs the command. Exit code 0, or 2 with a message when it cannot be done.
pub async fn run(args: KeysArgs, database: DatabaseConfig) -> ExitCode {
    let done = with_store(database, async |store| execute(args.command, store).await);
    done.await.map_or_else(|error| fail(&*error), |()| ExitCode::SUCCESS)
}

async fn execute(command: KeysCommand, store: &Store) -> Result<(), Box<dyn Error>> {
    let keys = KeyStore::new(store.pool.clone());
    let mut out = io::stdout().lock();
    match command {
        KeysCommand::Create { tenant, role } => {
            let (key_id, key) = keys.create(&tenant, role).await?;
            record(store, &tenant, Event::KeyCreated(KeyCreated { key_id: key_id.clone(), role })).await?;
            // The key alone on standard output, for `KEY=$(cordon keys create ...)`.
            writeln!(out, "{}", key.expose())?;
            eprint(&format!("{} key {key_id} of tenant {tenant}; it is not shown again", role.as_str()))?;
        }
        KeysCommand::List { tenant } => {
            let listed = keys.list(tenant.as_ref()).await?;
            ignore_closed_pipe(write_list(&mut out, &listed))?;
        }
        KeysCommand::Revoke { id } => {
            let tenant = keys.revoke(&id).await?;
            record(store, &tenant, Event::KeyRevoked(KeyRevoked { key_id: id.clone() })).await?;
            let seconds = REVOCATION_DELAY_MAX.as_secs();
            let told =
                writeln!(out, "key {id} of tenant {tenant} is revoked; running servers refuse it within {seconds} s");
            ignore_closed_pipe(told)?;
        }
    }
    Ok(())
}

pub(super) async fn record(store: &Store, tenant: &TenantId, event: Event) -> Result<(), Box<dyn Error>> {
    record_all(store, vec![(tenant.clone(), event)]).await
}

/// Records each event on its tenant's chain, or says why not.
pub(super) async fn record_all(store: &Store, events: Vec<(TenantId, Event)>) -> Result<(), Box<dyn Error>> {
    let log = AuditLog::start(store, AuditConfig::default());
    let append = async |(tenant, event)| log.append(&tenant, event).await;
    let appended = futures_util::future::join_all(events.into_iter().map(append)).await;
    log.flush_and_stop(STOP_MAX).await;
    appended.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(())
}

fn write_list(out: &mut impl Write, keys: &[KeyInfo]) -> io::Result<()> {
    writeln!(out, "{:<16}  {:<20}  {:<7}  {:<20}  REVOKED", "ID", "TENANT", "ROLE", "CREATED")?;
    for KeyInfo { key_id, tenant, role, created_at_us, revoked_at_us } in keys {
        let revoked = revoked_at_us.map_or_else(|| "-".to_owned(), format_time);
        let created = format_time(*created_at_us);
        writeln!(out, "{key_id:<16}  {:<20}  {:<7}  {created:<20}  {revoked}", tenant.as_str(), role.as_str())?;
    }
    Ok(())
}

/// To the second, in UTC.
pub(super) fn format_time(us: i64) -> String {
    let seconds = Timestamp::from_microsecond(us).map(|t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    seconds.unwrap_or_else(|_| us.to_string())
}

fn eprint(line: &str) -> io::Result<()> {
    writeln!(io::stderr(), "{line}")
}

pub(super) fn parse_tenant(text: &str) -> Result<TenantId, crate::tenant::InvalidTenantId> {
    TenantId::parse(text)
}

/// A tenant's chain, or that of what belongs to no tenant.
pub(super) fn parse_chain(text: &str) -> Result<TenantId, crate::tenant::InvalidTenantId> {
    TenantId::parse_chain(text)
}

fn parse_role(text: &str) -> Result<Role, &'static str> {
    Role::parse(text).ok_or("a role is client, auditor or admin")
}

fn parse_key_id(text: &str) -> Result<KeyId, &'static str> {
    KeyId::parse(text).ok_or("a key's id has 16 characters of 0-9 and a-v; see `cordon keys list`")
}
