//! The previews of Anthropic's API that a caller asks for by `anthropic-beta`:
//! the only header of a caller that goes on to a provider.

/// More than any client asks for at once.
const NAMES_MAX: usize = 32;
/// The longest documented name has 38 bytes.
const NAME_BYTES_MAX: usize = 64;
/// Digits of a name in front of its date, as in `context-1m-2025-08-07`: too few
/// to identify anybody.
const DIGITS_MAX: usize = 4;

/// Names of previews, each in the documented shape: lower-case words, then the
/// day, such as `interleaved-thinking-2025-05-14` or `claude-code-20250219`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Betas(Vec<String>);

/// A name has another shape; it is not repeated, for it may be anything.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "anthropic-beta: each name must be lower-case words and a date joined by hyphens, \
     such as interleaved-thinking-2025-05-14; at most {NAMES_MAX} names, separated by commas"
)]
pub struct InvalidBeta;

impl Betas {
    /// Reads the header's value: names separated by commas. Of several headers,
    /// the values are joined by commas (RFC 9110, 5.3).
    ///
    /// # Errors
    /// When something in it is not a name.
    pub fn parse(header: &str) -> Result<Betas, InvalidBeta> {
        let mut names: Vec<String> = Vec::new();
        // An empty element of a list means nothing (RFC 9110, 5.6.1).
        for name in header.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if !is_name(name) || names.len() == NAMES_MAX {
                return Err(InvalidBeta);
            }
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        Ok(Betas(names))
    }

    /// The header's value; `None` when there is no name.
    pub(super) fn header(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join(","))
    }
}

fn is_name(name: &str) -> bool {
    let Some(words) = without_date(name).filter(|_| name.len() <= NAME_BYTES_MAX) else { return false };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let digits = words.bytes().filter(u8::is_ascii_digit).count();
    words.starts_with(|c: char| c.is_ascii_lowercase()) && words.split('-').all(is_word) && digits <= DIGITS_MAX
}

/// What stands before `-2025-05-14` or `-20250514`; a day of this century, so
/// that no date of birth passes for one.
fn without_date(name: &str) -> Option<&str> {
    let (words, date) = ["-2025-05-14".len(), "-20250514".len()].into_iter().find_map(|len| {
        let (words, date) = name.split_at_checked(name.len().checked_sub(len)?)?;
        let date: jiff::civil::Date = date.strip_prefix('-')?.parse().ok()?;
        Some((words, date))
    })?;
    (2023..2100).contains(&date.year()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_names_pass_in_lists_and_once() {
        let header = "interleaved-thinking-2025-05-14, claude-code-20250219,,context-1m-2025-08-07,\
                      output-128k-2025-02-19,claude-code-20250219";
        let expected =
            "interleaved-thinking-2025-05-14,claude-code-20250219,context-1m-2025-08-07,output-128k-2025-02-19";
        assert_eq!(Betas::parse(header).unwrap().header().as_deref(), Some(expected));
        assert_eq!(Betas::parse("").unwrap().header(), None);
    }

    /// L53: nothing else of a caller goes out in a header.
    #[test]
    fn what_has_another_shape_is_refused() {
        let long = format!("{}-2025-05-14", "a".repeat(60));
        let many = (0..33).map(|n| format!("x{n}-2025-05-14")).collect::<Vec<_>>().join(",");
        for header in [
            "maria-gonzalez",
            "maria-gonzalez-1980-05-14",
            "maria.gonzalez@example.com",
            "Maria-2025-05-14",
            "4915112345678-2025-05-14",
            "a4915112345678-2025-05-14",
            "-2025-05-14",
            "2025-05-14",
            "a--b-2025-05-14",
            "a-2025-13-14",
            "a b-2025-05-14",
            "a-2025-05-14\r\nx: y",
            "ä-2025-05-14",
            &long,
            &many,
        ] {
            assert_eq!(Betas::parse(header), Err(InvalidBeta), "{header}");
        }
    }
}
