//! What a block's records fit, in memory.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};
use roaring::RoaringBitmap;

use super::fact::{COUNT_BITS, Fact};
use super::parts::Parts;

/// Places in a block: what one container of a Roaring bitmap holds.
pub(in crate::audit) const BLOCK_LEN: i64 = 1 << 16;

/// The block of a place.
pub(in crate::audit) fn block_of(seq: i64) -> i64 {
    seq / BLOCK_LEN
}

/// The place within its block.
pub(in crate::audit) fn offset_in(seq: i64) -> u16 {
    (seq % BLOCK_LEN) as u16
}

/// The terms of a block, with the places that they fit.
#[derive(Default)]
pub(in crate::audit) struct Postings {
    bitmaps: BTreeMap<String, RoaringBitmap>,
    /// By bucket. See [`IdHash`].
    ids: BTreeMap<String, Vec<u32>>,
    pub(super) parts: Parts,
}

impl Postings {
    /// Takes in a record. Records come in the order of their places.
    pub(in crate::audit) fn add(&mut self, offset: u16, time_us: i64, facts: &[Fact]) {
        self.parts.add(offset, time_us);
        for fact in facts {
            match fact {
                Fact::Is(field, _) if field.is_column() => {}
                Fact::Is(field, value) if field.is_id() => {
                    let hash = IdHash::of(&field.term(value));
                    self.ids.entry(hash.bucket()).or_default().push(hash.entry(offset));
                }
                Fact::Is(field, value) => self.fits(field.term(value), offset),
                Fact::Entities { label, action, n } => {
                    for bit in (0..COUNT_BITS).filter(|bit| n >> bit & 1 == 1) {
                        self.fits(count_term(label, action, bit), offset);
                    }
                }
            }
        }
    }

    fn fits(&mut self, term: String, offset: u16) {
        self.bitmaps.entry(term).or_default().insert(u32::from(offset));
    }

    /// The terms, as they are stored.
    pub(super) fn terms(&self) -> impl Iterator<Item = &str> {
        self.bitmaps.keys().chain(self.ids.keys()).map(String::as_str)
    }

    /// The bitmaps, by term.
    pub(in crate::audit) fn into_bitmaps(self) -> BTreeMap<String, RoaringBitmap> {
        self.bitmaps
    }

    /// Takes in what is stored for the same block. `None` when that cannot be read.
    pub(super) fn merge(&mut self, term: &str, stored: &[u8]) -> Option<()> {
        if let Some(bitmap) = self.bitmaps.get_mut(term) {
            *bitmap |= decode_bitmap(stored)?;
        } else if let Some(entries) = self.ids.get_mut(term) {
            entries.extend(decode_entries(stored)?);
        }
        Some(())
    }

    /// As stored: terms and their places.
    pub(super) fn stored(self) -> (Vec<String>, Vec<Vec<u8>>) {
        let bitmaps = self.bitmaps.into_iter().map(|(term, mut bitmap)| {
            bitmap.optimize();
            let mut bytes = Vec::with_capacity(bitmap.serialized_size());
            // Writing to memory does not fail.
            let _ = bitmap.serialize_into(&mut bytes);
            (term, bytes)
        });
        let ids = self.ids.into_iter().map(|(bucket, mut entries)| {
            entries.sort_unstable();
            entries.dedup();
            (bucket, entries.into_iter().flat_map(u32::to_le_bytes).collect())
        });
        bitmaps.chain(ids).unzip()
    }
}

/// The term of one binary digit of the number of entities.
pub(in crate::audit) fn count_term(label: &str, action: &str, bit: u32) -> String {
    format!("{COUNT_PREFIX}{label} {action} {bit}")
}

/// What the terms of numbers of entities begin with.
pub(in crate::audit) const COUNT_PREFIX: &str = "count:";

/// Label, action and digit of a term that [`count_term`] made.
pub(in crate::audit) fn parse_count_term(term: &str) -> Option<(&str, &str, u32)> {
    let mut words = term.strip_prefix(COUNT_PREFIX)?.split(' ');
    let (label, action, bit) = (words.next()?, words.next()?, words.next()?.parse().ok()?);
    (words.next().is_none() && bit < COUNT_BITS).then_some((label, action, bit))
}

/// 24 bits of the SHA-256 of an id's term: 8 choose the row, and 16 stand in it
/// before the place. Of five million ids a third of one has the same bits as
/// another by chance, which costs looking at a record for nothing.
#[derive(Clone, Copy)]
pub(super) struct IdHash {
    bucket: u8,
    rest: u16,
}

impl IdHash {
    pub(super) fn of(term: &str) -> IdHash {
        match digest(&SHA256, term.as_bytes()).as_ref() {
            [bucket, high, low, ..] => IdHash { bucket: *bucket, rest: u16::from_be_bytes([*high, *low]) },
            _ => IdHash { bucket: 0, rest: 0 },
        }
    }

    pub(super) fn bucket(self) -> String {
        format!("#{:02x}", self.bucket)
    }

    fn entry(self, offset: u16) -> u32 {
        u32::from(self.rest) << 16 | u32::from(offset)
    }

    /// The places in a bucket's row that an id may stand at.
    pub(super) fn places_in(self, stored: &[u8]) -> Option<RoaringBitmap> {
        let entries = decode_entries(stored)?;
        let fitting = entries.filter(|entry| entry >> 16 == u32::from(self.rest)).map(|entry| entry & 0xffff);
        Some(fitting.collect())
    }
}

pub(super) fn decode_bitmap(stored: &[u8]) -> Option<RoaringBitmap> {
    let bitmap = RoaringBitmap::deserialize_from(stored).ok()?;
    bitmap.max().is_none_or(|max| i64::from(max) < BLOCK_LEN).then_some(bitmap)
}

fn decode_entries(stored: &[u8]) -> Option<impl Iterator<Item = u32>> {
    let (entries, rest) = stored.as_chunks::<4>();
    rest.is_empty().then(|| entries.iter().map(|entry| u32::from_le_bytes(*entry)))
}
