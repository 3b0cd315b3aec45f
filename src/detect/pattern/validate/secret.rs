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

/// A token whose last six characters are the CRC-32 (ISO 3309) of its body, in
/// base 62 with the digits 0-9, A-Z, a-z and leading zeroes; the body follows
/// the issuer's prefix and an underscore. GitHub, "Behind GitHub's new
/// authentication token formats", 2021.
pub(super) fn crc32_base62(value: &str) -> bool {
    const CHECKSUM_CHARS: usize = 6;
    let token = value.rsplit('_').next().unwrap_or(value).as_bytes();
    let Some((body, checksum)) = token.split_last_chunk::<CHECKSUM_CHARS>() else { return false };
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(u64::from(byte - b'0')),
        b'A'..=b'Z' => Some(u64::from(byte - b'A') + 10),
        b'a'..=b'z' => Some(u64::from(byte - b'a') + 36),
        _ => None,
    };
    let claimed = checksum.iter().try_fold(0, |sum, byte| Some(sum * 62 + digit(byte)?));
    claimed == Some(u64::from(crc32(body)))
}

fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL_REVERSED: u32 = 0xEDB8_8320;
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ (POLYNOMIAL_REVERSED & (crc & 1).wrapping_neg()))
    })
}

/// A token behind its issuer's prefix that was drawn at random: Shannon entropy
/// of at least 2.6 bits a character, no words of a placeholder.
pub(super) fn random_token(value: &str) -> bool {
    const PLACEHOLDERS: &[&str] = &["your", "xxxx", "placeholder", "redacted", "replace", "changeme", "insert"];
    let lower = value.to_ascii_lowercase();
    entropy_bits(value) >= 2.6 && !PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

/// A [`random_token`] behind a prefix that words and identifiers begin with
/// too: it holds a digit, and is not words joined by punctuation.
pub(super) fn opaque_token(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit()) && random_token(value) && !is_identifier(value)
}

/// Not `${NAME}`, `<password>`, `***` or the like.
pub(super) fn not_a_placeholder(value: &str) -> bool {
    const WORDS: &[&str] = &["password", "passwd", "pass", "secret", "changeme", "your_password", "xxx", "pwd"];
    let placeholder = value.starts_with(['$', '<', '{', '%', '[', '(']) || value.contains("{{") || value.contains("${");
    let filler =
        value.chars().next().is_some_and(|first| !first.is_alphanumeric() && value.chars().all(|c| c == first));
    !placeholder && !filler && !WORDS.contains(&value.to_ascii_lowercase().as_str())
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

/// Words and years joined by punctuation, such as `os.environ_v2` or
/// `created-at-2024`.
fn is_identifier(value: &str) -> bool {
    let digits = |word: &str| word.bytes().filter(u8::is_ascii_digit).count();
    let is_year = |word: &str| word.len() <= 4 && digits(word) == word.len();
    let words: Vec<&str> = value.split(['.', '_', '-', '/']).filter(|word| !is_year(word)).collect();
    value.contains(['.', '_', '-', '/'])
        && words.iter().all(|word| word.len() <= 14)
        && words.iter().map(|word| digits(word)).sum::<usize>() <= 2
}

/// What may stand between quotes after `password:`; not a type, a word of a
/// form, a rule of a validator, a call or a placeholder.
pub(super) fn password(value: &str) -> bool {
    let lower = value.to_lowercase();
    let bare = lower.trim_start_matches(['*', '&', '_']);
    let call = value.ends_with("()") || value.contains('(') && !value.bytes().any(|byte| byte.is_ascii_digit());
    let code = ["os.", "process.", "getenv", "environ", "required|", "getpass"].iter().any(|part| lower.contains(part));
    let is_name = value.chars().all(|c| c.is_alphabetic() || matches!(c, '_' | '.' | '-' | ':'))
        && PASSWORD_WORDS.split(' ').any(|word| lower.contains(word));
    not_a_placeholder(value) && !call && !code && !is_name && !NO_PASSWORDS.split_whitespace().any(|word| word == bare)
}

/// A [`password`] that stands without quotes, so also not `self.secret`,
/// `user_input`, `hash(x)` or the label of the next field.
pub(super) fn unquoted_password(value: &str) -> bool {
    let has_digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    let is_path = |text: &str| {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        text.bytes().all(word) && (text.contains(['.', '_']) || !has_digit(text))
    };
    let is_identifier = value.contains(['_', '.']) && !has_digit(value) && is_path(value);
    let is_call = value.split_once(['(', '[']).is_some_and(|(name, _)| name.len() >= 3 && is_path(name));
    password(value) && !is_identifier && !is_call && !value.ends_with(':')
}

/// A password in a sentence, where an ordinary word is none: with a digit or a
/// sign that words do not hold.
pub(super) fn spoken_password(value: &str) -> bool {
    let sets_apart =
        |c: char| c.is_numeric() || !c.is_alphanumeric() && !matches!(c, '-' | '_' | '/' | '.' | '(' | ')' | ':');
    value.contains(sets_apart) && unquoted_password(value)
}

/// The value of an option on a command line: not the next option.
pub(super) fn option_value(value: &str) -> bool {
    !value.starts_with('-') && password(value)
}

/// Stems that names of passwords hold, in small letters.
const PASSWORD_WORDS: &str = "pass pwd contras kennwort wachtwoord senha hasło heslo lösenord kodeord salasana пароль";

/// Types, keywords of code and words of prose and forms that stand after
/// "password".
const NO_PASSWORDS: &str = "string str none null nil undefined required invalid incorrect optional true false text \
    varchar bytes char bool boolean any self request input args props not the too wrong correct empty missing \
    expired weak strong protected stored hashed encrypted and was set used needed valid case-sensitive being never \
    always only very also now your you must should i object integer int field label number enter type choose please \
    forgot reset show hide confirm repeat new change other value data user username name email key token hash login \
    hidden masked redacted removed omitted n/a tbd \
    await option options optional flag argument parameter vec mut const void u8 u16 u32 u64 i32 i64 usize c_char new yield";

/// Several words as a password, none of which a label or a message of a form
/// has.
pub(super) fn passphrase(value: &str) -> bool {
    const OF_FORMS: &str = "a an and any at be bitte by can cannot characters choose confirm do does enter field for forgot from \
        have in incorrect invalid is least may missing must ne needed no not of on optional or please repeat required \
        reset should the to too type was with wrong you your";
    let lower = value.to_lowercase();
    let is_of_a_form = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        OF_FORMS.split(' ').any(|other| other == word) || PASSWORD_WORDS.split(' ').any(|stem| word.contains(stem))
    };
    not_a_placeholder(value) && !lower.split_whitespace().any(is_of_a_form)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    /// The first is the example of npm's and GitHub's form that the authors of
    /// libraries for it publish.
    #[test]
    fn a_wrong_character_breaks_the_checksum_of_a_token() {
        assert!(crc32_base62("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"));
        for wrong in
            ["ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkK0mLq17", "ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18", "ghp_", "é"]
        {
            assert!(!crc32_base62(wrong), "{wrong}");
        }
    }
}
