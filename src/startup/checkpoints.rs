//! Checkpoints of the audit log, from the settings.

use std::sync::Arc;

use secrecy::ExposeSecret;

use super::StartError;
use crate::audit::AuditLog;
use crate::audit::checkpoint::{
    Bucket, CheckpointFolder, CheckpointMaker, Checkpointer, HttpSink, Schedule, SigningKey, Sink, TrustedKeys,
};
use crate::config::{self, AuditSettings, Home, Settings};
use crate::store::Store;

/// The key that signs checkpoints; made at the first start.
pub fn signing_key(home: &Home) -> Result<SigningKey, StartError> {
    let text = config::load_signing_key(home).map_err(StartError::of)?;
    let seed = data_encoding::BASE64.decode(text.expose_secret().as_bytes()).map(zeroize::Zeroizing::new);
    let key = seed.ok().and_then(|seed| SigningKey::from_seed(&seed));
    key.ok_or_else(|| StartError::of("the key that signs checkpoints cannot be used; it must be 32 bytes in base64"))
}

/// What makes checkpoints with `audit`.
pub fn checkpoint_maker(settings: &Settings, store: &Store, audit: &AuditLog) -> Result<CheckpointMaker, StartError> {
    Ok(CheckpointMaker {
        pool: store.pool.clone(),
        audit: audit.clone(),
        folder: CheckpointFolder::below(&settings.home.data()),
        origin: settings.audit.origin.clone(),
        key: Arc::new(signing_key(&settings.home)?),
        former: TrustedKeys::new(settings.audit.trusted_keys.iter().cloned()),
        bucket: bucket(&settings.audit)?.map(Arc::new),
    })
}

/// The checkpoints of a server.
pub(super) fn start(maker: &CheckpointMaker, settings: &Settings, store: &Store) -> Result<Checkpointer, StartError> {
    let audit = &settings.audit;
    let schedule = Schedule { interval: audit.checkpoint_interval, records: audit.checkpoint_records };
    let mut sinks: Vec<Sink> = maker.bucket.clone().map(Sink::Bucket).into_iter().collect();
    if let Some(http) = &audit.http {
        sinks.push(Sink::Http(HttpSink::new(http.url.clone(), http.token.clone()).map_err(StartError::of)?));
    }
    let options = store.connect_options().clone();
    Ok(Checkpointer::start(maker.clone(), schedule, options, sinks, &settings.home.data()))
}

fn bucket(audit: &AuditSettings) -> Result<Option<Bucket>, StartError> {
    let Some(s3) = &audit.s3 else { return Ok(None) };
    let place = (s3.endpoint.clone(), s3.bucket.clone(), s3.region.clone());
    let keys = (&s3.access_key, &s3.secret_key);
    Bucket::new(place, keys, s3.prefix.clone(), s3.retain_days).map(Some).map_err(StartError::of)
}
