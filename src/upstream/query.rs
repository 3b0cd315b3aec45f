//! The query of a call about a stored object: nothing of the caller's but what
//! the API defines.

/// The names that OpenAI's API takes for stored responses and their items.
const NAMES: [&str; 9] =
    ["after", "before", "include", "include[]", "include_obfuscation", "limit", "order", "starting_after", "stream"];
const VALUE_BYTES_MAX: usize = 128;
const PAIRS_MAX: usize = 32;

/// A query that may go to a provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredQuery(Vec<(&'static str, String)>);

/// Why a query may not go to a provider; it repeats nothing of the query.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the query may hold {}, each with what the API takes for it", NAMES.join(", "))]
pub struct InvalidQuery;

impl StoredQuery {
    /// Reads the decoded pairs of a query.
    ///
    /// # Errors
    /// When a name is not one of the API's, or a value has another shape than the
    /// API's ids, numbers and words have.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<StoredQuery, InvalidQuery> {
        let pair = |(name, value): (&str, &str)| {
            let name = NAMES.iter().find(|known| **known == name).ok_or(InvalidQuery)?;
            is_value(name, value).then(|| (*name, value.to_owned())).ok_or(InvalidQuery)
        };
        let pairs: Vec<_> = pairs.into_iter().take(PAIRS_MAX + 1).map(pair).collect::<Result<_, _>>()?;
        if pairs.len() > PAIRS_MAX { Err(InvalidQuery) } else { Ok(StoredQuery(pairs)) }
    }

    /// Whether the answer should come in events.
    pub fn wants_stream(&self) -> bool {
        self.pairs().any(|pair| pair == ("stream", "true"))
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

/// Whether `value` has the shape of what the API takes for `name`: nothing else
/// can be said in it.
fn is_value(name: &str, value: &str) -> bool {
    const DIGITS_MAX: usize = 6;
    let all = |shape: fn(&u8) -> bool| value.bytes().all(|b| shape(&b));
    let has_shape = match name {
        "limit" | "starting_after" => value.len() <= DIGITS_MAX && all(u8::is_ascii_digit),
        "stream" | "include_obfuscation" => matches!(value, "true" | "false"),
        "order" => matches!(value, "asc" | "desc"),
        "after" | "before" => is_item_id(value),
        _ => all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'.')),
    };
    has_shape && (1..=VALUE_BYTES_MAX).contains(&value.len())
}

/// `msg_68a1...`: a word of the API and a number in letters and digits.
fn is_item_id(value: &str) -> bool {
    value.split_once('_').is_some_and(|(kind, number)| {
        !kind.is_empty()
            && kind.bytes().all(|b| b.is_ascii_lowercase())
            && number.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            && number.bytes().any(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_api_defines_is_a_query() {
        let query = StoredQuery::parse([("limit", "20"), ("include[]", "message.input_image.image_url")]).unwrap();
        assert_eq!(
            query.pairs().collect::<Vec<_>>(),
            [("limit", "20"), ("include[]", "message.input_image.image_url")]
        );
        for pair in [
            ("api_base", "x"),
            ("after", "maria@example.com"),
            ("after", ""),
            ("after", "a b"),
            ("Limit", "1"),
            ("after", "Maria_Gonzalez"),
            ("after", "536-90-4399"),
            ("order", "maria"),
            ("limit", "5551234567"),
            ("stream", "yes"),
        ] {
            assert_eq!(StoredQuery::parse([pair]), Err(InvalidQuery), "{pair:?}");
        }
        assert_eq!(StoredQuery::parse([("limit", "1"); PAIRS_MAX + 1]), Err(InvalidQuery));
    }
}
