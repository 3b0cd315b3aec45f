use std::time::Duration;

use super::*;
use crate::detect::Label;
use crate::detect::testing::processor_time;

/// The least processor time of some scans of `text`.
fn work(catalogue: &Catalogue, text: &str) -> Duration {
    let label_bits = Label::CATALOGUE.iter().filter_map(|label| label.catalogue_bit()).fold(0, |bits, bit| bits | bit);
    let scope = Scope { label_bits, languages: Languages::ALL };
    let once = || processor_time(|| assert!(catalogue.scan(text, None, scope).unwrap().len() <= text.len()));
    (0..4).map(|_| once()).min().unwrap()
}

/// L33, L34: a text of eight times the length costs eight times as much, also
/// one that somebody made to be slow.
#[test]
fn hostile_texts_take_linear_time() {
    let catalogue = Catalogue::embedded().unwrap();
    let numbers: String = (0..4000).map(|n| format!("{} ", 100_000_000 + n * 7919)).collect();
    for unit in [
        "1",
        "12 ",
        "1-2.3/4:",
        "a@",
        "a@b.",
        "://",
        "http://a(",
        "x.com.",
        "www.",
        "ssn passport phone 1 ",
        "password=",
        "token: \"",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n",
        "PuTTY-User-Key-File-2:",
        "eyJ.",
        "a1B2",
        "name,ssn\n1,2\n",
        "(ssn) VALUES ('1",
        " street 1 ",
        "::1",
        &numbers,
    ] {
        let text = |bytes: usize| unit.repeat(bytes.div_ceil(unit.len()));
        let (small, large) = (work(&catalogue, &text(8 << 10)), work(&catalogue, &text(64 << 10)));
        // Eight times the work; quadratic would be sixty-four.
        assert!(large < small * 24, "{small:?}, then {large:?} for {unit:?}");
    }
}
