//! Canonical JSON after RFC 8785, restricted to strings, booleans, null and
//! integers below 2^53, where it needs no rules for floating point.

use serde::Serialize;
use serde_json::Value;

/// Integers up to here are exact in every JSON reader (RFC 8785, appendix B).
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Why a value has no canonical form here.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCanonical {
    /// A fraction, or an integer that is too large.
    #[error("a number is not an integer of magnitude below 2^53")]
    Number,
    /// RFC 8785 sorts names by UTF-16; for ASCII every order is the same.
    #[error("a member's name is not ASCII")]
    Name,
    /// serde refused it.
    #[error("the value cannot be written as JSON")]
    Serialize,
}

/// The canonical form of `value`.
pub(super) fn to_string(value: &impl Serialize) -> Result<String, NotCanonical> {
    let value = serde_json::to_value(value).map_err(|_| NotCanonical::Serialize)?;
    let mut out = String::with_capacity(1024);
    write(&value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut String) -> Result<(), NotCanonical> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => {
            let magnitude = number.as_i64().map(i64::unsigned_abs).or(number.as_u64()).ok_or(NotCanonical::Number)?;
            if magnitude > INTEGER_MAX {
                return Err(NotCanonical::Number);
            }
            out.push_str(&number.to_string());
        }
        Value::String(text) => write_string(text, out)?,
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                separate(i, out);
                write(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| name.as_str());
            out.push('{');
            for (i, (name, value)) in members.into_iter().enumerate() {
                if !name.is_ascii() {
                    return Err(NotCanonical::Name);
                }
                separate(i, out);
                write_string(name, out)?;
                out.push(':');
                write(value, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// `serde_json` escapes as RFC 8785 asks: the two-character escapes where
/// there is one, `\u00xx` in lower case for other control characters, and
/// nothing else.
fn write_string(text: &str, out: &mut String) -> Result<(), NotCanonical> {
    out.push_str(&serde_json::to_string(text).map_err(|_| NotCanonical::Serialize)?);
    Ok(())
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_sorted_and_strings_escaped_as_rfc_8785_says() {
        let value =
            json!({"b": [1, -2, true, null], "a": {"z": "\u{8}\t\n\u{c}\r\"\\/\u{1f}\u{7f}é\u{2028}", "A": ""}});
        let expected =
            "{\"a\":{\"A\":\"\",\"z\":\"\\b\\t\\n\\f\\r\\\"\\\\/\\u001f\u{7f}é\u{2028}\"},\"b\":[1,-2,true,null]}";
        assert_eq!(to_string(&value).unwrap(), expected);
    }

    #[test]
    fn numbers_that_readers_may_change_are_refused() {
        assert_eq!(to_string(&json!(1.5)), Err(NotCanonical::Number));
        assert_eq!(to_string(&json!(9_007_199_254_740_992_u64)), Err(NotCanonical::Number));
        assert_eq!(to_string(&json!(-9_007_199_254_740_991_i64)).unwrap(), "-9007199254740991");
    }

    #[test]
    fn a_name_outside_ascii_is_refused() {
        assert_eq!(to_string(&json!({"é": 1})), Err(NotCanonical::Name));
    }
}
