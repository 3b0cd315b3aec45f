//! Files that are read whole and checked against their digest.

use std::path::Path;

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

use super::NerError;

pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, NerError> {
    std::fs::read(path).map_err(|source| NerError::Read { path: path.to_owned(), source })
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}

/// Refuses a file whose digest is not the pinned one.
pub(super) fn ensure_digest(path: &Path, expected: Option<&str>, found: &str) -> Result<(), NerError> {
    match expected {
        Some(expected) if !expected.eq_ignore_ascii_case(found) => Err(NerError::HashMismatch {
            path: path.to_owned(),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }),
        _ => Ok(()),
    }
}
