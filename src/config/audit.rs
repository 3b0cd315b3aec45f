//! `[audit]`: checkpoints, where they are kept, and how often the log is
//! looked at.

use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;

use super::http_provider::url;
use super::key_path::KeyPath;
use super::raw::{RawAudit, RawAuditHttp, RawAuditS3};
use super::resolve::Resolver;
use crate::audit::Configured;
use crate::audit::checkpoint::{Origin, PublicKey};

const DAY_S: u64 = 24 * 60 * 60;

/// How the audit log is anchored and checked.
#[derive(Debug, Clone)]
pub struct AuditSettings {
    /// The first part of the first line of each checkpoint; default `cordon`.
    pub origin: Origin,
    /// What records call this process; `None` takes a random name.
    pub replica: Option<Configured>,
    /// The longest time from a record to a checkpoint over it; default 60 s.
    pub checkpoint_interval: Duration,
    /// The most records from one checkpoint to the next; default 1,000.
    pub checkpoint_records: u64,
    /// Keys that signed before the present one.
    pub trusted_keys: Vec<PublicKey>,
    /// How long an accepted request may stay without an end before one is
    /// recorded for it; default an hour.
    pub orphan_after: Duration,
    /// From one verification in the background to the next; default 5 minutes.
    pub verify_interval: Duration,
    /// From one full verification in the background to the next; default a week.
    pub full_verify_interval: Duration,
    /// A server that is sent each checkpoint.
    pub http: Option<AuditHttp>,
    /// A bucket that keeps each checkpoint.
    pub s3: Option<AuditS3>,
}

/// A server that is sent each checkpoint.
#[derive(Debug, Clone)]
pub struct AuditHttp {
    /// Where notes are posted to.
    pub url: Url,
    /// Sent as `Authorization: Bearer`.
    pub token: Option<SecretString>,
}

/// A bucket of an S3-compatible store, with object lock.
#[derive(Debug, Clone)]
pub struct AuditS3 {
    /// The store, such as `https://s3.eu-central-1.amazonaws.com/`.
    pub endpoint: Url,
    /// The bucket's name.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// What each object's name begins with; empty or ending with `/`.
    pub prefix: String,
    /// Who signs the requests.
    pub access_key: SecretString,
    /// What they are signed with.
    pub secret_key: SecretString,
    /// How many days nobody may remove or replace an object.
    pub retain_days: u32,
}

pub(super) fn resolve(resolver: &mut Resolver<'_>, raw: RawAudit) -> AuditSettings {
    let at = KeyPath::new("audit");
    let seconds = |resolver: &mut Resolver<'_>, key: &str, value, default, max| {
        Duration::from_secs(resolver.number(&at, key, value, default, 1..=max) as u64)
    };
    AuditSettings {
        origin: origin(resolver, &at, raw.origin),
        replica: raw.replica.and_then(|name| replica(resolver, &at, name)),
        checkpoint_interval: seconds(resolver, "checkpoint_interval_s", raw.checkpoint_interval_s, 60, DAY_S),
        checkpoint_records: resolver.number(&at, "checkpoint_records", raw.checkpoint_records, 1000, 1..=1_000_000)
            as u64,
        trusted_keys: trusted_keys(resolver, &at, &raw.trusted_keys),
        orphan_after: seconds(resolver, "orphan_after_s", raw.orphan_after_s, 3600, 365 * DAY_S),
        verify_interval: seconds(resolver, "verify_interval_s", raw.verify_interval_s, 300, 365 * DAY_S),
        full_verify_interval: Duration::from_secs(
            resolver.number(&at, "full_verify_interval_h", raw.full_verify_interval_h, 7 * 24, 1..=365 * 24) as u64
                * 3600,
        ),
        http: raw.http.and_then(|raw| http(resolver, &at.key("http"), raw)),
        s3: raw.s3.and_then(|raw| s3(resolver, &at.key("s3"), raw)),
    }
}

