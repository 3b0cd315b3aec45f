//! Times in a question.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// What a time is written as.
pub const ALLOWED: &str = "2026-01-31, 2026-01-31T12:00:00Z, 90m, 2h or 7d";

/// Microseconds since 1970 of a time with zone, a date (its start in UTC), or
/// so long ago (`90m`, `2h`, `7d`).
pub fn parse(text: &str) -> Result<i64, String> {
    parse_at(text, Timestamp::now())
}

fn parse_at(text: &str, now: Timestamp) -> Result<i64, String> {
    let instant = if let Ok(instant) = text.parse::<Timestamp>() {
        Some(instant)
    } else if let Ok(date) = text.parse::<Date>() {
        date.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp())
    } else {
        age(text).and_then(|age| now.checked_sub(age).ok())
    };
    let instant = instant.ok_or_else(|| format!("write {ALLOWED}"))?;
    Ok(instant.as_microsecond())
}

fn age(text: &str) -> Option<SignedDuration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    Some(SignedDuration::from_secs(i64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_an_instant_a_date_or_an_age() {
        let now: Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
        let at = |text| parse_at(text, now).map(|us| Timestamp::from_microsecond(us).unwrap().to_string());
        assert_eq!(at("2026-03-01T00:00:00.5Z").unwrap(), "2026-03-01T00:00:00.5Z");
        assert_eq!(at("2026-03-01").unwrap(), "2026-03-01T00:00:00Z");
        assert_eq!(at("2h").unwrap(), "2026-03-04T03:06:07Z");
        assert_eq!(at("7d").unwrap(), "2026-02-25T05:06:07Z");
        for wrong in ["", "h", "-2h", "yesterday", "2026-13-01", "2w", "ü"] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }
}
