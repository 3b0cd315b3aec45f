//! A checkpoint with its signatures.

use std::fmt;

use data_encoding::BASE64;

use super::keys::{KeyId, TrustedKeys};
use super::note::{Checkpoint, NoteProblem};

/// Checkpoints come from files of strangers: what is longer is none.
const NOTE_LEN_MAX: usize = 16 << 10;
/// An em dash and a space begin a signature line.
const SIGNATURE_LINE: &str = "\u{2014} ";

/// A checkpoint as it is written down. Reading one shows that it has the right
/// form; only [`SignedCheckpoint::verify`] shows who made it.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: String,
    signatures: Vec<Signature>,
}

#[derive(Clone, PartialEq, Eq)]
struct Signature {
    name: String,
    key: KeyId,
    /// 64 bytes where it is one of Ed25519.
    bytes: Vec<u8>,
}

/// Why nobody who is trusted stands for a checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignatureProblem {
    /// A trusted key's name stands on it, and the signature is not that key's.
    #[error("the signature does not fit the text: one of both was changed")]
    BadSignature,
    /// No trusted key's name stands on it.
    #[error("no trusted key has signed it")]
    UnknownKey,
}

impl SignedCheckpoint {
    /// Reads a note. A file's own line end behind it is no part of it.
    pub fn parse(note: &str) -> Result<SignedCheckpoint, NoteProblem> {
        if note.len() > NOTE_LEN_MAX {
            return Err(NoteProblem::TooLong);
        }
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteProblem::NotANote);
        }
        let end = note.rfind("\n\n").ok_or(NoteProblem::NotANote)?;
        let (text, lines) = (&note[..=end], &note[end + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteProblem::NotANote)?;
        let signatures = lines.split('\n').map(Signature::parse).collect::<Result<_, _>>()?;
        Ok(SignedCheckpoint { checkpoint: Checkpoint::parse(text)?, note: note.to_owned(), signatures })
    }

    pub(super) fn sign(checkpoint: Checkpoint, key: KeyId, signature: &[u8]) -> SignedCheckpoint {
        let name = checkpoint.origin.line(&checkpoint.tenant);
        let bytes = BASE64.encode(&[key.as_bytes(), signature].concat());
        let note = format!("{}\n{SIGNATURE_LINE}{name} {bytes}\n", checkpoint.text());
        SignedCheckpoint { checkpoint, note, signatures: vec![Signature { name, key, bytes: signature.to_vec() }] }
    }

    /// What it says.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The whole note, signatures included.
    pub fn text(&self) -> &str {
        &self.note
    }

    /// Whether one of `keys` has signed exactly this text. Signatures of others,
    /// such as witnesses, neither help nor harm.
    pub fn verify(&self, keys: &TrustedKeys) -> Result<(), SignatureProblem> {
        let signed = &self.note[..self.note.rfind("\n\n").map_or(0, |end| end + 1)];
        let name = self.checkpoint.origin.line(&self.checkpoint.tenant);
        let mut known = false;
        for signature in self.signatures.iter().filter(|signature| signature.name == name) {
            for key in keys.of(&self.checkpoint, signature.key) {
                known = true;
                if key.has_signed(signed.as_bytes(), &signature.bytes) {
                    return Ok(());
                }
            }
        }
        Err(if known { SignatureProblem::BadSignature } else { SignatureProblem::UnknownKey })
    }
}

impl fmt::Debug for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.checkpoint.fmt(f)
    }
}

impl Signature {
    fn parse(line: &str) -> Result<Signature, NoteProblem> {
        let (name, bytes) =
            line.strip_prefix(SIGNATURE_LINE).and_then(|line| line.split_once(' ')).ok_or(NoteProblem::Signature)?;
        let bytes = BASE64.decode(bytes.as_bytes()).map_err(|_| NoteProblem::Signature)?;
        let (key, bytes) = bytes.split_first_chunk().ok_or(NoteProblem::Signature)?;
        if name.is_empty() || name.contains('+') {
            return Err(NoteProblem::Signature);
        }
        Ok(Signature { name: name.to_owned(), key: KeyId::from(*key), bytes: bytes.to_vec() })
    }
}
