//! The embedded catalogue, compiled once.

use data_encoding::HEXLOWER;
use ring::digest;

use super::digits::DigitGroup;
use super::entry::{Entry, Family, Gate};
use super::entry_set::{ENTRIES_MAX, EntrySet};
use super::need::Needs;
use super::words::{Literals, Words};

/// The files of the catalogue, by family.
pub(super) const FAMILIES: &[(&str, &str)] = &[
    ("contact", include_str!("catalogue/contact.toml")),
    ("address", include_str!("catalogue/address.toml")),
    ("address_world", include_str!("catalogue/address_world.toml")),
    ("network", include_str!("catalogue/network.toml")),
    ("payment", include_str!("catalogue/payment.toml")),
    ("crypto", include_str!("catalogue/crypto.toml")),
    ("national_us", include_str!("catalogue/national_us.toml")),
    ("national_americas", include_str!("catalogue/national_americas.toml")),
    ("national_british_isles", include_str!("catalogue/national_british_isles.toml")),
    ("national_dach", include_str!("catalogue/national_dach.toml")),
    ("national_western_europe", include_str!("catalogue/national_western_europe.toml")),
    ("national_southern_europe", include_str!("catalogue/national_southern_europe.toml")),
    ("national_nordic", include_str!("catalogue/national_nordic.toml")),
    ("national_eastern_europe", include_str!("catalogue/national_eastern_europe.toml")),
    ("national_middle_east_africa", include_str!("catalogue/national_middle_east_africa.toml")),
    ("national_asia", include_str!("catalogue/national_asia.toml")),
    ("national_oceania", include_str!("catalogue/national_oceania.toml")),
    ("national_vat", include_str!("catalogue/national_vat.toml")),
    ("national_any", include_str!("catalogue/national_any.toml")),
    ("plates", include_str!("catalogue/plates.toml")),
    ("alone", include_str!("catalogue/alone.toml")),
    ("health", include_str!("catalogue/health.toml")),
    ("identity", include_str!("catalogue/identity.toml")),
    ("things", include_str!("catalogue/things.toml")),
    ("person", include_str!("catalogue/person.toml")),
    ("dates", include_str!("catalogue/dates.toml")),
    ("credentials", include_str!("catalogue/credentials.toml")),
    ("credentials_ai", include_str!("catalogue/credentials_ai.toml")),
    ("credentials_cloud", include_str!("catalogue/credentials_cloud.toml")),
    ("credentials_code", include_str!("catalogue/credentials_code.toml")),
    ("credentials_keys", include_str!("catalogue/credentials_keys.toml")),
    ("credentials_messaging", include_str!("catalogue/credentials_messaging.toml")),
    ("credentials_payment", include_str!("catalogue/credentials_payment.toml")),
    ("credentials_services", include_str!("catalogue/credentials_services.toml")),
];

/// A catalogue that does not compile: a fault of the build, never of a user.
#[derive(Debug, thiserror::Error)]
#[error("the pattern catalogue is broken, in {file}.toml: {reason}; this build of Cordon cannot serve")]
pub struct CatalogueError {
    file: String,
    reason: String,
}

/// All entries, ready to scan with; shared between threads.
pub struct Catalogue {
    pub(super) entries: Vec<Entry>,
    pub(super) literals: Literals,
    pub(super) words: Words,
    /// The farthest that an entry tried around digits reaches, in bytes.
    pub(super) reach_max: usize,
    /// Entries that may be found without context.
    pub(super) free: EntrySet,
    /// Entries for values that are a whole text.
    pub(super) whole_text: EntrySet,
    /// Entries tried around context words only.
    pub(super) context_gated: EntrySet,
    /// What the entries need that are tried around digits.
    pub(super) needs: Vec<Needs>,
    /// At `n`: the entries whose gate opens for `n` digits.
    by_digits: Vec<EntrySet>,
    version: String,
}

/// More digits than this in a group open no further gate.
const DIGITS_MAX: usize = 40;

impl Catalogue {
    /// Compiles the embedded entries; tens of milliseconds.
    pub fn embedded() -> Result<Catalogue, CatalogueError> {
        let mut raws = Vec::new();
        let mut entries = Vec::new();
        for (file, source) in FAMILIES {
            let broken = |reason| CatalogueError { file: (*file).to_owned(), reason };
            let family: Family = toml::from_str(source).map_err(|error| broken(error.to_string()))?;
            for raw in family.entry {
                let entry = Entry::compile(&raw).map_err(|reason| broken(format!("entry {}: {reason}", raw.name)))?;
                raws.push((raw, entry.gate));
                entries.push(entry);
            }
        }
        let broken = |reason: String| CatalogueError { file: "*".to_owned(), reason };
        if entries.len() > ENTRIES_MAX {
            return Err(broken(format!("more than {ENTRIES_MAX} entries")));
        }
        Ok(Catalogue {
            literals: Literals::compile(&raws).map_err(broken)?,
            words: Words::compile(&raws).map_err(broken)?,
            reach_max: reach_max(&entries),
            needs: needs(&entries),
            free: ids(&entries, |entry| entry.score.is_some()),
            whole_text: ids(&entries, |entry| entry.whole_text),
            context_gated: ids(&entries, |entry| entry.gate == Gate::Context),
            by_digits: (0..=DIGITS_MAX).map(|digits| entries_for_digits(&entries, digits)).collect(),
            entries,
            version: version(),
        })
    }

    /// The first 8 hexadecimal digits of the SHA-256 of the catalogue's files.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The entries to try around `group`.
    pub(super) fn entries_for(&self, group: DigitGroup) -> &EntrySet {
        &self.by_digits[group.digits.min(DIGITS_MAX)]
    }

    /// The entries of the labels in `label_bits`.
    pub(super) fn entries_of(&self, label_bits: u128) -> EntrySet {
        ids(&self.entries, |entry| entry.label_bit & label_bits != 0)
    }
}

fn ids(entries: &[Entry], holds: impl Fn(&Entry) -> bool) -> EntrySet {
    let mut set = EntrySet::default();
    entries.iter().zip(0..).filter(|(entry, _)| holds(entry)).for_each(|(_, id)| set.insert(id));
    set
}

fn entries_for_digits(entries: &[Entry], digits: usize) -> EntrySet {
    ids(entries, |entry| entry.gate == Gate::Digits && entry.digits_min <= digits)
}

fn needs(entries: &[Entry]) -> Vec<Needs> {
    let by_digits = entries.iter().zip(0..).filter(|(entry, _)| entry.gate == Gate::Digits);
    Needs::by_reach(by_digits.map(|(entry, id)| (id, entry.reach, &entry.needs[..])))
}

fn reach_max(entries: &[Entry]) -> usize {
    let by_digits = entries.iter().filter(|entry| entry.gate == Gate::Digits);
    by_digits.flat_map(|entry| entry.reach).max().unwrap_or(0)
}

fn version() -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for (file, source) in FAMILIES {
        context.update(file.as_bytes());
        context.update(source.as_bytes());
    }
    let mut hex = HEXLOWER.encode(context.finish().as_ref());
    hex.truncate(8);
    hex
}

#[cfg(test)]
mod tests;
