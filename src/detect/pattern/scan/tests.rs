use std::cell::Cell;

use super::*;
use crate::detect::Label;

thread_local! {
    static BYTES_SEARCHED: Cell<usize> = const { Cell::new(0) };
}

/// Counts what the patterns' searches of this thread look at.
pub(super) fn count_bytes(bytes: usize) {
    BYTES_SEARCHED.set(BYTES_SEARCHED.get() + bytes);
}

/// The bytes that the searches in `text` look at.
fn work(catalogue: &Catalogue, text: &str) -> usize {
    let label_bits = Label::CATALOGUE.iter().filter_map(|label| label.catalogue_bit()).fold(0, |bits, bit| bits | bit);
    BYTES_SEARCHED.set(0);
    catalogue.scan(text, None, Scope { label_bits, languages: Languages::ALL });
    BYTES_SEARCHED.get()
}

/// L33, L34: a text of eight times the length costs eight times as much, also
/// one that somebody made to be slow.
#[test]
fn hostile_texts_take_linear_work() {
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
        // Quadratic would be sixty-four times as much.
        assert!(large <= 12 * small + (64 << 10), "{unit:?}: {small} and {large} bytes searched");
    }
}
