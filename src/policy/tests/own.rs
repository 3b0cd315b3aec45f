//! Patterns, lists, allowed words and languages of a policy, from the file to what is found.

use super::*;
use crate::detect::{Detector, Slot};

/// Labels that need no token classifier.
const NO_NAMES: &str = "[detect]\noff = [\"PERSON\", \"STREET_ADDRESS\"]\n";

impl Folder {
    async fn found<'t>(&self, policy: &str, text: &'t str) -> Vec<(&'t str, &'static str)> {
        let detector = Detector::new(None).unwrap();
        let policy = self.check(policy).unwrap_or_else(|problems| panic!("{problems}"));
        let spans = detector.detect(&[Slot::text(text)], policy.rules()).await.unwrap().remove(0);
        spans.iter().map(|span| (&text[span.start..span.end], span.label.as_str())).collect()
    }

    fn problem(&self, policy: &str) -> String {
        self.write("a.toml", policy);
        self.check("a.toml").map(|_| ()).unwrap_err()
    }
}

fn found_with(policy: &str, text: &'static str) -> impl Future<Output = Vec<(&'static str, &'static str)>> {
    let folder = Folder::new();
    folder.write("a.toml", &format!("{NO_NAMES}{policy}"));
    async move { folder.found("a.toml", text).await }
}

/// L40: the disguised value is found, too.
#[tokio::test]
async fn a_policys_own_pattern_is_found_beside_the_catalogue() {
    let policy = "[[pattern]]\nlabel = \"CUSTOM:TICKET\"\nregex = '\\bTK-\\d{4}\\b'\n";
    assert_eq!(
        found_with(policy, "TK-1234 of ann@example.com, TK\u{200b}-１２３５").await,
        [("TK-1234", "CUSTOM:TICKET"), ("ann@example.com", "EMAIL_ADDRESS"), ("TK\u{200b}-１２３５", "CUSTOM:TICKET")]
    );
}

/// L57
#[test]
fn a_caller_may_ask_for_more_care_with_the_values_of_a_pattern() {
    let folder = Folder::new();
    folder.write("a.toml", "[[pattern]]\nlabel = \"CUSTOM:TICKET\"\nregex = 'TK-[0-9]+'\n");
    let label = Label::parse("CUSTOM:TICKET").unwrap();
    let policy = folder.check("a.toml").unwrap();
    assert_eq!(policy.action(label), Action::Redact);
    assert_eq!(policy.tightened("CUSTOM:TICKET=block").unwrap().action(label), Action::Block);
    assert_eq!(
        policy.tightened("CUSTOM:TICKET=allow").map(|_| ()).unwrap_err(),
        Looser::Action { label, policy: Action::Redact }
    );
}

#[tokio::test]
async fn a_pattern_may_have_a_value_group_a_validator_context_and_scores() {
    let policy = r#"
[detect.thresholds]
"CUSTOM:CARD" = 0.6

[[pattern]]
label = "CUSTOM:CARD"
regex = '(?:card|karte)?\W*(?<v>\d{7})\b'
ignore_case = true
validator = "luhn"
context = ["member", "Mitglied"]
score = 0.5
context_score = 0.9
"#;
    assert_eq!(
        found_with(policy, "MITGLIED 1234566, member 1234567").await,
        [("1234566", "CUSTOM:CARD")],
        "with context, the check digit right"
    );
    assert_eq!(found_with(policy, "see 1234566").await, [], "below the threshold");
}

/// L27
#[test]
fn every_mistake_in_a_pattern_names_file_line_and_key() {
    let start = "[[pattern]]\nlabel = \"CUSTOM:A\"\nregex = ";
    let cases = [
        ("'('", "a.toml:3: pattern[0].regex: is not a regular expression of Rust's regex crate: unclosed group"),
        ("'(?=a)'", "a.toml:3: pattern[0].regex: is not a regular expression of Rust's regex crate: look-around"),
        ("'a*'", "a.toml:3: pattern[0].regex: matches the empty text"),
        ("'\\w{900}'", "a.toml:3: pattern[0].regex: compiles to more than 1024 KiB"),
        ("'a'\nvalidator = \"luhm\"", "a.toml:4: pattern[0].validator: is no validator; did you mean \"luhn\"?"),
        ("'a'\nscore = 1.2", "a.toml:4: pattern[0].score: must be from 0 to 1"),
        ("'a'\nscore = 0.3", "a.toml:4: pattern[0].score: never reaches the threshold of CUSTOM:A, 0.4"),
        ("'a'\ncontext_score = 0.9", "a.toml:4: pattern[0].context_score: needs context words"),
        ("'a'\ncontext = [\"\"]", "a.toml:4: pattern[0].context: holds an empty word"),
        ("'a'\nregexes = []", "a.toml:4: unknown key \"regexes\" in [[pattern]]; did you mean \"regex\"?"),
    ];
    for (rest, expected) in cases {
        let error = Folder::new().problem(&format!("{start}{rest}"));
        assert!(error.starts_with(expected), "{error}");
    }
    let error = Folder::new().problem("[[pattern]]\nlabel = \"CUSTOM:a\"\nregex = 'a'");
    assert!(error.starts_with("a.toml:2: pattern[0].label: there is no label \"CUSTOM:a\""), "{error}");
    let long = format!("{start}'{}'", "a".repeat(2001));
    assert!(Folder::new().problem(&long).contains("pattern[0].regex: has more than 2000 characters"));
    let many = "[[pattern]]\nlabel = \"CUSTOM:A\"\nregex = 'a'\n".repeat(101);
    assert!(Folder::new().problem(&many).contains("a.toml:1: pattern: there are more than 100 patterns"));
}

