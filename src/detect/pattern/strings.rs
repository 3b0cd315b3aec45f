//! Finding many strings at once.
//!
//! Nearly everywhere the next six bytes tell that none begins, and whether one may
//! is looked up in a few kilobytes. An automaton of as many strings takes ten
//! megabytes and is no faster.

use std::ops::Range;

/// Many strings that are looked for in any ASCII case.
pub(super) struct Strings {
    /// Those of one and two bytes, with their numbers.
    shortest: Vec<(String, u32)>,
    /// Bits by the two bytes that such a string begins with.
    pairs: Vec<u64>,
    /// The others, those with the shortest keys first.
    keyed: [Keyed; 3],
}

/// Strings by their first bytes, their key.
struct Keyed {
    /// What of a key counts.
    mask: u64,
    /// Bits by the hash of the keys.
    may_begin: Vec<u64>,
    /// Where in `strings` those of each bucket begin.
    buckets: Vec<u32>,
    /// Key, string and number, by bucket.
    strings: Vec<(u64, String, u32)>,
}

const HASH_BITS: u32 = 16;
const BUCKET_BITS: u32 = 12;
/// Lower-cases ASCII letters, and makes some other bytes alike.
const CASE: u64 = 0x2020_2020_2020_2020;

impl Strings {
    /// `strings`, in small letters and not empty; they are numbered in their order.
    pub(super) fn of<'t>(strings: impl Iterator<Item = &'t String>) -> Strings {
        let numbered: Vec<(String, u32)> = strings.cloned().zip(0..).collect();
        let of_bytes = |bytes: Range<usize>| -> Vec<(String, u32)> {
            numbered.iter().filter(|(text, _)| bytes.contains(&text.len())).cloned().collect()
        };
        let shortest = of_bytes(1..3);
        let mut pairs = vec![0; 1 << (u16::BITS - 6)];
        for (text, _) in &shortest {
            match text.as_bytes() {
                [one] => (0..=u8::MAX).for_each(|other| set_bit(&mut pairs, pair(key_at(&[*one, other], 0)))),
                two => set_bit(&mut pairs, pair(key_at(two, 0))),
            }
        }
        let keyed = [(3, 3..4), (4, 4..6), (6, 6..usize::MAX)].map(|(key, bytes)| Keyed::of(key, of_bytes(bytes)));
        Strings { shortest, pairs, keyed }
    }

    /// Calls `found` with start, end and number of every string in `start..end` of
    /// `text` that begins where `may_begin` says, by rising start.
    pub(super) fn find(
        &self,
        text: &[u8],
        (start, end): (usize, usize),
        may_begin: impl Fn(usize) -> bool,
        mut found: impl FnMut(usize, usize, u32),
    ) {
        for at in start..end {
            let key = key_at(text, at);
            let is_shortest = has_bit(&self.pairs, pair(key));
            let is_any = self.keyed.iter().fold(is_shortest, |is_any, keyed| is_any | keyed.may_begin(key));
            if !is_any || !may_begin(at) {
                continue;
            }
            let rest = &text[at..end];
            let stands = |of: &str| rest.get(..of.len()).is_some_and(|rest| rest.eq_ignore_ascii_case(of.as_bytes()));
            let shortest = self.shortest.iter().filter(|_| is_shortest).map(|(of, number)| (of, *number));
            let others = self.keyed.iter().filter(|keyed| keyed.may_begin(key)).flat_map(|keyed| keyed.with(key));
            shortest
                .chain(others)
                .filter(|(of, _)| stands(of))
                .for_each(|(of, number)| found(at, at + of.len(), number));
        }
    }
}

impl Keyed {
    /// `strings`, of at least `key_bytes` bytes.
    fn of(key_bytes: u32, strings: Vec<(String, u32)>) -> Keyed {
        let mask = u64::MAX >> (u64::BITS - 8 * key_bytes);
        let key = |text: &String| key_at(text.as_bytes(), 0) & mask;
        let mut strings: Vec<_> = strings.into_iter().map(|(text, number)| (key(&text), text, number)).collect();
        strings.sort_by_key(|(key, _, _)| hash(*key));
        let mut may_begin = vec![0; 1 << (HASH_BITS - 6)];
        strings.iter().for_each(|(key, _, _)| set_bit(&mut may_begin, hash(*key)));
        let before = |bucket: u32| strings.partition_point(|(key, _, _)| bucket_of(*key) < bucket) as u32;
        Keyed { mask, may_begin, buckets: (0..=1 << BUCKET_BITS).map(before).collect(), strings }
    }

    fn may_begin(&self, key: u64) -> bool {
        has_bit(&self.may_begin, hash(key & self.mask))
    }

    /// The strings whose first bytes are those of `key`, or nearly.
    fn with(&self, key: u64) -> impl Iterator<Item = (&String, u32)> {
        let key = key & self.mask;
        let bucket = bucket_of(key) as usize;
        let strings = &self.strings[self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize];
        strings.iter().filter(move |(of, _, _)| *of == key).map(|(_, text, number)| (text, *number))
    }
}

/// The eight bytes at `at`, in small letters; behind the text stands nothing.
fn key_at(text: &[u8], at: usize) -> u64 {
    let bytes = match text[at..].first_chunk() {
        Some(bytes) => *bytes,
        None => std::array::from_fn(|byte| text.get(at + byte).copied().unwrap_or(0)),
    };
    u64::from_le_bytes(bytes) | CASE
}

/// The first two bytes of a key.
fn pair(key: u64) -> u32 {
    (key & 0xFFFF) as u32
}

/// Fibonacci hashing (Knuth, The Art of Computer Programming, section 6.4).
fn hash(key: u64) -> u32 {
    (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - HASH_BITS)) as u32
}

fn bucket_of(key: u64) -> u32 {
    hash(key) >> (HASH_BITS - BUCKET_BITS)
}

fn has_bit(bits: &[u64], at: u32) -> bool {
    bits[at as usize / 64] >> (at % 64) & 1 == 1
}

fn set_bit(bits: &mut [u64], at: u32) {
    bits[at as usize / 64] |= 1 << (at % 64);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(strings: &[&str], text: &'t str, span: (usize, usize)) -> Vec<(&'t str, u32)> {
        let strings: Vec<String> = strings.iter().map(|text| (*text).to_owned()).collect();
        let mut found = Vec::new();
        let may_begin = |at: usize| text.is_char_boundary(at);
        Strings::of(strings.iter()).find(text.as_bytes(), span, may_begin, |start, end, number| {
            found.push((&text[start..end], number));
        });
        found
    }

    #[test]
    fn strings_of_all_lengths_are_found_in_any_case_where_they_overlap() {
        let strings = ["@", "ip", "key", "keys", "key_id", "°", "号", "éa"];
        let text = "a@IP KEY_ID, keyS° Éaéa 号";
        let expected = [("@", 0), ("IP", 1), ("KEY", 2), ("KEY_ID", 4), ("key", 2), ("keyS", 3), ("°", 5), ("éa", 7)];
        let all = found(&strings, text, (0, text.len()));
        assert_eq!(all[..8], expected);
        assert_eq!(all[8..], [("号", 6)]);
    }

    #[test]
    fn a_string_that_the_span_cuts_is_not_found() {
        assert_eq!(found(&["key", "keys", "k"], "a keys", (2, 5)), [("k", 2), ("key", 0)]);
        assert_eq!(found(&["keys"], "a keys", (3, 6)), []);
    }
}
