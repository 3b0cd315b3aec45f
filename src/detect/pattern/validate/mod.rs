//! Checks that a value must pass: check digits, ranges, encodings.
//!
//! Each names the standard it implements. They see a value as it stands in the
//! text, separators included.

mod americas;
mod asia_pacific;
mod bank;
mod checksum;
mod contact;
mod crypto;
mod date;
mod document;
mod europe;
mod finance;
mod network;
mod nordic;
mod place;
mod secret;
mod spain_italy;
mod us;
mod vehicle;

use crate::detect::Label;

/// Whether a value can be what its entry says.
pub(in crate::detect) type Validator = fn(&str) -> bool;

const VALIDATORS: &[(&str, Validator)] = &[
    ("ar_cuit", americas::ar_cuit),
    ("br_cnpj", americas::br_cnpj),
    ("br_cpf", americas::br_cpf),
    ("cl_rut", americas::cl_rut),
    ("au_abn", asia_pacific::au_abn),
    ("au_acn", asia_pacific::au_acn),
    ("au_medicare", asia_pacific::au_medicare),
    ("au_tfn", asia_pacific::au_tfn),
    ("in_aadhaar", asia_pacific::in_aadhaar),
    ("jp_my_number", asia_pacific::jp_my_number),
    ("kr_business", asia_pacific::kr_business),
    ("kr_rrn", asia_pacific::kr_rrn),
    ("sg_nric", asia_pacific::sg_nric),
    ("th_national_id", asia_pacific::th_national_id),
    ("ean13", checksum::ean13),
    ("iso7064_mod_11_10", checksum::iso7064_mod_11_10),
    ("iso7064_mod_11_2", checksum::iso7064_mod_11_2),
    ("luhn", checksum::luhn_number),
    ("email", contact::email),
    ("phone_bare", contact::phone_bare),
    ("phone_e164", contact::phone_e164),
    ("phone_grouped", contact::phone_grouped),
    ("phone_national", contact::phone_national),
    ("ar_cbu", bank::ar_cbu),
    ("be_account", bank::be_account),
    ("cz_account", bank::cz_account),
    ("es_ccc", bank::es_ccc),
    ("fr_rib", bank::fr_rib),
    ("mx_clabe", bank::mx_clabe),
    ("base58check", crypto::base58check),
    ("bech32", crypto::bech32),
    ("calendar_date", date::calendar_date),
    ("date_in_words", date::date_in_words),
    ("document_number", document::document_number),
    ("license_plate", document::license_plate),
    ("not_a_round_number", document::not_a_round_number),
    ("passport", document::passport),
    ("plate_named", document::plate_named),
    ("reference", document::reference),
    ("serial_number", document::serial_number),
    ("username", document::username),
    ("at_social_insurance", europe::at_social_insurance),
    ("baltic_personal_code", europe::baltic_personal_code),
    ("be_national_number", europe::be_national_number),
    ("bg_egn", europe::bg_egn),
    ("cz_birth_number", europe::cz_birth_number),
    ("de_health_insurance", europe::de_health_insurance),
    ("de_social_insurance", europe::de_social_insurance),
    ("de_tax_id", europe::de_tax_id),
    ("fr_nir", europe::fr_nir),
    ("ie_pps", europe::ie_pps),
    ("nl_bsn", europe::nl_bsn),
    ("pl_nip", europe::pl_nip),
    ("pl_pesel", europe::pl_pesel),
    ("pt_nif", europe::pt_nif),
    ("ro_cnp", europe::ro_cnp),
    ("ru_snils", europe::ru_snils),
    ("tr_national_id", europe::tr_national_id),
    ("uk_nhs", europe::uk_nhs),
    ("uk_nino", europe::uk_nino),
    ("aba_routing", finance::aba_routing),
    ("bank_account", finance::bank_account),
    ("iban", finance::iban),
    ("iban_country", finance::iban_country),
    ("iban_length", finance::iban_length),
    ("payment_card", finance::payment_card),
    ("pl_nrb", finance::pl_nrb),
    ("sepa_creditor_id", finance::sepa_creditor_id),
    ("swift", finance::swift),
    ("domain", network::domain),
    ("ipv4", network::ipv4),
    ("ipv6", network::ipv6),
    ("mac", network::mac),
    ("url", network::url),
    ("dk_cpr", nordic::dk_cpr),
    ("fi_hetu", nordic::fi_hetu),
    ("no_fodselsnummer", nordic::no_fodselsnummer),
    ("se_personal_number", nordic::se_personal_number),
    ("basic_auth", secret::basic_auth),
    ("crc32_base62", secret::crc32_base62),
    ("jwt", secret::jwt),
    ("letters_and_digits", secret::letters_and_digits),
    ("not_a_placeholder", secret::not_a_placeholder),
    ("opaque_token", secret::opaque_token),
    ("password", secret::password),
    ("random_secret", secret::random_secret),
    ("random_token", secret::random_token),
    ("strong_password", secret::strong_password),
    ("es_nif", spain_italy::es_nif),
    ("es_social_security", spain_italy::es_social_security),
    ("it_fiscal_code", spain_italy::it_fiscal_code),
    ("it_vat", spain_italy::it_vat),
    ("dea", us::dea),
    ("us_itin", us::itin),
    ("us_npi", us::npi),
    ("us_ssn", us::ssn),
    ("coordinates", place::coordinates),
    ("vin", vehicle::vin),
];

