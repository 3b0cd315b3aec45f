use super::*;

fn spec(regex: &str) -> PatternSpec {
    PatternSpec::new(Label::parse("CUSTOM:TICKET").unwrap(), regex)
}

fn found<'t>(spec: &PatternSpec, text: &'t str) -> Vec<(&'t str, f32)> {
    let mut spans = Vec::new();
    OwnPattern::compile(spec).unwrap().find(text, None, &mut spans);
    spans.iter().map(|span| (&text[span.start..span.end], span.score)).collect()
}

fn error(spec: &PatternSpec) -> PatternError {
    OwnPattern::compile(spec).err().unwrap()
}

#[test]
fn a_pattern_finds_its_values_by_the_group_v_or_as_they_match() {
    assert_eq!(found(&spec(r"\bTK-\d{4}\b"), "TK-1234, tk-1234 and TK-99999"), [("TK-1234", 0.85)]);
    let grouped = PatternSpec { ignore_case: true, ..spec(r"ticket:? (?<v>[a-zà-ü]+-\d+)") };
    assert_eq!(found(&grouped, "TICKET: ÄB-12, ticket z-3"), [("ÄB-12", 0.85), ("z-3", 0.85)]);
    assert_eq!(found(&spec(r"x(?P<v>\d*)"), "x x7"), [("7", 0.85)], "an empty value is none");
}

#[test]
fn a_value_that_its_validator_refuses_is_none_and_may_hide_one_behind() {
    let card = PatternSpec { validator: Some("luhn".into()), ..spec("[0-9]{16}") };
    assert_eq!(found(&card, "4111111111111111 4111111111111112"), [("4111111111111111", 0.85)]);
    assert_eq!(found(&card, "94111111111111111"), [("4111111111111111", 0.85)]);
}

/// L35, L36
#[test]
fn a_pattern_with_context_words_needs_a_whole_one_near() {
    let room = PatternSpec { context: vec!["Zimmer".into(), "bed no".into()], ..spec(r"\b\d{3}\b") };
    for text in ["Zimmer 214", "im ZIMMER: 214", "214 (zimmer)", "Bed No. 214", "zimmerNr 214"] {
        assert_eq!(found(&room, text), [("214", 0.85)], "{text}");
    }
    let far = format!("Zimmer {} 214", "und so weiter ".repeat(5));
    for text in ["214", "Zimmermann 214", "bed 214", far.as_str()] {
        assert_eq!(found(&room, text), [], "{text}");
    }
    // Of "Badezimmer", the part that lies within reach is no word.
    let cut = format!("Badezimmer{}214", " ".repeat(CONTEXT_BEFORE_BYTES - "zimmer".len()));
    assert_eq!(found(&room, &cut), []);
    let either = PatternSpec { score: Some(0.5), context_score: Some(0.9), ..room };
    assert_eq!(found(&either, "214 then Zimmer 215"), [("214", 0.9), ("215", 0.9)]);
    assert_eq!(found(&either, "214"), [("214", 0.5)]);
}

#[test]
fn the_key_that_a_text_stands_under_is_context() {
    let pattern = OwnPattern::compile(&PatternSpec { context: vec!["room".into()], ..spec("[0-9]{3}") }).unwrap();
    let count = |key| {
        let mut spans = Vec::new();
        pattern.find("214", key, &mut spans);
        spans.len()
    };
    assert_eq!([count(None), count(Some("patientRoom")), count(Some("mushroom"))], [0, 1, 0]);
}

/// L27
#[test]
fn every_mistake_in_a_pattern_has_its_key() {
    let regex = |regex: &str| error(&spec(regex));
    assert_eq!(regex("a("), PatternError::Syntax("unclosed group".to_owned()));
    assert!(matches!(regex("(?=a)"), PatternError::Syntax(reason) if reason.starts_with("look-around")));
    assert_eq!(regex("a*|b"), PatternError::MatchesEmpty);
    assert_eq!(regex(r"\b"), PatternError::MatchesEmpty);
    assert_eq!(regex(""), PatternError::MatchesEmpty);
    assert_eq!(regex(r"[^\s\S]"), PatternError::MatchesNothing);
    assert_eq!(regex(r"\w{500}"), PatternError::Large);
    assert_eq!(regex(&"a".repeat(2001)), PatternError::Long);
    assert!(matches!(regex(&("(".repeat(60) + "a" + &")".repeat(60))), PatternError::Syntax(_)));
    assert!(OwnPattern::compile(&spec(r"\w{1,20}@\p{Greek}+")).is_ok());

    let a = spec("a");
    let with = |change: fn(&mut PatternSpec)| {
        let mut spec = a.clone();
        change(&mut spec);
        error(&spec).key()
    };
    assert_eq!(with(|spec| spec.validator = Some("lun".into())), "validator");
    assert_eq!(with(|spec| spec.score = Some(f32::NAN)), "score");
    assert_eq!(with(|spec| spec.context = vec![" ".into()]), "context");
    assert_eq!(with(|spec| spec.context_score = Some(0.9)), "context_score");
    assert_eq!(error(&PatternSpec { context_score: Some(2.0), ..a }).key(), "context_score");
}

#[test]
fn a_match_is_found_wherever_it_stands_and_a_long_one_whole() {
    let pattern = TextPattern::compile("<[a-z]+>|<[a-z ]{1,900}!", false).unwrap();
    let value = format!("<{}!", "ab ".repeat(250));
    for before in (0..9000).step_by(89) {
        let text = format!("{}{value} <x> ", "é ".repeat(before / 3));
        let found: Vec<_> = pattern.find_iter(&text).map(|found| &text[found.whole]).collect();
        assert_eq!(found, [value.as_str(), "<x>"], "{before}");
    }
    let key = format!("KEY-{}", "A1".repeat(50_000));
    let found: Vec<_> = TextPattern::compile("KEY-[A-Z0-9]+", false).unwrap().find_iter(&key).collect();
    assert_eq!(found, [Found { whole: 0..key.len(), value: 0..key.len() }]);
}

/// Read to the end for each of its letters, the text would take as long as all other tests together.
#[test]
fn what_may_match_far_away_is_not_looked_for_to_the_end_each_time() {
    let text = "x".repeat(1 << 17);
    let pattern = TextPattern::compile("x.*y|x", false).unwrap();
    assert_eq!(pattern.find_iter(&text).count(), text.len());
    // A long value that is refused is not tried again from each of its digits.
    let digits = "1".repeat(1 << 20);
    assert_eq!(found(&PatternSpec { validator: Some("us_ssn".into()), ..spec("[0-9]+") }, &digits), []);
}
