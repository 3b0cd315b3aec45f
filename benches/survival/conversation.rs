//! A conversation whose tokens are put to the test.

use std::sync::Arc;

use cordon::detect::Label;
use cordon::scrub::{MasterKey, Restorer, ScopeKey, TokenMap};
use cordon::tenant::TenantId;

use super::Style;

/// What the user's messages hold: two people with one surname, forms of one name,
/// values with marks that JSON escapes.
const VALUES: &[(Label, &str)] = &[
    (Label::PERSON, "Maria Gonzalez"),
    (Label::PERSON, "GONZALEZ"),
    (Label::PERSON, "Miguel Gonzalez"),
    (Label::PERSON, "Søren O'Brien"),
    (Label::EMAIL_ADDRESS, "maria.gonzalez@example.com"),
    (Label::EMAIL_ADDRESS, "m.gonzalez@example.com"),
    (Label::PHONE_NUMBER, "+1 415 555 0132"),
    (Label::STREET_ADDRESS, "12 Rue \"Neuve\""),
    (Label::IBAN_CODE, "DE89 3704 0044 0532 0130 00"),
    (Label::DATE_OF_BIRTH, "1 May 1980"),
    (Label::MEDICAL_RECORD_NUMBER, "MRN 0042-17"),
    (Label::US_SSN, "536-90-4399"),
];

/// What the user wrote that looks like a token and is none.
pub const LITERALS: &[&str] =
    &["[PERSON_1]", "[PERSON_0000]", "[NAME]", "UTF_8", "ISO_9001", "[EMAIL]", "PERSON_NAME", "[1]", "{user_id}"];

/// A token and what it stands for.
pub struct Minted {
    pub token: String,
    pub value: &'static str,
}

/// The tokens of one conversation.
pub struct Conversation {
    pub minted: Vec<Minted>,
    pub restorer: Arc<Restorer>,
}

impl Conversation {
    /// Tokens are the same in every run; each number makes others.
    pub fn new(style: &Style, number: usize) -> Conversation {
        let master = MasterKey::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        let tenant = TenantId::parse("survival").unwrap();
        let mut map = TokenMap::new(ScopeKey::derive(&master, &tenant, &number.to_string()), (style.make)());
        LITERALS.iter().for_each(|literal| map.reserve(literal));
        let mint = |&(label, value): &(Label, &'static str)| {
            let token = map.mint(label, value, true).to_string();
            Minted { token, value }
        };
        let minted = VALUES.iter().map(mint).collect();
        Conversation { minted, restorer: map.restorer() }
    }
}
