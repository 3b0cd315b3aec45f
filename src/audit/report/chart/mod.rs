//! Plots as inline SVG. They print, need no script, and say their numbers again
//! in a table beside them: colour alone never tells anything.

mod axis;
mod bars;
mod lanes;
mod stacked;

pub(super) use bars::{columns, rows};
pub(super) use lanes::lanes;
pub(super) use stacked::stacked;

/// The palette of Okabe and Ito, which people with colour blindness can tell
/// apart, without its yellow, which white paper swallows.
const PALETTE: [&str; 7] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#5d3a9b"];
/// What is not told apart.
const GREY: &str = "#9a9a9a";

/// As many series as have a colour of their own.
pub(super) const SERIES_MAX: usize = PALETTE.len();

/// The colour of the series at `index`; further ones share one.
fn colour(index: usize) -> &'static str {
    PALETTE.get(index).copied().unwrap_or(GREY)
}

/// Width of every plot, in the units of its view box.
const WIDTH: f64 = 700.0;

/// A count with separators: `1,234,567`.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A coordinate, to a tenth.
fn at(value: f64) -> String {
    format!("{:.1}", value)
}

/// A count as a length.
fn float(n: u64) -> f64 {
    // Plots need no more than the 52 bits that this keeps.
    n as f64
}

/// Text of at most `max` characters.
fn shortened(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    format!("{kept}\u{2026}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }
}
