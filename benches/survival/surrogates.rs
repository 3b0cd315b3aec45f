//! What models do to surrogates: to names, numbers and addresses that look like any.

use super::table::Bend;

/// Each letter and digit of the fullwidth forms.
fn wide(text: &str) -> String {
    let widen = |c: char| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_alphanumeric()).unwrap_or(c);
    text.chars().map(widen).collect()
}

/// `text` with `between` behind its first letter or digit.
fn broken(text: &str, between: &str) -> String {
    let end = text.find(char::is_alphanumeric).map_or(text.len(), |at| text.ceil_char_boundary(at + 1));
    format!("{}{between}{}", &text[..end], &text[end..])
}

/// `text` with a mark around its last word.
fn last_word_in(text: &str, mark: &str) -> String {
    match text.rsplit_once(' ') {
        Some((before, last)) => format!("{before} {mark}{last}{mark}"),
        None => text.to_owned(),
    }
}

fn is_number(text: &str) -> bool {
    text.chars().filter(char::is_ascii_digit).count() >= 8
}

/// The bends; one that leaves a surrogate as it is does not count for it.
pub const BENDS: &[Bend] = &[
    Bend { name: "as minted", bend: |t| t.to_owned(), restored: "{}" },
    Bend {
        name: "lower case, several words",
        bend: |t| if t.contains(' ') { t.to_lowercase() } else { t.to_owned() },
        restored: "{}",
    },
    Bend { name: "capitals", bend: |t| t.to_uppercase(), restored: "{}" },
    Bend { name: "no-break spaces", bend: |t| t.replace(' ', "\u{a0}"), restored: "{}" },
    Bend { name: "doubled spaces", bend: |t| t.replace(' ', "  "), restored: "{}" },
    Bend { name: "line break between words", bend: |t| t.replacen(' ', "\n", 1), restored: "{}" },
    Bend { name: "line break and indent", bend: |t| t.replacen(' ', "\r\n    ", 1), restored: "{}" },
    Bend { name: "line break in a quotation", bend: |t| t.replacen(' ', "\n> ", 1), restored: "{}" },
    Bend { name: "escaped line break", bend: |t| t.replacen(' ', "\\n", 1), restored: "{}" },
    Bend { name: "bold around", bend: |t| format!("**{t}**"), restored: "**{}**" },
    Bend { name: "italic around", bend: |t| format!("_{t}_"), restored: "_{}_" },
    Bend { name: "code around", bend: |t| format!("`{t}`"), restored: "`{}`" },
    Bend { name: "last word bold", bend: |t| last_word_in(t, "**"), restored: "{}**" },
    Bend { name: "quoted", bend: |t| format!("“{t}”"), restored: "“{}”" },
    Bend { name: "brackets around", bend: |t| format!("[{t}]"), restored: "[{}]" },
    Bend { name: "parentheses around", bend: |t| format!("({t})"), restored: "({})" },
    Bend { name: "possessive", bend: |t| format!("{t}'s"), restored: "{}'s" },
    Bend { name: "curly possessive", bend: |t| format!("{t}’s"), restored: "{}’s" },
    Bend { name: "full stop", bend: |t| format!("{t}."), restored: "{}." },
    Bend { name: "other script around", bend: |t| format!("请联系{t}先生"), restored: "请联系{}先生" },
    Bend { name: "space as entity", bend: |t| t.replace(' ', "&nbsp;"), restored: "{}" },
    Bend { name: "at sign as entity", bend: |t| t.replace('@', "&#64;"), restored: "{}" },
    Bend {
        name: "spaces and at sign as percent escapes",
        bend: |t| t.replace(' ', "%20").replace('@', "%40"),
        restored: "{}",
    },
    Bend { name: "JSON escapes", bend: |t| t.replace(' ', "\\u0020").replace('@', "\\u0040"), restored: "{}" },
    Bend { name: "escaped marks", bend: |t| t.replace('.', "\\.").replace('-', "\\-"), restored: "{}" },
    Bend { name: "zero-width space", bend: |t| broken(t, "\u{200b}"), restored: "{}" },
    Bend { name: "soft hyphen", bend: |t| broken(t, "\u{ad}"), restored: "{}" },
    Bend { name: "wide letters", bend: wide, restored: "{}" },
    Bend { name: "non-breaking hyphens", bend: |t| t.replace('-', "\u{2011}"), restored: "{}" },
    Bend {
        name: "numbers without separators",
        bend: |t| if is_number(t) { t.replace([' ', '-'], "") } else { t.to_owned() },
        restored: "{}",
    },
    Bend {
        name: "numbers with hyphens for spaces",
        bend: |t| if is_number(t) { t.replace(' ', "-") } else { t.to_owned() },
        restored: "{}",
    },
    Bend {
        name: "target of a mail link",
        bend: |t| if t.contains('@') { format!("[x](mailto:{t})") } else { t.to_owned() },
        restored: "[x](mailto:{})",
    },
];
