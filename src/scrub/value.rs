//! A value while it is in memory.

use std::borrow::Borrow;

use zeroize::{Zeroize, Zeroizing};

/// Personal data in memory: erased when dropped, never shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Value(String);

impl Value {
    pub(super) fn new(text: &str) -> Value {
        Value(text.to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn to_zeroizing(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.clone())
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Borrow<str> for Value {
    fn borrow(&self) -> &str {
        &self.0
    }
}
