//! When two surface forms are one value.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::detect::Label;

/// How a label's values are compared.
enum Family {
    /// Names and places: case and white space do not count.
    Name,
    /// Numbers and identifiers: only letters and digits count, case does not.
    Identifier,
    /// Mail addresses: case does not count.
    Mail,
    /// Everything else, secrets above all: each character counts.
    Exact,
}

/// The form of `surface` that all forms of the same value share.
pub(super) fn normalize(label: Label, surface: &str) -> Zeroizing<String> {
    let normalized = match family(label) {
        Family::Name => casefold(surface).split_whitespace().collect::<Vec<_>>().join(" "),
        Family::Identifier => surface.nfkc().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect(),
        Family::Mail => casefold(surface).trim().to_owned(),
        Family::Exact => surface.to_owned(),
    };
    // A "number" of punctuation alone must not become the same value as another.
    Zeroizing::new(if normalized.is_empty() { surface.to_owned() } else { normalized })
}

/// Lower-casing after NFKC, twice folded through upper case so that `ß` meets
/// `SS` and a final sigma meets the others.
pub(super) fn casefold(text: &str) -> String {
    text.nfkc().flat_map(char::to_uppercase).collect::<String>().to_lowercase()
}

/// Whether a label's values are letters and digits whose separators do not count.
pub(super) fn is_identifier(label: Label) -> bool {
    matches!(family(label), Family::Identifier)
}

fn family(label: Label) -> Family {
    match label {
        Label::PERSON | Label::STREET_ADDRESS | Label::LOCATION | Label::ORGANIZATION | Label::NRP => Family::Name,
        Label::EMAIL_ADDRESS => Family::Mail,
        Label::PHONE_NUMBER
        | Label::POSTAL_CODE
        | Label::MAC_ADDRESS
        | Label::CREDIT_CARD
        | Label::IBAN_CODE
        | Label::SWIFT_CODE
        | Label::BANK_ACCOUNT
        | Label::ABA_ROUTING_NUMBER
        | Label::US_SSN
        | Label::US_ITIN
        | Label::PASSPORT
        | Label::DRIVER_LICENSE
        | Label::NATIONAL_ID
        | Label::UK_NHS
        | Label::UK_NINO
        | Label::ES_NIF
        | Label::IT_FISCAL_CODE
        | Label::PL_PESEL
        | Label::IN_AADHAAR
        | Label::TAX_ID
        | Label::MEDICAL_RECORD_NUMBER
        | Label::HEALTH_PLAN_ID
        | Label::US_NPI
        | Label::US_MBI
        | Label::DEA_NUMBER
        | Label::LICENSE_PLATE
        | Label::VIN
        | Label::IMEI
        | Label::DEVICE_ID
        | Label::EMPLOYEE_ID
        | Label::CASE_NUMBER => Family::Identifier,
        _ => Family::Exact,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_value_meet_and_different_values_do_not() {
        let same = |label, a: &str, b: &str| *normalize(label, a) == *normalize(label, b);
        assert!(same(Label::PERSON, "Maria  Gonzalez", "MARIA GONZALEZ"));
        assert!(same(Label::PERSON, "Weiß", "WEISS"));
        assert!(same(Label::US_SSN, "536-90-4399", "536 90 4399"));
        assert!(same(Label::EMAIL_ADDRESS, "Maria@Example.com", "maria@example.COM"));
        assert!(!same(Label::IP_ADDRESS, "1.23.4.5", "12.3.4.5"));
        assert!(!same(Label::PASSWORD, "Secret", "secret"));
        assert!(!same(Label::PHONE_NUMBER, "--", "++"));
    }
}
