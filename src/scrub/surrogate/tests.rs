use proptest::prelude::*;

use super::*;
use crate::detect::number_checks_passed;
use crate::scrub::{Escape, MasterKey, Replacement, Shape, Style, TokenMap, TokenStyle, scrub_text};
use crate::tenant::TenantId;

mod people;

pub(super) fn map() -> TokenMap {
    map_of("1")
}

pub(super) fn map_of(conversation: &str) -> TokenMap {
    let master = MasterKey::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    let scope = ScopeKey::derive(&master, &TenantId::parse("acme").unwrap(), conversation);
    TokenMap::new(scope, TokenStyle::default().in_style(Style::Surrogate))
}

fn mint(label: Label, surface: &str) -> String {
    let mut map = map();
    let minted = map.mint(label, surface, true).to_string();
    assert_eq!(map.restorer().restore(&format!("So {minted}, then."), Escape::Text), format!("So {surface}, then."));
    minted
}

/// The pattern of letters and digits, and what stands between them.
fn format_of(text: &str) -> String {
    let class = |c: char| match c {
        _ if c.is_ascii_digit() => '0',
        _ if c.is_ascii_uppercase() => 'A',
        _ if c.is_ascii_lowercase() => 'a',
        c => c,
    };
    text.chars().map(class).collect()
}

#[test]
fn numbers_keep_their_format_and_are_other_numbers() {
    let cases = [
        (Label::PHONE_NUMBER, "+1 415-867-5309"),
        (Label::PHONE_NUMBER, "(415) 867-5309"),
        (Label::PHONE_NUMBER, "+49 (0) 171 39201-11"),
        (Label::PHONE_NUMBER, "020 7123 4567"),
        (Label::US_SSN, "536-90-4399"),
        (Label::IBAN_CODE, "DE89 3704 0044 0532 0130 00"),
        (Label::IBAN_CODE, "GB82WEST12345698765432"),
        (Label::CREDIT_CARD, "4539 1488 0343 6467"),
        (Label::CREDIT_CARD, "3714-496353-98431"),
        (Label::MEDICAL_RECORD_NUMBER, "MRN-00482-7b"),
        (Label::MAC_ADDRESS, "3c:5a:b4:0f:11:e2"),
        (Label::LICENSE_PLATE, "B-MW 4711"),
        (Label::DATE_OF_BIRTH, "1980-05-17"),
        (Label::DATE_OF_BIRTH, "5/17/80"),
        (Label::POSTAL_CODE, "SW1A 2AA"),
    ];
    for (label, surface) in cases {
        let minted = mint(label, surface);
        assert_ne!(minted, surface);
        let is_hex = label == Label::MAC_ADDRESS;
        let (expected, got) = (format_of(surface), format_of(&minted));
        assert!(
            got == expected || is_hex && got.replace('0', "a") == expected.replace('0', "a"),
            "{surface}: {minted}"
        );
    }
}

#[test]
fn what_has_check_digits_has_right_ones() {
    let cases = [
        (Label::ES_NIF, "12345678Z"),
        (Label::UK_NHS, "943 476 5919"),
        (Label::PL_PESEL, "44051401359"),
        (Label::IN_AADHAAR, "2341 2341 2346"),
        (Label::IT_FISCAL_CODE, "RSSMRA85T10A562S"),
        (Label::US_NPI, "1234567893"),
        (Label::VIN, "1M8GDM9AXKP042788"),
        (Label::ABA_ROUTING_NUMBER, "021000021"),
        (Label::NATIONAL_ID, "046 454 286"),
    ];
    for (label, surface) in cases {
        let checks = number_checks_passed(label, surface);
        assert!(!checks.is_empty(), "{surface} is none itself");
        let minted = mint(label, surface);
        assert!(checks.iter().all(|check| check(&minted)), "{label}: {minted} for {surface}");
    }
    for surface in ["4539 1488 0343 6467", "3714-496353-98431"] {
        let minted = mint(Label::CREDIT_CARD, surface);
        let digits = minted.chars().rev().filter_map(|c| c.to_digit(10)).enumerate();
        let sum: u32 = digits.map(|(at, digit)| if at % 2 == 1 { digit / 5 + digit * 2 % 10 } else { digit }).sum();
        assert!(sum.is_multiple_of(10), "{minted}");
    }
    for surface in ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "FR1420041010050500013M02606"] {
        let minted = mint(Label::IBAN_CODE, surface);
        let plain: String = minted.chars().filter(|c| !c.is_whitespace()).collect();
        let digits = plain[4..].chars().chain(plain[..4].chars()).map(|c| c.to_digit(36).unwrap().to_string());
        let rest = digits.collect::<String>().bytes().fold(0u32, |rest, c| (rest * 10 + u32::from(c - b'0')) % 97);
        assert!(rest == 1 && minted[..2] == surface[..2] && minted.len() == surface.len(), "{minted}");
    }
}

