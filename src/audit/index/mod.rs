//! The search index: which records a question may be about.
//!
//! A chain is divided into blocks of 65,536 places. For each term that a record of
//! a block has, such as `label:PERSON`, the block has a bitmap of places. Any
//! combination of filters is an intersection of bitmaps, and a count of records is
//! the size of one: no combination is the slow one. Numbers of entities are kept
//! as a bitmap for each binary digit, so that sums are sizes of bitmaps too.
//!
//! The index is derived data. A background task fills it in the order of places,
//! behind the writer and outside its transactions. Whoever asks reads what is
//! indexed from here and the few records after that from the log itself, so an
//! answer never misses one. A record that is shown has been held against the
//! filter itself; the index only says where to look.

mod build;
mod fact;
mod field;
mod load;
mod parts;
mod postings;
#[cfg(test)]
mod tests;

pub use build::Indexer;
pub(super) use fact::facts;
pub use field::Field;
pub(super) use load::{IndexState, Loaded, Sought, blocks_within, load, parts, state};
pub(super) use parts::Parts;
pub(super) use postings::{BLOCK_LEN, COUNT_PREFIX, Postings, block_of, offset_in, parse_count_term};

/// The version of the terms: an index of another one is not read, and is built
/// anew.
const VERSION: i32 = 1;

/// Records that a chain may have after what is indexed of it before the index goes
/// on. Reading so many takes some milliseconds; writing the last block's bitmaps
/// more often would cost more than it saves.
const TAIL_RECORDS_MAX: i64 = 2048;
