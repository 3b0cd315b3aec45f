//! What models do to tokens (L08), and what must not be taken for one (L09, L10).

use super::*;

/// A bend of a token and what its restoration leaves around the value `{}`.
struct Bend {
    name: &'static str,
    bend: fn(&str) -> String,
    restored: &'static str,
}

/// `token` with `between` in the place of its last underscore.
fn at_tag(token: &str, between: &str) -> String {
    let (label, tag) = token.rsplit_once('_').unwrap();
    format!("{label}{between}{tag}")
}

fn wide(text: &str) -> String {
    let widen = |c: char| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_alphanumeric()).unwrap_or(c);
    text.chars().map(widen).collect()
}

const BENDS: &[Bend] = &[
    Bend { name: "as minted", bend: |t| t.to_owned(), restored: "{}" },
    Bend { name: "lower case", bend: |t| t.to_lowercase(), restored: "{}" },
    Bend { name: "title case", bend: |t| format!("{}{}", &t[..2], t[2..].to_lowercase()), restored: "{}" },
    Bend { name: "no brackets", bend: |t| bare(t).to_owned(), restored: "{}" },
    Bend { name: "no brackets, lower case", bend: |t| bare(t).to_lowercase(), restored: "{}" },
    Bend { name: "closing bracket lost", bend: |t| t.trim_end_matches(']').to_owned(), restored: "{}" },
    Bend { name: "opening bracket lost", bend: |t| t.trim_start_matches('[').to_owned(), restored: "{}" },
    Bend { name: "doubled brackets", bend: |t| format!("[{t}]"), restored: "{}" },
    Bend {
        name: "text of a link",
        bend: |t| format!("[{t}](https://evil.test/)"),
        restored: "[{}](https://evil.test/)",
    },
    Bend { name: "text and target of a link", bend: |t| format!("[{t}](mailto:{t})"), restored: "[{}](mailto:{})" },
    Bend { name: "text of an image", bend: |t| format!("![{t}](/a.png)"), restored: "![{}](/a.png)" },
    Bend { name: "text of a reference link", bend: |t| format!("[{t}][1]"), restored: "[{}][1]" },
    Bend { name: "text of a collapsed link", bend: |t| format!("[{t}][]"), restored: "[{}][]" },
    Bend { name: "link definition", bend: |t| format!("[{t}]: /a"), restored: "[{}]: /a" },
    Bend {
        name: "link text without own brackets",
        bend: |t| format!("[see {}](/a)", bare(t)),
        restored: "[see {}](/a)",
    },
    Bend { name: "doubled brackets, parenthesis later", bend: |t| format!("[{t}] (she)"), restored: "{} (she)" },
    Bend { name: "doubled wide brackets", bend: |t| format!("【【{}】】(x)", bare(t)), restored: "{}(x)" },
    Bend { name: "parentheses around", bend: |t| format!("({t})"), restored: "({})" },
    Bend { name: "parentheses instead", bend: |t| format!("({})", bare(t)), restored: "({})" },
    Bend { name: "braces", bend: |t| format!("{{{}}}", bare(t)), restored: "{}" },
    Bend { name: "doubled braces", bend: |t| format!("{{{{{}}}}}", bare(t)), restored: "{}" },
    Bend { name: "angle brackets", bend: |t| format!("<{}>", bare(t)), restored: "{}" },
    Bend { name: "wide brackets", bend: |t| format!("【{}】", bare(t)), restored: "{}" },
    Bend { name: "spaces within brackets", bend: |t| format!("[ {} ]", bare(t)), restored: "{}" },
    Bend { name: "spaces for underscores", bend: |t| t.replace('_', " "), restored: "{}" },
    Bend { name: "spaces, no brackets", bend: |t| bare(t).replace('_', " "), restored: "{}" },
    Bend { name: "hyphens for underscores", bend: |t| t.replace('_', "-"), restored: "{}" },
    Bend { name: "non-breaking hyphens", bend: |t| t.replace('_', "\u{2011}"), restored: "{}" },
    Bend { name: "no-break spaces", bend: |t| t.replace('_', "\u{a0}"), restored: "{}" },
    Bend { name: "underscores lost", bend: |t| t.replace('_', ""), restored: "{}" },
    Bend { name: "doubled underscores", bend: |t| t.replace('_', "__"), restored: "{}" },
    Bend { name: "escaped underscores", bend: |t| t.replace('_', "\\_"), restored: "{}" },
    Bend { name: "escaped twice", bend: |t| t.replace('_', "\\\\_"), restored: "{}" },
    Bend { name: "escaped brackets", bend: |t| format!("\\[{}\\]", bare(t)), restored: "{}" },
    Bend { name: "everything escaped", bend: |t| format!("\\[{}\\]", bare(t).replace('_', "\\_")), restored: "{}" },
    Bend { name: "bold around", bend: |t| format!("**{t}**"), restored: "**{}**" },
    Bend { name: "bold around, no brackets", bend: |t| format!("**{}**", bare(t)), restored: "**{}**" },
    Bend { name: "italic around, no brackets", bend: |t| format!("_{}_", bare(t)), restored: "_{}_" },
    Bend { name: "code around", bend: |t| format!("`{t}`"), restored: "`{}`" },
    Bend { name: "bold within brackets", bend: |t| format!("[**{}**]", bare(t)), restored: "{}" },
    Bend { name: "code within brackets", bend: |t| format!("[`{}`]", bare(t)), restored: "{}" },
    Bend { name: "bold tag", bend: |t| format!("{}**]", at_tag(t, "_**").trim_end_matches(']')), restored: "{}" },
    Bend { name: "bold tag, no brackets", bend: |t| format!("{}**", at_tag(bare(t), "_**")), restored: "{}" },
    Bend { name: "bold that crosses the bracket", bend: |t| format!("**[{}**]", bare(t)), restored: "**{}**" },
    Bend { name: "HTML entities", bend: |t| format!("&#91;{}&#93;", bare(t)), restored: "{}" },
    Bend {
        name: "named entities",
        bend: |t| format!("&lbrack;{}&rbrack;", bare(t).replace('_', "&lowbar;")),
        restored: "{}",
    },
    Bend { name: "hex entities", bend: |t| format!("&#x5B;{}&#x5D;", bare(t).replace('_', "&#x5F;")), restored: "{}" },
    Bend { name: "entities escaped twice", bend: |t| t.replace('_', "&amp;#95;"), restored: "{}" },
    Bend { name: "angle brackets as entities", bend: |t| format!("&lt;{}&gt;", bare(t)), restored: "{}" },
    Bend {
        name: "JSON escapes",
        bend: |t| format!("\\u005b{}\\u005D", bare(t).replace('_', "\\u005f")),
        restored: "{}",
    },
    Bend { name: "percent escapes", bend: |t| format!("%5B{}%5D", bare(t).replace('_', "%5f")), restored: "{}" },
    Bend {
        name: "zero-width spaces",
        bend: |t| t.chars().map(|c| format!("{c}\u{200b}")).collect(),
        restored: "{}\u{200b}",
    },
    Bend { name: "soft hyphen", bend: |t| at_tag(t, "\u{ad}_"), restored: "{}" },
    Bend { name: "line break behind the underscore", bend: |t| at_tag(t, "_\n"), restored: "{}" },
    Bend { name: "line break for the underscore", bend: |t| at_tag(t, "\n"), restored: "{}" },
    Bend { name: "line break and indent", bend: |t| at_tag(t, "_\r\n    "), restored: "{}" },
    Bend { name: "line break within the label", bend: |t| format!("{}\n{}", &t[..3], &t[3..]), restored: "{}" },
    Bend { name: "escaped line break", bend: |t| at_tag(t, "_\\n"), restored: "{}" },
    Bend {
        name: "O for 0, I for 1",
        bend: |t| {
            let (label, tag) = t.split_at(t.find('_').unwrap());
            format!("{label}{}", tag.replace('0', "O").replace('1', "I"))
        },
        restored: "{}",
    },
    Bend {
        name: "o for 0, l for 1",
        bend: |t| {
            let (label, tag) = t.split_at(t.find('_').unwrap());
            format!("{label}{}", tag.replace('0', "o").replace('1', "l"))
        },
        restored: "{}",
    },
    Bend { name: "possessive", bend: |t| format!("{t}'s"), restored: "{}'s" },
    Bend { name: "possessive, no brackets", bend: |t| format!("{}'s", bare(t)), restored: "{}'s" },
    Bend { name: "curly possessive", bend: |t| format!("{}’s", bare(t)), restored: "{}’s" },
    Bend { name: "plural", bend: |t| format!("{t}s"), restored: "{}s" },
    Bend { name: "plural, no brackets", bend: |t| format!("{}s", bare(t)), restored: "{}s" },
    Bend { name: "full stop", bend: |t| format!("{}.", bare(t)), restored: "{}." },
    Bend { name: "compound", bend: |t| format!("non-{}-related", bare(t)), restored: "non-{}-related" },
    Bend { name: "link text", bend: |t| format!("{t}(https://evil.test/)"), restored: "[{}](https://evil.test/)" },
    Bend { name: "link text with mail address", bend: |t| format!("{t}(mailto:{t})"), restored: "[{}](mailto:{})" },
    Bend { name: "link text with path", bend: |t| format!("{t}(/a)"), restored: "[{}](/a)" },
    Bend { name: "link text with URL token", bend: |t| format!("{t}([URL_7KQ2])"), restored: "[{}]([URL_7KQ2])" },
    Bend { name: "parenthesis right behind", bend: |t| format!("{t}(34)"), restored: "{}(34)" },
    Bend { name: "parenthesis with a colon behind", bend: |t| format!("{t}(Tel: 1)"), restored: "{}(Tel: 1)" },
    Bend { name: "possessive within brackets", bend: |t| format!("[{}'s]", bare(t)), restored: "{}'s" },
    Bend { name: "curly possessive within brackets", bend: |t| format!("[{}’s]", bare(t)), restored: "{}’s" },
    Bend { name: "plural within brackets", bend: |t| format!("[{}s]", bare(t)), restored: "{}s" },
    Bend { name: "line break in a quotation", bend: |t| at_tag(t, "_\n> "), restored: "{}" },
    Bend { name: "line break for the underscore in a quotation", bend: |t| at_tag(t, "\n> > "), restored: "{}" },
    Bend { name: "line break in a comment", bend: |t| at_tag(t, "_\n    // "), restored: "{}" },
    Bend { name: "hyphenated label", bend: |t| format!("{}-\n{}", &t[..3], &t[3..]), restored: "{}" },
    Bend { name: "wide letters", bend: |t| format!("[{}]", wide(bare(t))), restored: "{}" },
    Bend { name: "wide letters and brackets", bend: |t| format!("［{}］", wide(bare(t))), restored: "{}" },
    Bend { name: "Cyrillic letters", bend: |t| t.replace('O', "О").replace('E', "Е"), restored: "{}" },
    Bend { name: "Cyrillic letters, no brackets", bend: |t| bare(t).replace('O', "О"), restored: "{}" },
    Bend {
        name: "spelled tag",
        bend: |t| {
            let (label, tag) = bare(t).split_at(bare(t).len() - 4);
            format!("[{label}{}]", tag.split("").collect::<Vec<_>>().join(" ").trim())
        },
        restored: "{}",
    },
    Bend { name: "argument of a macro", bend: |t| format!("\\textbf{{{}}}", bare(t)), restored: "\\textbf{{}}" },
    Bend { name: "argument of a type", bend: |t| format!("Box<{}>", bare(t)), restored: "Box<{}>" },
    Bend {
        name: "other script around", bend: |t| format!("请联系{}先生", bare(t)), restored: "请联系{}先生"
    },
    Bend { name: "behind a JSON line break", bend: |t| format!("Dear\\n{}", bare(t)), restored: "Dear\\n{}" },
    Bend { name: "behind a percent escape", bend: |t| format!("to%20{}", bare(t)), restored: "to%20{}" },
    Bend { name: "in a bracketed remark", bend: |t| format!("[see {}]", bare(t)), restored: "[see {}]" },
    Bend { name: "UTF_8 in front", bend: |t| format!("UTF_8 {}", bare(t)), restored: "UTF_8 {}" },
    Bend { name: "ISO_9001 in front", bend: |t| format!("ISO_9001, {t}"), restored: "ISO_9001, {}" },
    Bend { name: "cut label in front", bend: |t| format!("[PERSON_{t}"), restored: "[PERSON_{}" },
];