/// The validator called `name` in the catalogue.
pub(super) fn by_name(name: &str) -> Result<Validator, String> {
    let known = VALIDATORS.iter().find(|(known, _)| *known == name);
    known.map(|(_, validator)| *validator).ok_or_else(|| format!("unknown validator {name}"))
}

/// The checks of official numbers: what a number of a person, a thing or an account
/// passes by its digits alone.
const OFFICIAL_NUMBERS: &[Validator] = &[
    americas::ar_cuit,
    americas::br_cnpj,
    americas::br_cpf,
    americas::cl_rut,
    asia_pacific::au_abn,
    asia_pacific::au_acn,
    asia_pacific::au_medicare,
    asia_pacific::au_tfn,
    asia_pacific::in_aadhaar,
    asia_pacific::jp_my_number,
    asia_pacific::kr_business,
    asia_pacific::kr_rrn,
    asia_pacific::sg_nric,
    asia_pacific::th_national_id,
    checksum::iso7064_mod_11_10,
    checksum::iso7064_mod_11_2,
    checksum::luhn_number,
    europe::at_social_insurance,
    europe::baltic_personal_code,
    europe::be_national_number,
    europe::bg_egn,
    europe::cz_birth_number,
    europe::de_health_insurance,
    europe::de_social_insurance,
    europe::de_tax_id,
    europe::fr_nir,
    europe::ie_pps,
    europe::nl_bsn,
    europe::pl_nip,
    europe::pl_pesel,
    europe::pt_nif,
    europe::ro_cnp,
    europe::ru_snils,
    europe::tr_national_id,
    europe::uk_nhs,
    europe::uk_nino,
    finance::aba_routing,
    nordic::dk_cpr,
    nordic::fi_hetu,
    nordic::no_fodselsnummer,
    nordic::se_personal_number,
    spain_italy::es_nif,
    spain_italy::es_social_security,
    spain_italy::it_fiscal_code,
    spain_italy::it_vat,
    us::dea,
    us::itin,
    us::npi,
    vehicle::vin,
];

/// The checks of official numbers that `value` passes: its label's own, or, where
/// that has none, all of them, some by chance.
pub(crate) fn number_checks_passed(label: Label, value: &str) -> Vec<fn(&str) -> bool> {
    let own: &[Validator] = match label {
        Label::ABA_ROUTING_NUMBER => &[finance::aba_routing],
        Label::DEA_NUMBER => &[us::dea],
        Label::ES_NIF => &[spain_italy::es_nif],
        Label::IMEI => &[checksum::luhn_number],
        Label::IN_AADHAAR => &[asia_pacific::in_aadhaar],
        Label::IT_FISCAL_CODE => &[spain_italy::it_fiscal_code],
        Label::PL_PESEL => &[europe::pl_pesel],
        Label::UK_NHS => &[europe::uk_nhs],
        Label::UK_NINO => &[europe::uk_nino],
        Label::US_ITIN => &[us::itin],
        Label::US_NPI => &[us::npi],
        Label::VIN => &[vehicle::vin],
        Label::NATIONAL_ID | Label::TAX_ID => OFFICIAL_NUMBERS,
        _ => &[],
    };
    own.iter().filter(|check| check(value)).copied().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// They are asked about values that no pattern has looked at.
        #[test]
        fn checks_of_official_numbers_take_any_text(text in "[A-Z0-9a-zX]{0,20}|[0-9 ./-]{0,24}|[A-Z]{0,3}[0-9]{0,14}[A-Z]?|\\PC{0,12}") {
            for label in Label::CATALOGUE {
                number_checks_passed(*label, &text);
            }
        }
    }
}