#[tokio::test]
async fn patterns_lists_and_allowed_words_of_the_extended_policy_count_too() {
    let folder = Folder::new();
    let pattern = |label: &str, regex: &str| format!("[[pattern]]\nlabel = \"CUSTOM:{label}\"\nregex = '{regex}'\n");
    folder.write("base.toml", &format!("{NO_NAMES}{}[allow]\nterms = [\"A2\"]\n", pattern("A", "A[0-9]")));
    let list =
        "[[list]]\nlabel = \"CUSTOM:L\"\nterms = [\"eagle\"]\n[allow.labels.\"CUSTOM:L\"]\nterms = [\"EAGLE\"]\n";
    folder.write("own.toml", &format!("extends = \"base\"\n{}{list}", pattern("B", "B[0-9]")));
    assert_eq!(folder.found("own.toml", "A1 A2 B1 eagle").await, [("A1", "CUSTOM:A"), ("B1", "CUSTOM:B")]);
}

#[tokio::test]
async fn allowed_words_come_from_the_policy_and_from_files() {
    let folder = Folder::new();
    folder.write("allowed.txt", "\u{feff}# ours\r\ninfo@example.com\r\n");
    folder.write("urls.txt", "https://docs.example/start\n");
    let allow = "[allow]\nterms = [\"help@example.com\"]\nfile = \"allowed.txt\"\n[allow.labels.URL]\nfile = \"urls.txt\"\npatterns = ['https://www\\.example\\S*']\n";
    folder.write("a.toml", &format!("{NO_NAMES}{allow}"));
    let text = "info@example.com help@example.com ann@example.com https://docs.example/start https://www.example/a https://b.example/c";
    assert_eq!(
        folder.found("a.toml", text).await,
        [("ann@example.com", "EMAIL_ADDRESS"), ("https://b.example/c", "URL")]
    );
    let before = folder.check("a.toml").unwrap().hash;
    folder.write("urls.txt", "https://docs.example/end\n");
    assert_ne!(folder.check("a.toml").unwrap().hash, before, "the file is part of the policy");
    folder.write("urls.txt", &format!("ok\n\n{}\n", "x".repeat(501)));
    let error = folder.check("a.toml").map(|_| ()).unwrap_err();
    assert!(error.starts_with("a.toml:7: allow.labels.URL.file: urls.txt:3: holds a term of more than 500"), "{error}");
}

#[tokio::test]
async fn a_list_of_a_million_terms_is_in_force() {
    let folder = Folder::new();
    let terms: String = (0..1_000_000).map(|n| format!("Projekt {n}\n")).collect();
    folder.write("lists/projects.txt", &terms);
    folder.write("a.toml", &format!("{NO_NAMES}[[list]]\nlabel = \"CUSTOM:P\"\nfile = \"lists/projects.txt\"\n"));
    let text = "projekt 999999, Projekt 1000000, PROJEKT 0, Projekt";
    assert_eq!(folder.found("a.toml", text).await, [("projekt 999999", "CUSTOM:P"), ("PROJEKT 0", "CUSTOM:P")]);
}

/// Context words of other languages than the policy's and English do not count.
#[tokio::test]
async fn detection_honours_the_languages_of_the_policy() {
    let folder = Folder::new();
    for (name, languages) in
        [("all.toml", ""), ("de.toml", "languages = [\"de\"]"), ("fr.toml", "languages = [\"fr\"]")]
    {
        folder.write(name, &format!("{languages}\n{NO_NAMES}"));
    }
    let (german, english) = ("geboren am 12.03.1980", "born on 12.03.1980");
    for policy in ["all.toml", "de.toml"] {
        assert_eq!(folder.found(policy, german).await, [("12.03.1980", "DATE_OF_BIRTH")], "{policy}");
    }
    assert_eq!(folder.found("fr.toml", german).await, []);
    assert_eq!(folder.found("fr.toml", english).await, [("12.03.1980", "DATE_OF_BIRTH")]);
}

#[tokio::test]
async fn the_examples_in_the_default_policy_are_valid() {
    let folder = Folder::new();
    let policy = include_str!("../../../policies/default.toml");
    let example = |line: &'static str| {
        let shown = line.strip_prefix("#   ").filter(|rest| rest.starts_with('[') || rest.contains(" = "));
        shown.unwrap_or(line).to_owned() + "\n"
    };
    folder.write("a.toml", &policy.lines().map(example).collect::<String>());
    folder.write("lists/public.txt", "Acme\n");
    folder.write("lists/projects.txt", "Eagle\n");
    let policy = folder.check("a.toml").unwrap_or_else(|problems| panic!("{problems}"));
    for label in ["CUSTOM:PROJECT", "CUSTOM:TICKET", "EMPLOYEE_ID"] {
        assert!(policy.enabled().contains(&Label::parse(label).unwrap()), "{label}");
    }
}
