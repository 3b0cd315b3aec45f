//! A record that is written but for the time at which it is stored.

/// Stands for the time until it is known. It has as many digits as any time from
/// the year 2001 to 2255, where the integers of canonical JSON end.
pub(super) const PLACEHOLDER_US: i64 = STORED_US_MIN;

const STORED_US_MIN: i64 = 1_000_000_000_000_000;
const STORED_US_MAX: i64 = (1 << 53) - 1;
const DIGITS: usize = 16;
/// No text in canonical JSON holds this: there, quotes are escaped.
const MEMBER: &str = "\"stored_us\":";

/// Canonical bytes with a place for the time at which they are stored: the time
/// is known only once a batch is made, and stands among what is hashed.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    body: String,
    /// Where the digits begin; `None` once they are final.
    open_at: Option<usize>,
}

impl Draft {
    /// `body` has [`PLACEHOLDER_US`] as its `stored_us`.
    pub(super) fn new(body: String) -> Draft {
        let open_at = body.find(MEMBER).map(|at| at + MEMBER.len());
        Draft { body, open_at }
    }

    /// The bytes as they are.
    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    /// Puts the time in, once. A clock that is centuries off is recorded as the
    /// nearest time that has a place here.
    pub(crate) fn stamp(&mut self, stored_us: i64) {
        if let Some(at) = self.open_at.take() {
            let digits = stored_us.clamp(STORED_US_MIN, STORED_US_MAX).to_string();
            self.body.replace_range(at..at + DIGITS, &digits);
        }
    }
}