#[test]
fn what_is_minted_lies_in_ranges_that_nobody_has() {
    for n in 0..40 {
        let phone = mint(Label::PHONE_NUMBER, &format!("+1 415-867-53{n:02}"));
        assert!(phone.starts_with("+1 ") && phone[6..].starts_with("-555-01"), "{phone}");
        let ssn = mint(Label::US_SSN, &format!("536-90-43{n:02}"));
        assert!(ssn.starts_with('9') && matches!(ssn.as_bytes()[4], b'0'..=b'4'), "{ssn}");
        let mail = mint(Label::EMAIL_ADDRESS, &format!("m{n}@acme.com"));
        assert!([".com", ".org", ".net"].iter().any(|top| mail.ends_with(&format!("@example{top}"))), "{mail}");
        let ip = mint(Label::IP_ADDRESS, &format!("81.2.69.{n}"));
        assert!(["192.0.2.", "198.51.100.", "203.0.113."].iter().any(|net| ip.starts_with(net)), "{ip}");
        let ip = mint(Label::IP_ADDRESS, &format!("2a02:26f0::{n}"));
        assert!(ip.starts_with("2001:db8:") && ip.parse::<std::net::Ipv6Addr>().is_ok(), "{ip}");
        let mac = mint(Label::MAC_ADDRESS, &format!("3c:5a:b4:0f:11:{n:02}"));
        assert!(matches!(mac.as_bytes()[1], b'2' | b'6' | b'a' | b'e'), "{mac}");
        let url = mint(Label::URL, &format!("https://intra.acme.com/u/{n}"));
        assert!(url.starts_with("https://") && url.contains(".example."), "{url}");
    }
}

/// Secrets and everyday words keep tokens, and so does what is never put back, what
/// is an identifier and what is part of a word.
#[test]
fn what_cannot_have_a_surrogate_has_a_token() {
    let mut map = map();
    for label in [Label::API_KEY, Label::PASSWORD, Label::PRIVATE_KEY, Label::ACCESS_TOKEN, Label::AGE, Label::NRP] {
        let token = map.mint(label, "sk-2384ABC29", true).to_string();
        assert!(token.starts_with(&format!("[{label}_")), "{token}");
    }
    assert!(map.mint(Label::US_SSN, "536-90-4399", false).to_string().starts_with("[US_SSN_"));
    assert!(map.mint(Label::POSTAL_CODE, "90", true).to_string().starts_with("[POSTAL_CODE_"));
    let person = [Replacement { start: 4, end: 9, label: Label::PERSON, restorable: true }];
    let scrubbed = scrub_text("get_Maria_data", &person, Shape::Bare, &mut map);
    assert!(scrubbed.starts_with("PERSON_"), "{scrubbed}");
    let scrubbed = scrub_text("get Marias data", &person, Shape::Bracketed, &mut map);
    assert!(scrubbed.starts_with("get [PERSON_") && scrubbed.ends_with("]s data"), "{scrubbed}");
    assert_eq!(map.restorer().restore(&scrubbed, Escape::Text), "get Marias data");
}

/// What is masked once is never put back, whatever it was minted as before.
#[test]
fn a_surface_that_is_masked_once_stays_masked() {
    let mut map = map();
    let surrogate = map.mint(Label::US_SSN, "536-90-4399", true).to_string();
    let token = map.mint(Label::US_SSN, "536-90-4399", false).to_string();
    assert_eq!(map.mint(Label::US_SSN, "536-90-4399", true).as_str(), token);
    let answer = format!("{surrogate} {token}");
    assert_eq!(map.restorer().restore(&answer, Escape::Text), answer);
}

/// L24: whatever a text of the request holds is nobody's surrogate.
#[test]
fn what_stands_in_the_request_is_not_minted() {
    let labels = [
        (Label::PERSON, "Maria Gonzalez"),
        (Label::LOCATION, "Toledo"),
        (Label::EMAIL_ADDRESS, "maria@acme.com"),
        (Label::PHONE_NUMBER, "+1 415-867-5309"),
        (Label::ORGANIZATION, "Acme Corp"),
    ];
    for (label, surface) in labels {
        let first = map().mint(label, surface, true).to_string();
        for written in [first.clone(), first.to_uppercase(), first.replace(' ', "\n> ").replace('-', " ")] {
            let text = format!("Is it **{written}** or {surface}?");
            let mut map = map();
            map.reserve(&text);
            let start = text.find(surface).unwrap();
            let found = [Replacement { start, end: start + surface.len(), label, restorable: true }];
            let scrubbed = scrub_text(&text, &found, Shape::Bracketed, &mut map);
            assert!(scrubbed.contains(&written) && !scrubbed.contains(surface), "{scrubbed}");
            assert_eq!(map.restorer().restore(&scrubbed, Escape::Text), text);
        }
    }
}

fn label() -> impl Strategy<Value = Label> {
    prop::sample::select(Label::CATALOGUE.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// L22, L24: two values never share one, the same value has the same in every
    /// run, and each leads back to its own surface.
    #[test]
    fn values_and_surrogates_are_one_to_one(
        values in prop::collection::vec((label(), "[A-Za-z]{1,6}[ -]?[A-Za-z0-9äж]{0,6}[-. ,@]?[0-9]{0,6}"), 1..20),
        turn in 0usize..20,
    ) {
        let run = |values: &[(Label, String)]| {
            let mut map = map();
            let minted = values.iter().map(|(label, value)| map.mint(*label, value, true).to_string()).collect::<Vec<_>>();
            (minted, map)
        };
        let (minted, map) = run(&values);
        let turn = turn.min(values.len());
        prop_assert_eq!(&run(&values[..turn]).0[..], &minted[..turn]);
        let restorer = map.restorer();
        for ((label, value), minted) in values.iter().zip(&minted) {
            prop_assert_eq!(&restorer.restore(&format!("\"{minted}\""), Escape::Text), &format!("\"{value}\""), "{}", label);
        }
    }
}
