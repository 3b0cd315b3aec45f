//! The text that is signed.

use std::fmt;
use std::sync::Arc;

use data_encoding::BASE64;

use crate::audit::chain::Hash;
use crate::audit::merkle;
use crate::tenant::TenantId;

/// Longest origin; an origin line has a tenant's name behind it.
const ORIGIN_LEN_MAX: usize = 200;
const TIME_LINE: &str = "time ";

/// Which installation a log belongs to: the part of a checkpoint's first line
/// before the tenant. Printable ASCII without spaces and `+`, as key names of
/// signed notes have to be.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin(Arc<str>);

/// Why a text is not an origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an origin is 1 to 200 printable ASCII characters without spaces and +, such as \"logs.example.com/cordon\"")]
pub struct InvalidOrigin;

impl Origin {
    /// Checks `text` against the rule above.
    pub fn parse(text: &str) -> Result<Origin, InvalidOrigin> {
        let plain = |b: u8| b.is_ascii_graphic() && b != b'+';
        let fits = (1..=ORIGIN_LEN_MAX).contains(&text.len()) && text.bytes().all(plain);
        if fits { Ok(Origin(text.into())) } else { Err(InvalidOrigin) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first line of the checkpoints of `tenant`, which is also the name of
    /// the key that signs them.
    pub(super) fn line(&self, tenant: &TenantId) -> String {
        format!("{self}/{tenant}")
    }

    pub(super) fn of_line(line: &str) -> Option<(Origin, TenantId)> {
        let (origin, tenant) = line.rsplit_once('/')?;
        Some((Origin::parse(origin).ok()?, TenantId::parse_chain(tenant).ok()?))
    }
}

impl Default for Origin {
    fn default() -> Origin {
        Origin("cordon".into())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a chain stood at a moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// Of which installation.
    pub origin: Origin,
    /// Whose chain.
    pub tenant: TenantId,
    /// How many records the tree covers: those with `seq` 1 to `size`.
    pub size: u64,
    /// The tree's root.
    pub root: Hash,
    /// When it was made, in seconds since 1970, by the clock of the process that
    /// made it.
    pub time_s: u64,
}

/// Why a text is not a checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoteProblem {
    /// More than any checkpoint needs.
    #[error("a checkpoint has at most 16 KiB")]
    TooLong,
    /// No text, an empty line and signatures behind it.
    #[error("a checkpoint is a text, an empty line, and signature lines that begin with \"\u{2014} \"")]
    NotANote,
    /// The first line.
    #[error("the first line of a checkpoint is its origin, / and a tenant")]
    Origin,
    /// The second line.
    #[error("the second line of a checkpoint is the number of its records")]
    Size,
    /// The third line.
    #[error("the third line of a checkpoint is a root of 32 bytes in base64")]
    Root,
    /// No line says when it was made.
    #[error("a checkpoint of Cordon has one line \"time SECONDS\"")]
    Time,
    /// A signature line.
    #[error("a signature line is \"\u{2014} NAME BASE64\"")]
    Signature,
}

impl Checkpoint {
    /// The text that is signed, with its last line's end.
    pub fn text(&self) -> String {
        let origin = self.origin.line(&self.tenant);
        format!("{origin}\n{}\n{}\n{TIME_LINE}{}\n", self.size, BASE64.encode(self.root.as_bytes()), self.time_s)
    }

    /// Reads the text back. Lines that later versions may add are left alone.
    pub(super) fn parse(text: &str) -> Result<Checkpoint, NoteProblem> {
        let mut lines = text.lines();
        let (origin, tenant) = lines.next().and_then(Origin::of_line).ok_or(NoteProblem::Origin)?;
        let size = lines.next().and_then(decimal).filter(|size| *size <= merkle::SIZE_MAX).ok_or(NoteProblem::Size)?;
        let root = lines.next().and_then(|line| BASE64.decode(line.as_bytes()).ok());
        let root = root.and_then(|root| Hash::from_bytes(&root)).ok_or(NoteProblem::Root)?;
        let mut times = lines.filter_map(|line| line.strip_prefix(TIME_LINE));
        let time_s = times.next().and_then(decimal).ok_or(NoteProblem::Time)?;
        if times.next().is_some() {
            return Err(NoteProblem::Time);
        }
        Ok(Checkpoint { origin, tenant, size, root, time_s })
    }
}

/// A number in the one form that the standard allows: digits, and no zero in
/// front.
fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}
