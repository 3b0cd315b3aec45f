//! What a request is made for: one of the policy's own words, chosen by a header.

use std::sync::Arc;

use super::Policy;

/// A request names a purpose that its policy does not have. The message repeats
/// nothing of the request.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum UnknownPurpose {
    /// The policy has others.
    #[error("the purposes of this tenant's policy are {}; name one of them, or send no such header for the first", .0.join(", "))]
    NotAmong(Vec<Arc<str>>),
    /// The policy has none.
    #[error("the policy of this tenant names no purposes, so send no such header (`purposes = [...]` names some)")]
    NoneNamed,
}

impl Policy {
    /// The purpose of a request that asks for `asked`; the policy's first one where
    /// it asks for none.
    ///
    /// # Errors
    /// When the policy does not have the one that is asked for.
    pub fn purpose(&self, asked: Option<&str>) -> Result<Option<Arc<str>>, UnknownPurpose> {
        let Some(asked) = asked else { return Ok(self.purposes.first().cloned()) };
        let known = self.purposes.iter().find(|purpose| &***purpose == asked.trim());
        match known {
            Some(purpose) => Ok(Some(Arc::clone(purpose))),
            None if self.purposes.is_empty() => Err(UnknownPurpose::NoneNamed),
            None => Err(UnknownPurpose::NotAmong(self.purposes.clone())),
        }
    }
}