fn origin(resolver: &mut Resolver<'_>, at: &KeyPath, text: Option<String>) -> Origin {
    let Some(text) = text else { return Origin::default() };
    Origin::parse(&text).unwrap_or_else(|problem| {
        resolver.problem(&at.key("origin"), problem);
        Origin::default()
    })
}

fn replica(resolver: &mut Resolver<'_>, at: &KeyPath, name: String) -> Option<Configured> {
    let fits = (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !fits {
        resolver.problem(&at.key("replica"), "must be 1 to 64 letters, digits, -, _ and .");
    }
    fits.then(|| Configured::name(name))
}

fn trusted_keys(resolver: &mut Resolver<'_>, at: &KeyPath, listed: &[String]) -> Vec<PublicKey> {
    let mut keys = Vec::new();
    for (index, text) in listed.iter().enumerate() {
        match text.parse() {
            Ok(key) => keys.push(key),
            Err(problem) => resolver.problem(&at.key("trusted_keys").index(index), problem),
        }
    }
    keys
}

fn http(resolver: &mut Resolver<'_>, at: &KeyPath, raw: RawAuditHttp) -> Option<AuditHttp> {
    let url = url(resolver, at, "url", &raw.url);
    let token = raw.token_env.map(|variable| secret(resolver, at, "token_env", &variable));
    match token {
        Some(None) => None,
        token => Some(AuditHttp { url: url?, token: token.flatten() }),
    }
}

fn s3(resolver: &mut Resolver<'_>, at: &KeyPath, raw: RawAuditS3) -> Option<AuditS3> {
    let mut endpoint = url(resolver, at, "endpoint", &raw.endpoint);
    if let Some(endpoint) = endpoint.as_mut().filter(|endpoint| !endpoint.path().ends_with('/')) {
        endpoint.set_path(&format!("{}/", endpoint.path()));
    }
    // The rules of Amazon's names; other stores have the same or fewer.
    let bucket_fits = (3..=63).contains(&raw.bucket.len())
        && raw.bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b));
    if !bucket_fits {
        resolver.problem(&at.key("bucket"), "must be 3 to 63 of a-z, 0-9, - and .");
    }
    let word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !word(&raw.region) {
        resolver.problem(&at.key("region"), "must be letters, digits and -, such as \"eu-central-1\"");
    }
    let prefix = prefix(resolver, at, raw.prefix);
    let access_key = secret(resolver, at, "access_key_env", &raw.access_key_env);
    let secret_key = secret(resolver, at, "secret_key_env", &raw.secret_key_env);
    let retain_days = resolver.number(at, "retain_days", Some(raw.retain_days), 1, 1..=36_500);
    Some(AuditS3 {
        endpoint: endpoint?,
        bucket: raw.bucket,
        region: raw.region,
        prefix,
        access_key: access_key?,
        secret_key: secret_key?,
        retain_days: u32::try_from(retain_days).unwrap_or(u32::MAX),
    })
}

fn prefix(resolver: &mut Resolver<'_>, at: &KeyPath, text: Option<String>) -> String {
    let mut prefix = text.unwrap_or_default();
    if !prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b)) || prefix.len() > 200 {
        resolver.problem(&at.key("prefix"), "must be at most 200 letters, digits, -, _, . and /");
    }
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    // In a URL these would lead to other objects.
    let is_name = |part: &str| !matches!(part, "" | "." | "..");
    if !prefix.split_terminator('/').all(is_name) {
        resolver.problem(&at.key("prefix"), "must be made of names with one / between two, and none that is . or ..");
    }
    prefix
}

/// A secret of the environment. Commands go without it, and deliver nothing.
fn secret(resolver: &mut Resolver<'_>, at: &KeyPath, key: &str, variable: &str) -> Option<SecretString> {
    let value = resolver.environment.variable(variable).filter(|value| value.bytes().all(|b| b.is_ascii_graphic()));
    if value.is_none() && resolver.environment.needs_provider_keys {
        let message = format!("the environment variable {variable} is not set, or cannot stand in a header; set it");
        resolver.problem(&at.key(key), message);
    }
    value.map(SecretString::from)
}

#[cfg(test)]
mod tests;
