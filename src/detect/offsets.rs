//! Byte offsets to Unicode code points, for the public interfaces.

use std::ops::Range;

/// The code-point ranges of `ranges`, which are sorted byte ranges of `text`
/// on character boundaries without overlaps; linear in `text`.
pub fn code_point_ranges(text: &str, ranges: impl IntoIterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut position = Position { bytes: 0, code_points: 0 };
    let mut advance_to = |byte: usize| {
        position.code_points += text[position.bytes..byte].chars().count();
        position.bytes = byte;
        position.code_points
    };
    ranges.into_iter().map(|range| advance_to(range.start)..advance_to(range.end)).collect()
}

struct Position {
    bytes: usize,
    code_points: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_code_points_not_bytes_or_utf16_units() {
        let text = "né 😀 Ann, 7";
        let ann = text.find("Ann").unwrap();
        let seven = text.find('7').unwrap();
        assert_eq!(code_point_ranges(text, [ann..ann + 3, seven..seven + 1]), vec![5..8, 10..11]);
    }
}
