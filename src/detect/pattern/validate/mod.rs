//! Checks that a value must pass: check digits, ranges, encodings.
//!
//! Each names the standard it implements. They see a value as it stands in the
//! text, separators included.

mod americas;
mod asia;
mod asia_pacific;
mod bank;
mod central_europe;
mod checksum;
mod contact;
mod crypto;
mod date;
mod document;
mod europe;
mod finance;
mod latin_america;
mod middle_east_africa;
mod network;
mod nordic;
mod place;
mod secret;
mod spain_italy;
mod us;
mod vat;
mod vehicle;
mod western_europe;

use crate::detect::Label;

/// Whether a value can be what its entry says.
pub(in crate::detect) type Validator = fn(&str) -> bool;

const VALIDATORS: &[(&str, Validator)] = &[
    ("ar_cuit", americas::ar_cuit),
    ("br_cnpj", americas::br_cnpj),
    ("br_cpf", americas::br_cpf),
    ("ca_bc_health", americas::ca_bc_health),
    ("ca_business", americas::ca_business),
    ("ca_ohip", americas::ca_ohip),
    ("ca_ramq", americas::ca_ramq),
    ("ca_sin", americas::ca_sin),
    ("cl_rut", americas::cl_rut),
    ("cn_credit_code", asia::cn_credit_code),
    ("cn_resident", asia::cn_resident),
    ("hk_identity", asia::hk_identity),
    ("id_nik", asia::id_nik),
    ("in_gstin", asia::in_gstin),
    ("in_virtual_id", asia::in_virtual_id),
    ("jp_corporate", asia::jp_corporate),
    ("jp_licence", asia::jp_licence),
    ("kr_corporation", asia::kr_corporation),
    ("kr_resident_date", asia::kr_resident_date),
    ("my_kad", asia::my_kad),
    ("sg_plate", asia::sg_plate),
    ("sg_uen", asia::sg_uen),
    ("tw_identity", asia::tw_identity),
    ("vn_citizen", asia::vn_citizen),
    ("au_abn", asia_pacific::au_abn),
    ("au_acn", asia_pacific::au_acn),
    ("au_medicare", asia_pacific::au_medicare),
    ("au_tfn", asia_pacific::au_tfn),
    ("in_aadhaar", asia_pacific::in_aadhaar),
    ("jp_my_number", asia_pacific::jp_my_number),
    ("kr_business", asia_pacific::kr_business),
    ("nz_ird", asia_pacific::nz_ird),
    ("nz_nhi", asia_pacific::nz_nhi),
    ("sg_nric", asia_pacific::sg_nric),
    ("th_national_id", asia_pacific::th_national_id),
    ("bg_eik", central_europe::bg_eik),
    ("cz_company", central_europe::cz_company),
    ("gr_afm", central_europe::gr_afm),
    ("hu_company", central_europe::hu_company),
    ("hu_personal", central_europe::hu_personal),
    ("hu_taj", central_europe::hu_taj),
    ("hu_tax", central_europe::hu_tax),
    ("jmbg", central_europe::jmbg),
    ("lu_matricule", central_europe::lu_matricule),
    ("lv_personal_code", central_europe::lv_personal_code),
    ("pl_identity_card", central_europe::pl_identity_card),
    ("pl_passport", central_europe::pl_passport),
    ("pl_regon", central_europe::pl_regon),
    ("ro_cui", central_europe::ro_cui),
    ("ru_inn", central_europe::ru_inn),
    ("si_tax", central_europe::si_tax),
    ("ua_tax", central_europe::ua_tax),
    ("ean13", checksum::ean13),
    ("iso7064_mod_11_10", checksum::iso7064_mod_11_10),
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
    ("base58check_key", crypto::base58check_key),
    ("bech32", crypto::bech32),
    ("calendar_date", date::calendar_date),
    ("date_in_words", date::date_in_words),
    ("day_and_month", date::day_and_month),
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
    ("br_cnh", latin_america::br_cnh),
    ("br_cnpj_with_letters", latin_america::br_cnpj_with_letters),
    ("br_cns", latin_america::br_cns),
    ("br_pis", latin_america::br_pis),
    ("br_voter", latin_america::br_voter),
    ("co_nit", latin_america::co_nit),
    ("do_cedula", latin_america::do_cedula),
    ("ec_cedula", latin_america::ec_cedula),
    ("mx_curp", latin_america::mx_curp),
    ("mx_social_security", latin_america::mx_social_security),
    ("pe_ruc", latin_america::pe_ruc),
    ("uy_cedula", latin_america::uy_cedula),
    ("ve_rif", latin_america::ve_rif),
    ("ae_identity", middle_east_africa::ae_identity),
    ("eg_identity", middle_east_africa::eg_identity),
    ("il_identity", middle_east_africa::il_identity),
    ("sa_identity", middle_east_africa::sa_identity),
    ("tr_tax", middle_east_africa::tr_tax),
    ("za_identity", middle_east_africa::za_identity),
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
    ("option_value", secret::option_value),
    ("passphrase", secret::passphrase),
    ("password", secret::password),
    ("random_secret", secret::random_secret),
    ("random_token", secret::random_token),
    ("spoken_password", secret::spoken_password),
    ("strong_password", secret::strong_password),
    ("unquoted_password", secret::unquoted_password),
    ("es_cif", spain_italy::es_cif),
    ("es_nif", spain_italy::es_nif),
    ("es_social_security", spain_italy::es_social_security),
    ("it_fiscal_code", spain_italy::it_fiscal_code),
    ("it_vat", spain_italy::it_vat),
    ("pt_citizen_card", spain_italy::pt_citizen_card),
    ("pt_niss", spain_italy::pt_niss),
    ("dea", us::dea),
    ("us_itin", us::itin),
    ("us_npi", us::npi),
    ("us_ssn", us::ssn),
    ("coordinates", place::coordinates),
    ("dk_company", vat::dk),
    ("eu_vat", vat::eu_vat),
    ("fi_company", vat::fi),
    ("no_company", vat::no_company),
    ("vin", vehicle::vin),
    ("at_tax", western_europe::at_tax),
    ("be_enterprise", western_europe::be_enterprise),
    ("be_identity_card", western_europe::be_identity_card),
    ("ch_uid", western_europe::ch_uid),
    ("de_physician", western_europe::de_physician),
    ("fr_siren", western_europe::fr_siren),
    ("fr_spi", western_europe::fr_spi),
    ("icao_checked", western_europe::icao_checked),
    ("uk_chi", western_europe::uk_chi),
    ("uk_utr", western_europe::uk_utr),
];