/// Values of several labels, one of them with a suffix and two with tags that
/// hold 0 and 1.
fn subjects() -> (TokenMap, Vec<(String, String)>) {
    let (mut map, _) = people();
    let with = |digit: char, map: &mut TokenMap| {
        (0..)
            .map(|n| format!("person {n}"))
            .find(|value| self::map().mint(Label::PERSON, value, true).as_str().contains(digit))
            .map(|value| map.mint(Label::PERSON, &value, true).clone())
    };
    with('0', &mut map);
    with('1', &mut map);
    let subjects = map.tokens().filter(|(_, label, _)| *label != Label::US_SSN);
    let subjects = subjects.map(|(token, _, value)| (token.to_string(), value.to_owned())).collect();
    (map, subjects)
}

/// Bends that leave nothing of the underscore in front of a suffix: with them a
/// suffix is a word of the sentence, or the end of a longer tag.
const WITHOUT_SUFFIX: &[&str] = &["spaces, no brackets", "underscores lost"];

/// L08: every bend of the table comes back, in the middle of a sentence and at its end,
/// whole and streamed in pieces of one character.
#[test]
fn bent_tokens_survive() {
    let (map, subjects) = subjects();
    let restorer = map.restorer();
    let mut tried = 0;
    let mut lost = Vec::new();
    for Bend { name, bend, restored } in BENDS {
        let has_suffix = |token: &str| bare(token).ends_with("_B");
        for (token, value) in subjects.iter().filter(|(t, _)| !(has_suffix(t) && WITHOUT_SUFFIX.contains(name))) {
            for (before, after) in [("", ""), ("Ask ", " now."), ("«", "», then"), ("a\n", "\nb")] {
                let text = format!("{before}{}{after}", bend(token));
                let expected = format!("{before}{}{after}", restored.replace("{}", value));
                let whole = restorer.restore(&text, Escape::Text);
                let stream = streamed(&restorer, &pieces(&text, 1), Escape::Text);
                tried += 1;
                if whole != expected || stream != expected {
                    lost.push(format!("{name}: {text:?} gave {whole:?}, streamed {stream:?}"));
                }
            }
        }
    }
    println!("{} bends, {tried} tried, {} lost", BENDS.len(), lost.len());
    assert!(lost.is_empty(), "{} of {tried} lost:\n{}", lost.len(), lost.join("\n"));
}

