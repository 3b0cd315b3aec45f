//! Choices that follow from a value and the scope's key alone.

use crate::scrub::key::ScopeKey;

/// An endless row of numbers, the same for the same key and value: HMAC-SHA-256
/// seeds SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
/// Generators, 2014).
pub(super) struct Draw(u64);

impl Draw {
    /// The row for `parts`; `round` tells a further one for the same parts.
    pub(super) fn new(scope: &ScopeKey, parts: &[&str], round: u32) -> Draw {
        let round = round.to_be_bytes();
        let parts: Vec<&[u8]> = [b"surrogate".as_slice()]
            .into_iter()
            .chain(parts.iter().map(|part| part.as_bytes()))
            .chain([&round[..]])
            .collect();
        let mac = scope.sign(&parts);
        let mut seed = [0; 8];
        seed.copy_from_slice(&mac.as_ref()[..8]);
        Draw(u64::from_be_bytes(seed))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `limit`, which is far below 2^32: what the remainder
    /// favours does not show.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 16) as usize % limit.max(1)
    }

    /// One of `choices`, which are not none.
    pub(super) fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices.get(self.below(choices.len())).copied().unwrap_or_default()
    }

    /// A digit from `from` on, in ASCII.
    pub(super) fn digit(&mut self, from: u8) -> u8 {
        b'0' + from + self.below(usize::from(10 - from)) as u8
    }

    /// A capital letter.
    pub(super) fn letter(&mut self) -> u8 {
        b'A' + self.below(26) as u8
    }
}
