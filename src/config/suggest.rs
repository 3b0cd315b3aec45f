//! Says in a user's words what serde found wrong, with the nearest right name.

/// A message for the user.
pub(super) struct Explained {
    pub(super) text: String,
    /// Whether the text already names the key it is about.
    pub(super) names_key: bool,
}

/// Turns serde's message into one that names what was meant and leaves the
/// file's values out; `section` says where an unknown key stands.
pub(super) fn explain(message: &str, section: &str) -> Explained {
    let first_line = message.lines().next().unwrap_or_default();
    if let Some((found, known)) = unknown(first_line, "unknown field ") {
        let hint = did_you_mean(found, known.iter().copied());
        return Explained { text: format!("unknown key \"{found}\" {section}{hint}"), names_key: true };
    }
    if let Some((found, known)) = unknown(first_line, "unknown variant ") {
        let hint = did_you_mean(found, known.iter().copied());
        let choices = known.join(", ");
        return Explained { text: format!("\"{found}\" is none of {choices}{hint}"), names_key: false };
    }
    if let Some(key) = first_line.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return Explained { text: format!("the key \"{key}\" is missing"), names_key: false };
    }
    Explained { text: without_value(first_line), names_key: false }
}

/// `; did you mean "NAME"?` for the known name nearest to `found`, or nothing
/// when none is near.
pub fn did_you_mean<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near = |name: &&str| strsim::damerau_levenshtein(&found.to_lowercase(), &name.to_lowercase());
    // A third of the letters may differ; more is another word.
    let limit = (found.chars().count() / 3).max(1);
    match known.into_iter().min_by_key(near).filter(|name| near(name) <= limit) {
        Some(name) => format!("; did you mean \"{name}\"?"),
        None => String::new(),
    }
}

/// Splits "unknown field `x`, expected one of `a`, `b`" into `x` and the names.
fn unknown<'m>(message: &'m str, start: &str) -> Option<(&'m str, Vec<&'m str>)> {
    let mut quoted = message.strip_prefix(start)?.split('`').skip(1).step_by(2);
    Some((quoted.next()?, quoted.collect()))
}

/// `invalid type: string "x", expected y` without the `"x"`.
fn without_value(message: &str) -> String {
    let Some((head, expected)) = message.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    let kind =
        ["invalid type: ", "invalid value: ", "invalid length "].iter().find_map(|start| head.strip_prefix(start));
    match kind {
        Some(found) => {
            let kind: Vec<&str> =
                found.split(' ').take_while(|word| word.bytes().all(|b| b.is_ascii_lowercase())).collect();
            let kind = if kind.is_empty() {
                "another value".to_owned()
            } else {
                format!("a value of type {}", kind.join(" "))
            };
            format!("found {kind}, expected {expected}")
        }
        None => message.to_owned(),
    }
}
