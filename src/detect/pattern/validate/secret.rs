//! Keys, tokens and passwords.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD};

/// A JSON web token, RFC 7519: the header is base64url of a JSON object that
/// names an algorithm (RFC 7515) or a type.
pub(super) fn jwt(value: &str) -> bool {
    let header = value.split('.').next().unwrap_or(value);
    let Ok(header) = BASE64URL_NOPAD.decode(header.as_bytes()) else { return false };
    serde_json::from_slice::<serde_json::Value>(&header)
        .is_ok_and(|header| ["alg", "typ", "enc"].iter().any(|key| header.get(key).is_some()))
}

/// Basic credentials, RFC 7617: base64 of text with a colon.
pub(super) fn basic_auth(value: &str) -> bool {
    let decoded = BASE64.decode(value.as_bytes()).or_else(|_| BASE64_NOPAD.decode(value.as_bytes()));
    decoded.is_ok_and(|decoded| {
        decoded.contains(&b':') && decoded.iter().all(|byte| (b' '..0x7f).contains(byte) || *byte >= 0xC2)
    })
}

/// Both a letter and a digit.
pub(super) fn letters_and_digits(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_alphabetic()) && value.bytes().any(|byte| byte.is_ascii_digit())
}

/// A digit somewhere after the prefix that names the issuer.
pub(super) fn letters_or_zeroes(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit())
}

/// Not `${NAME}`, `<password>`, `***` or the like.
pub(super) fn not_a_placeholder(value: &str) -> bool {
    const WORDS: &[&str] = &["password", "passwd", "pass", "secret", "changeme", "your_password", "xxx", "pwd"];
    let placeholder =
        value.starts_with(['$', '<', '{', '%', '[', '*', '(']) || value.contains("{{") || value.contains("${");
    !placeholder && !WORDS.contains(&value.to_ascii_lowercase().as_str())
}

/// A secret drawn at random: letters and digits, Shannon entropy of at least
/// 2.8 bits a character, neither a path nor an identifier of code.
pub(super) fn random_secret(value: &str) -> bool {
    letters_and_digits(value) && not_a_placeholder(value) && entropy_bits(value) >= 2.8 && !is_identifier(value)
}

fn entropy_bits(value: &str) -> f64 {
    let mut counts = [0u32; 256];
    value.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = value.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum()
}

/// Words joined by dots or underscores, such as `os.environ_v2`.
fn is_identifier(value: &str) -> bool {
    let words: Vec<&str> = value.split(['.', '_', '-', '/']).collect();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    words.len() > 1 && digits <= 2 && words.iter().all(|word| word.len() <= 14)
}

/// What may stand after `password:`; not a type, a keyword, a call or a
/// placeholder.
pub(super) fn password(value: &str) -> bool {
    let code = value.contains('(') && value.ends_with(')') || value.starts_with("os.") || value.starts_with("process.");
    let lower = value.to_ascii_lowercase();
    let call =
        lower.ends_with("getpass(") || lower.contains("getenv") || lower.contains("environ") || lower.ends_with("()");
    let open_call = value.ends_with('(')
        || value.matches('(').count() > value.matches(')').count() && value.bytes().all(|byte| !byte.is_ascii_digit());
    not_a_placeholder(value) && !code && !call && !open_call && !NO_PASSWORDS.split(' ').any(|word| word == lower)
}

/// Types, keywords of code and words of prose that stand after "password".
const NO_PASSWORDS: &str = "string str none null nil undefined required invalid incorrect optional true false text password \
    passwd varchar bytes char bool boolean any self request input args props not the too wrong correct \
    empty missing expired weak strong protected stored hashed encrypted and was set used needed valid \
    case-sensitive being never always only very also now your you must should i object integer field \
    label";

/// A word that only a password is: upper and lower case or signs mixed with
/// digits.
pub(super) fn strong_password(value: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| value.bytes().any(|byte| kind(&byte));
    let sign = value
        .chars()
        .any(|c| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '/' | '.' | '(' | ')' | ':' | '`' | '\''));
    let letter = value.chars().any(char::is_alphabetic);
    let digit = has(u8::is_ascii_digit);
    let mixed_case = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    not_a_placeholder(value) && letter && (digit && (sign || mixed_case || value.len() >= 8) || sign && mixed_case)
}