/// L09, L10: what is another token, or a longer one, stays.
#[test]
fn what_was_not_minted_stays() {
    let (map, token) = people();
    let restorer = map.restorer();
    let t = bare(&token);
    let other_tag = format!("PERSON_{}", if t.ends_with('Z') { "YYYY" } else { "ZZZZ" });
    let kept = [
        format!("[{t}X]"),
        format!("[{t}_C]"),
        format!("{t}0"),
        format!("{t}_7"),
        format!("{t}_C"),
        format!("MISSING_{t}"),
        format!("[MISSING_{t}]"),
        format!("x{t}"),
        format!("[{other_tag}]"),
        other_tag.clone(),
        format!("[{}]", &t[..t.len() - 1]),
        t.replace("PERSON", "PERSONS"),
        t.replace("PERSON", "PERSN"),
        t.replace("_", ". "),
        t.replace("_", "_\n\n"),
    ];
    for text in kept {
        assert_eq!(restorer.restore(&text, Escape::Text), text);
    }
}

#[test]
fn a_word_behind_a_bare_token_is_no_suffix() {
    let (map, token) = people();
    let text = format!("{} B said", bare(&token));
    assert_eq!(map.restorer().restore(&text, Escape::Text), "Maria B said");
    let text = format!("[{} B] said", bare(&token));
    assert_eq!(map.restorer().restore(&text, Escape::Text), "MARIA said");
}

#[test]
fn brackets_of_the_user_stay_around_the_value() {
    let mut map = map();
    let text = "[Maria] and \\Maria\\ and [[Maria]]";
    let person = |start, end| Replacement { start, end, label: Label::PERSON, restorable: true };
    let scrubbed = scrub_text(text, &[person(1, 6), person(13, 18), person(26, 31)], Shape::Bracketed, &mut map);
    assert_eq!(map.restorer().restore(&scrubbed, Escape::Text), text);
}

/// A parenthesis of the user's behind a value makes no link of it.
#[test]
fn what_the_user_wrote_around_a_value_stays_no_link() {
    let mut map = map();
    let text = "Maria(https://good.test/a) and [Maria](/a) and Maria";
    let person = |start, end| Replacement { start, end, label: Label::PERSON, restorable: true };
    let scrubbed = scrub_text(text, &[person(0, 5), person(32, 37), person(47, 52)], Shape::Bracketed, &mut map);
    assert!(!scrubbed.contains("Maria"), "{scrubbed}");
    assert_eq!(map.restorer().restore(&scrubbed, Escape::Text), text);
}
