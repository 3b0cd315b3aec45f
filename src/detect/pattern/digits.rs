//! Places where digits stand close together.

/// Digits with at most [`GAP_BYTES_MAX`] other bytes between two of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct DigitGroup {
    pub(super) start: usize,
    pub(super) end: usize,
    /// How many digits there are.
    pub(super) digits: usize,
}

/// Wide enough for every separator inside the identifiers of the catalogue
/// (`1EG4-TE5-MK73`, `RSSMRA85T10A562S`).
const GAP_BYTES_MAX: usize = 6;
const LANE: usize = 32;

/// The digit groups of `text`, in order.
pub(super) fn digit_groups(text: &[u8], mut found: impl FnMut(DigitGroup)) {
    let mut open: Option<DigitGroup> = None;
    let mut see = |at: usize| match &mut open {
        Some(group) if at - group.end <= GAP_BYTES_MAX => {
            group.end = at + 1;
            group.digits += 1;
        }
        _ => {
            if let Some(group) = open.replace(DigitGroup { start: at, end: at + 1, digits: 1 }) {
                found(group);
            }
        }
    };
    for (lane, bytes) in text.chunks(LANE).enumerate() {
        // Most lanes of prose hold no digit; this test compiles to vector code.
        if bytes.iter().fold(false, |any, byte| any | byte.is_ascii_digit()) {
            bytes
                .iter()
                .enumerate()
                .filter(|(_, byte)| byte.is_ascii_digit())
                .for_each(|(at, _)| see(lane * LANE + at));
        }
    }
    if let Some(group) = open {
        found(group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_across_short_gaps_and_lanes_are_one_group() {
        let text = "room 7, then after a long while 4111 1111-1111 1111.";
        let mut groups = Vec::new();
        digit_groups(text.as_bytes(), |group| groups.push((&text[group.start..group.end], group.digits)));
        assert_eq!(groups, vec![("7", 1), ("4111 1111-1111 1111", 16)]);
    }
}
