//! The kinds of personal data, named as Presidio names them where it has one.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Mutex;

/// A kind of personal data: one of the catalogue's, or a policy's own
/// `CUSTOM:<name>`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(&'static str);

/// A name that is neither in the catalogue nor `CUSTOM:<name>`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "unknown label {0:?}; labels are those of the catalogue (see `cordon policy schema`) or CUSTOM:<name> with a name of A-Z, 0-9 and _"
)]
pub struct UnknownLabel(pub String);

macro_rules! catalogue {
    ($($name:ident),* $(,)?) => {
        #[allow(missing_docs)] // each constant is its own name
        impl Label {
            $(pub const $name: Label = Label(stringify!($name));)*

            /// Every label of the catalogue, in its order.
            pub const CATALOGUE: &'static [Label] = &[$(Label::$name),*];
        }
    };
}

catalogue!(
    PERSON,
    EMAIL_ADDRESS,
    PHONE_NUMBER,
    STREET_ADDRESS,
    LOCATION,
    POSTAL_CODE,
    DATE_TIME,
    DATE_OF_BIRTH,
    AGE,
    ORGANIZATION,
    NRP,
    URL,
    IP_ADDRESS,
    MAC_ADDRESS,
    CREDIT_CARD,
    IBAN_CODE,
    SWIFT_CODE,
    BANK_ACCOUNT,
    ABA_ROUTING_NUMBER,
    CRYPTO,
    US_SSN,
    US_ITIN,
    PASSPORT,
    DRIVER_LICENSE,
    NATIONAL_ID,
    UK_NHS,
    UK_NINO,
    ES_NIF,
    IT_FISCAL_CODE,
    PL_PESEL,
    IN_AADHAAR,
    TAX_ID,
    MEDICAL_RECORD_NUMBER,
    HEALTH_PLAN_ID,
    US_NPI,
    US_MBI,
    DEA_NUMBER,
    LICENSE_PLATE,
    VIN,
    IMEI,
    DEVICE_ID,
    USERNAME,
    EMPLOYEE_ID,
    CASE_NUMBER,
    GEO_COORDINATES,
    API_KEY,
    ACCESS_TOKEN,
    PRIVATE_KEY,
    PASSWORD,
);

const CUSTOM_PREFIX: &str = "CUSTOM:";

impl Label {
    /// The label called `name`.
    pub fn parse(name: &str) -> Result<Label, UnknownLabel> {
        if let Some(known) = Label::CATALOGUE.iter().find(|label| label.0 == name) {
            return Ok(*known);
        }
        match name.strip_prefix(CUSTOM_PREFIX) {
            Some(own) if is_custom_name(own) => Ok(Label(intern(name))),
            _ => Err(UnknownLabel(name.to_owned())),
        }
    }

    /// Whether [`Label::parse`] knows `name`, for what nobody configured: nothing is
    /// kept of it.
    pub fn is_name(name: &str) -> bool {
        let is_known = Label::CATALOGUE.iter().any(|label| label.0 == name);
        is_known || name.strip_prefix(CUSTOM_PREFIX).is_some_and(is_custom_name)
    }

    /// A bit of its own for each label of the catalogue; none for a policy's
    /// own labels.
    pub(crate) fn catalogue_bit(self) -> Option<u128> {
        Label::CATALOGUE.iter().position(|label| *label == self).map(|at| 1 << at)
    }

    /// The name, `CUSTOM:<name>` for a policy's own label.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The name as it stands in a token: `CUSTOM:CODE_NAME` is `CODE_NAME`.
    pub fn token_name(self) -> &'static str {
        self.0.strip_prefix(CUSTOM_PREFIX).unwrap_or(self.0)
    }
}

fn is_custom_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Keeps one copy of each custom name for the life of the process, so that a
/// label stays a pointer; names come from policy files only, so they are few.
fn intern(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let leaked: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(leaked);
    leaked
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_custom_label_is_interned_and_shown_bare_in_tokens() {
        let label = Label::parse("CUSTOM:PROJECT").unwrap();
        assert_eq!(label, Label::parse("CUSTOM:PROJECT").unwrap());
        assert_eq!(label.token_name(), "PROJECT");
        assert_eq!(Label::parse("CUSTOM:no spaces"), Err(UnknownLabel("CUSTOM:no spaces".into())));
        assert_eq!(Label::parse("PERSON"), Ok(Label::PERSON));
    }
}
