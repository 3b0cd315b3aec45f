//! What models do to tokens, for the tests of the restorer and for `benches/survival/`.

/// A bend of a token and what its restoration leaves around the value `{}`.
pub struct Bend {
    /// What was done to it.
    pub name: &'static str,
    /// Does it.
    pub bend: fn(&str) -> String,
    /// What stands there afterwards.
    pub restored: &'static str,
}

fn bare(token: &str) -> &str {
    token.trim_matches(['[', ']'])
}

/// `token` with `between` in the place of its last underscore.
fn at_tag(token: &str, between: &str) -> String {
    match token.rsplit_once('_') {
        Some((label, tag)) => format!("{label}{between}{tag}"),
        None => token.to_owned(),
    }
}

/// What stands in front of the first underscore, and the rest.
fn at_label(token: &str) -> (&str, &str) {
    token.split_at(token.find('_').unwrap_or(0))
}

/// The first `count` characters of `text`, and the rest.
fn cut(text: &str, count: usize) -> (&str, &str) {
    text.split_at(text.char_indices().nth(count).map_or(text.len(), |(at, _)| at))
}

fn wide(text: &str) -> String {
    let widen = |c: char| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_alphanumeric()).unwrap_or(c);
    text.chars().map(widen).collect()
}

fn bold_letters(text: &str) -> String {
    let bold = |c: char| match c {
        'A'..='Z' => char::from_u32(0x1d400 + u32::from(c) - u32::from('A')),
        _ => None,
    };
    text.chars().map(|c| bold(c).unwrap_or(c)).collect()
}

/// The bends that are read.
pub const BENDS: &[Bend] = &[
    Bend { name: "as minted", bend: |t| t.to_owned(), restored: "{}" },
    Bend { name: "lower case", bend: |t| t.to_lowercase(), restored: "{}" },
    Bend {
        name: "title case",
        bend: |t| {
            let (first, rest) = cut(t, 2);
            format!("{first}{}", rest.to_lowercase())
        },
        restored: "{}",
    },
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
    Bend {
        name: "line break within the label",
        bend: |t| {
            let (before, after) = cut(t, 3);
            format!("{before}\n{after}")
        },
        restored: "{}",
    },
    Bend { name: "escaped line break", bend: |t| at_tag(t, "_\\n"), restored: "{}" },
    Bend {
        name: "O for 0, I for 1",
        bend: |t| {
            let (label, tag) = at_label(t);
            format!("{label}{}", tag.replace('0', "O").replace('1', "I"))
        },
        restored: "{}",
    },
    Bend {
        name: "o for 0, l for 1",
        bend: |t| {
            let (label, tag) = at_label(t);
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
    Bend {
        name: "hyphenated label",
        bend: |t| {
            let (before, after) = cut(t, 3);
            format!("{before}-\n{after}")
        },
        restored: "{}",
    },
    Bend { name: "wide letters", bend: |t| format!("[{}]", wide(bare(t))), restored: "{}" },
    Bend { name: "wide letters and brackets", bend: |t| format!("［{}］", wide(bare(t))), restored: "{}" },
    Bend { name: "Cyrillic letters", bend: |t| t.replace('O', "О").replace('E', "Е"), restored: "{}" },
    Bend { name: "Cyrillic letters, no brackets", bend: |t| bare(t).replace('O', "О"), restored: "{}" },
    Bend {
        name: "spelled tag",
        bend: |t| {
            let (label, tag) = cut(bare(t), bare(t).chars().count().saturating_sub(4));
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
    Bend {
        name: "lower case, spaces, no brackets",
        bend: |t| bare(t).replace('_', " ").to_lowercase(),
        restored: "{}",
    },
    Bend {
        name: "lower case, hyphens, no brackets",
        bend: |t| bare(t).replace('_', "-").to_lowercase(),
        restored: "{}",
    },
    Bend { name: "closing bracket lost, lower case", bend: |t| t.trim_end_matches(']').to_lowercase(), restored: "{}" },
    Bend { name: "spaces around", bend: |t| format!("  {t}  "), restored: "  {}  " },
    Bend { name: "quotes around", bend: |t| format!("\"{t}\""), restored: "\"{}\"" },
    Bend { name: "quotes around, no brackets", bend: |t| format!("'{}'", bare(t)), restored: "'{}'" },
    Bend { name: "curly quotes around, no brackets", bend: |t| format!("“{}”", bare(t)), restored: "“{}”" },
    Bend { name: "a string in a list", bend: |t| format!("[\"{}\"]", bare(t)), restored: "[\"{}\"]" },
    Bend {
        name: "a string in a list, opening bracket lost",
        bend: |t| format!("[\"{}\", 1]", t.trim_start_matches('[')),
        restored: "[\"{}\", 1]",
    },
    Bend { name: "bold italic around", bend: |t| format!("***{t}***"), restored: "***{}***" },
    Bend { name: "struck out", bend: |t| format!("~~{t}~~"), restored: "~~{}~~" },
    Bend { name: "italic within brackets", bend: |t| format!("[*{}*]", bare(t)), restored: "{}" },
    Bend { name: "code within doubled brackets", bend: |t| format!("[[`{}`]]", bare(t)), restored: "{}" },
    Bend { name: "HTML around", bend: |t| format!("<b>{t}</b>"), restored: "<b>{}</b>" },
    Bend { name: "cell of a table", bend: |t| format!("| {} |", bare(t)), restored: "| {} |" },
    Bend {
        name: "zero-width joiners, no brackets",
        bend: |t| bare(t).replace('_', "\u{200d}_\u{200d}"),
        restored: "{}",
    },
    Bend { name: "decimal entities, no brackets", bend: |t| bare(t).replace('_', "&#95;"), restored: "{}" },
    Bend { name: "mathematical letters", bend: |t| format!("[{}]", bold_letters(bare(t))), restored: "{}" },
    Bend {
        name: "Greek letters", bend: |t| t.replace('O', "Ο").replace('E', "Ε").replace('A', "Α"), restored: "{}"
    },
];