/// The validator called `name` in the catalogue.
pub(super) fn by_name(name: &str) -> Result<Validator, String> {
    named(name).ok_or_else(|| format!("unknown validator {name}"))
}

/// The validator called `name`.
pub(in crate::detect) fn named(name: &str) -> Option<Validator> {
    VALIDATORS.iter().find(|(known, _)| *known == name).map(|(_, validator)| *validator)
}

/// The validators that a pattern may name.
pub fn names() -> impl Iterator<Item = &'static str> {
    VALIDATORS.iter().map(|(name, _)| *name)
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

    #[test]
    fn numbers_that_issuers_publish_pass_and_with_one_changed_character_do_not() {
        for (name, right, wrong) in [
            ("br_cnpj_with_letters", "12.ABC.345/01DE-35", "12.ABD.345/01DE-35"),
            ("br_cns", "898 0000 0004 3208", "898 0000 0004 3209"),
            ("br_voter", "106644440302", "106644440312"),
            ("hk_identity", "A123456(3)", "A123456(4)"),
            ("hu_tax", "8071592153", "8071592154"),
            ("icao_checked", "L01X00T471", "L01X00T472"),
            ("in_gstin", "38ABCPK4821L1ZI", "38ABCPK4821L1ZJ"),
            ("kr_corporation", "130111-0006246", "130111-0006247"),
            ("lu_matricule", "1893120105732", "1893120105733"),
            ("nz_nhi", "ZAC5361", "ZAC5362"),
            ("nz_nhi", "ZBN77VL", "ZBN77VM"),
            ("pl_passport", "ZS0000177", "ZS0000178"),
            ("sg_plate", "SBA1234G", "SBA1234H"),
            ("tw_identity", "A123456789", "A123456788"),
            ("uy_cedula", "1.234.567-2", "1.234.567-3"),
        ] {
            let validator = by_name(name).unwrap();
            assert!(validator(right) && !validator(wrong), "{name}: {right}");
        }
    }

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
