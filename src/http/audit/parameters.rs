//! The parameters of a question: known ones, each at most once.

use actix_web::HttpRequest;
use actix_web::web::Query;

use crate::http::error::ApiError;

/// Most characters of an unknown parameter's name that an error repeats.
const NAME_SHOWN_MAX: usize = 40;
/// A query string longer than this is none of ours. Servers in front of Cordon
/// cut at 8 KiB.
const QUERY_BYTES_MAX: usize = 8192;

/// What stands behind the `?`, by name.
#[derive(Debug)]
pub(in crate::http) struct Parameters(Vec<(&'static str, String)>);

impl Parameters {
    /// The parameters of `request`, all of them among `known`.
    ///
    /// # Errors
    /// 400 that names the parameter which is unknown or there twice, also for what
    /// is no UTF-8.
    pub(in crate::http) fn of(request: &HttpRequest, known: &[&'static str]) -> Result<Parameters, ApiError> {
        Parameters::parse(request.query_string(), known).map_err(|error| error.about(request))
    }

    fn parse(query: &str, known: &[&'static str]) -> Result<Parameters, ApiError> {
        if query.len() > QUERY_BYTES_MAX {
            return Err(ApiError::parameter(None, format!("the query is longer than {QUERY_BYTES_MAX} bytes")));
        }
        if !is_utf8(query) {
            return Err(ApiError::parameter(None, "the query is no UTF-8 after percent-decoding"));
        }
        let pairs = Query::<Vec<(String, String)>>::from_query(query).map(Query::into_inner);
        let pairs =
            pairs.map_err(|_| ApiError::parameter(None, "the query is not of the form name=value&name=value"))?;
        let mut parameters = Vec::with_capacity(pairs.len());
        for (given, value) in pairs {
            let Some(name) = known.iter().copied().find(|name| *name == given) else {
                return Err(unknown(&given, known));
            };
            if parameters.iter().any(|(earlier, _)| *earlier == name) {
                return Err(ApiError::parameter(Some(name), format!("{name} is there twice; give it once")));
            }
            parameters.push((name, value));
        }
        Ok(Parameters(parameters))
    }

    /// The value of `name`.
    pub(in crate::http) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// The names that are there, in their order. This, and never a value, is what
    /// the record of a read says.
    pub(in crate::http) fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|(name, _)| *name).collect()
    }
}

fn unknown(given: &str, known: &[&str]) -> ApiError {
    let shown: String = given.chars().filter(|c| c.is_ascii_graphic()).take(NAME_SHOWN_MAX).collect();
    let known =
        if known.is_empty() { "there are none here".to_owned() } else { format!("known are {}", known.join(", ")) };
    ApiError::parameter(None, format!("unknown parameter {shown:?}; {known}"))
}

/// Whether `query` is UTF-8 once its escapes are bytes. The parser replaces what
/// is not, and so would ask something else than the caller did.
fn is_utf8(query: &str) -> bool {
    let mut bytes = Vec::with_capacity(query.len());
    let mut rest = query.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = tail.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        let escaped = escape.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    std::str::from_utf8(&bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["label", "limit"];

    fn message(query: &str) -> String {
        Parameters::parse(query, KNOWN).unwrap_err().to_string()
    }

    #[test]
    fn known_parameters_are_read_and_named_without_their_values() {
        let parameters = Parameters::parse("limit=5&label=CUSTOM%3AA", KNOWN).unwrap();
        assert_eq!((parameters.get("label"), parameters.get("limit")), (Some("CUSTOM:A"), Some("5")));
        assert_eq!(parameters.names(), ["limit", "label"]);
        assert!(Parameters::parse("", KNOWN).unwrap().names().is_empty());
    }

    #[test]
    fn what_is_unknown_double_or_no_utf8_is_named() {
        assert!(message("lable=PERSON").contains("\"lable\"") && message("lable=PERSON").contains("label, limit"));
        assert!(message("limit=1&limit=2").contains("limit is there twice"));
        for garbled in ["label=%ff", "label=%C3%28", "%E2%82=1"] {
            assert!(message(garbled).contains("UTF-8"), "{garbled}");
        }
        assert!(message(&format!("label={}", "x".repeat(QUERY_BYTES_MAX))).contains("longer than"));
        // A name is repeated without what could dress up a log or a terminal.
        let dressed = message(&format!("{}%1b%5b31m%0a=1", "y".repeat(100)));
        assert!(dressed.len() < 160 && !dressed.contains('\u{1b}') && !dressed.contains('\n'), "{dressed}");
    }
}
