//! Places on the globe.

/// A latitude and a longitude, ISO 6709: two numbers of which one at least has
/// a whole part, as rates and correlations have none.
pub(super) fn coordinates(value: &str) -> bool {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    let degrees = value.split(|c: char| !is_number(c)).filter_map(|part| part.parse::<f64>().ok());
    degrees.fold(0.0, |largest: f64, degree| largest.max(degree.abs())) >= 1.0
}
