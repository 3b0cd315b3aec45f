//! A bucket of an S3-compatible store, with object lock.

use std::fmt;
use std::time::Duration;

use data_encoding::BASE64;
use jiff::{Timestamp, ToSpan};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, StatusCode, Url};
use rusty_s3::actions::{ListObjectsV2, S3Action};
use rusty_s3::{Credentials, UrlStyle};
use secrecy::{ExposeSecret, SecretString};

use super::{SinkProblem, client};
use crate::audit::chain::Hash;
use crate::audit::checkpoint::SignedCheckpoint;
use crate::tenant::TenantId;

/// How long a signed request may be used.
const SIGNATURE_VALID: Duration = Duration::from_secs(300);
/// Digits of a size in a name, so that names sort like sizes.
const SIZE_DIGITS: usize = 20;
/// More than a note has; an answer that is longer is none.
const ANSWER_LEN_MAX: usize = 64 << 10;

/// Keeps each note as an object `PREFIX TENANT/SIZE` that nobody can remove or
/// replace for a number of days (mode `COMPLIANCE`, which binds the account's
/// owner, too).
pub struct Bucket {
    client: Client,
    bucket: rusty_s3::Bucket,
    credentials: Credentials,
    prefix: String,
    retain_days: u32,
}

impl Bucket {
    /// The bucket `name` at `endpoint`.
    ///
    /// # Errors
    /// When the system's certificates cannot be loaded.
    pub fn new(
        (endpoint, name, region): (Url, String, String),
        (access_key, secret_key): (&SecretString, &SecretString),
        prefix: String,
        retain_days: u32,
    ) -> Result<Bucket, BucketProblem> {
        let bucket = rusty_s3::Bucket::new(endpoint, UrlStyle::Path, name, region).map_err(|_| BucketProblem::Url)?;
        let credentials = Credentials::new(access_key.expose_secret(), secret_key.expose_secret());
        Ok(Bucket { client: client().map_err(BucketProblem::Client)?, bucket, credentials, prefix, retain_days })
    }

    pub(super) async fn keep(&self, signed: &SignedCheckpoint) -> Result<(), SinkProblem> {
        let name = self.object(&signed.checkpoint().tenant, signed.checkpoint().size);
        let note = signed.text();
        let checksum = BASE64.encode(Hash::sha256(&[note.as_bytes()]).as_bytes());
        let retain_until = retain_until(Timestamp::now(), self.retain_days);
        let headers = [
            ("content-type", "text/plain; charset=utf-8"),
            // What is there stays, whoever put it there.
            ("if-none-match", "*"),
            ("x-amz-checksum-sha256", checksum.as_str()),
            ("x-amz-object-lock-mode", "COMPLIANCE"),
            ("x-amz-object-lock-retain-until-date", retain_until.as_str()),
            // Some stores take the checksum that a lock asks for only with this.
            ("x-amz-sdk-checksum-algorithm", "SHA256"),
        ];
        let mut put = self.bucket.put_object(Some(&self.credentials), &name);
        headers.into_iter().for_each(|(name, value)| put.headers_mut().insert(name, value));
        let request = self.client.put(put.sign(SIGNATURE_VALID)).headers(header_map(&headers));
        let status = request.body(note.to_owned()).send().await?.status();
        match status {
            StatusCode::PRECONDITION_FAILED => match self.read(&name).await? {
                Some(kept) if kept == note => Ok(()),
                _ => Err(SinkProblem::Other),
            },
            status if status.is_success() => Ok(()),
            status => Err(SinkProblem::Refused(status)),
        }
    }

    /// The note of the largest checkpoint of `tenant` that is kept; `None` when
    /// there is none. Names sort like sizes, so it is found by halving.
    ///
    /// # Errors
    /// `Refused` with 403 when the key may not read.
    pub(in crate::audit::checkpoint) async fn last(&self, tenant: &TenantId) -> Result<Option<String>, SinkProblem> {
        let Some(mut largest) = self.next(tenant, 0).await? else { return Ok(None) };
        let (mut step, mut none_after) = (1_u64, u64::MAX);
        while largest < none_after {
            let probe = largest.saturating_add(step - 1).min(none_after - 1);
            match self.next(tenant, probe).await? {
                Some(next) => (largest, step) = (next, step.saturating_mul(2)),
                None if probe == largest => break,
                None => {
                    none_after = probe;
                    step = ((none_after - largest) / 2).max(1);
                }
            }
        }
        self.read(&self.object(tenant, largest)).await
    }

    /// The smallest size above `after` that is kept.
    async fn next(&self, tenant: &TenantId, after: u64) -> Result<Option<u64>, SinkProblem> {
        let mut list = ListObjectsV2::new(&self.bucket, Some(&self.credentials));
        let folder = format!("{}{tenant}/", self.prefix);
        list.with_prefix(folder.as_str());
        list.with_start_after(self.object(tenant, after));
        list.with_max_keys(1);
        let listed = self.get(list.sign(SIGNATURE_VALID)).await?;
        let listed = listed.ok_or(SinkProblem::Refused(StatusCode::NOT_FOUND))?;
        let listed = ListObjectsV2::parse_response(&listed).map_err(|_| SinkProblem::Answer)?;
        let Some(object) = listed.contents.first() else { return Ok(None) };
        let size = object.key.strip_prefix(&folder).and_then(|size| size.parse().ok());
        // A store that does not heed `start-after` would be asked for ever.
        size.filter(|size| *size > after).map(Some).ok_or(SinkProblem::Answer)
    }

    async fn read(&self, object: &str) -> Result<Option<String>, SinkProblem> {
        self.get(self.bucket.get_object(Some(&self.credentials), object).sign(SIGNATURE_VALID)).await
    }

    async fn get(&self, url: Url) -> Result<Option<String>, SinkProblem> {
        let mut response = self.client.get(url).send().await?;
        match response.status() {
            StatusCode::NOT_FOUND => return Ok(None),
            status if !status.is_success() => return Err(SinkProblem::Refused(status)),
            _ => {}
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_LEN_MAX {
                return Err(SinkProblem::Answer);
            }
        }
        String::from_utf8(body).map(Some).map_err(|_| SinkProblem::Answer)
    }

    fn object(&self, tenant: &TenantId, size: u64) -> String {
        format!("{}{tenant}/{size:0SIZE_DIGITS$}", self.prefix)
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.bucket.name())
    }
}

/// A bucket that cannot be talked to.
#[derive(Debug, thiserror::Error)]
pub enum BucketProblem {
    /// Its address cannot be made.
    #[error("the endpoint and the bucket's name make no URL")]
    Url,
    /// The system's certificates cannot be loaded.
    #[error("{0}")]
    Client(reqwest::Error),
}

/// `days` after `now`, in the form that the store takes.
fn retain_until(now: Timestamp, days: u32) -> String {
    let until = now.checked_add((i64::from(days) * 24).hours()).unwrap_or(Timestamp::MAX);
    until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn header_map(headers: &[(&'static str, &str)]) -> HeaderMap {
    let pairs = headers
        .iter()
        .filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::from_str(value).ok()?)));
    pairs.collect()
}
