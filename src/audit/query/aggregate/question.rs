//! What is counted, and the counting in bitmaps.

use std::collections::{BTreeMap, HashMap};

use roaring::RoaringBitmap;
use sqlx::Error;

use super::Counts;
use crate::audit::index::{COUNT_PREFIX, Field, Loaded, Sought, parse_count_term};
use crate::audit::query::filter::Filter;
use crate::audit::query::walk::Walk;

/// Counts by the values of a group.
pub(super) type Totals = HashMap<Vec<Option<String>>, Counts>;

/// What is counted, in terms of the index.
#[derive(Clone)]
pub(super) struct Question {
    by: Vec<Field>,
    /// The kinds of records that stand for a request.
    requests: Vec<Sought>,
    needs: Vec<Vec<Sought>>,
    /// Whether the index tells exactly which records fit.
    pub(super) is_exact: bool,
    label: Option<String>,
    action: Option<String>,
}

impl Question {
    pub(super) fn new(filter: &Filter, by: &[Field], walk: &Walk<'_>) -> Question {
        let is_exact = walk.needs.iter().flatten().all(Sought::is_exact);
        let owned = |field| filter.value(field).map(str::to_owned);
        Question {
            by: by.to_vec(),
            requests: requests(filter, by),
            needs: if is_exact { walk.needs.clone() } else { Vec::new() },
            is_exact,
            label: owned(Field::Label),
            action: owned(Field::Action),
        }
    }

    /// The terms and the beginnings of terms that are needed.
    pub(super) fn to_load(&self) -> (Vec<String>, Vec<String>) {
        let terms = self.needs.iter().flatten().chain(&self.requests).flat_map(Sought::terms).collect();
        let counts = self.label.as_ref().map_or(COUNT_PREFIX.to_owned(), |label| format!("{COUNT_PREFIX}{label} "));
        let fields = self.by.iter().filter(|field| !is_of_entities(**field));
        (terms, fields.map(|field| prefix(*field)).chain([counts]).collect())
    }

    /// Adds up what is counted in `work`: places of a block to look at, and the
    /// block's terms.
    pub(super) async fn count_all(
        self,
        work: Vec<(RoaringBitmap, Loaded)>,
        mut totals: Totals,
    ) -> Result<Totals, Error> {
        let counting = tokio::task::spawn_blocking(move || {
            for (places, loaded) in &work {
                self.count(places, loaded, &mut totals)?;
            }
            Ok(totals)
        });
        counting.await.map_err(|error| Error::Decode(error.into()))?
    }

    fn count(&self, places: &RoaringBitmap, loaded: &Loaded, totals: &mut Totals) -> Result<(), Error> {
        let mut base = places.clone();
        for need in self.needs.iter().chain([&self.requests]) {
            let mut fitting = RoaringBitmap::new();
            for sought in need {
                fitting |= loaded.places(sought)?;
            }
            base &= fitting;
        }
        if base.is_empty() {
            return Ok(());
        }
        let others = self.groups_of_requests(&base, loaded);
        for (of_entities, entities) in self.groups_of_entities(&base, loaded) {
            for (of_requests, requests) in &others {
                let counts = entities.within(requests);
                let total = totals.entry(self.key(&of_entities, of_requests)).or_default();
                total.requests += counts.requests;
                total.entities = total.entities.saturating_add(counts.entities);
            }
        }
        Ok(())
    }

    /// The places by the fields of requests.
    fn groups_of_requests(&self, base: &RoaringBitmap, loaded: &Loaded) -> Vec<(Vec<Option<String>>, RoaringBitmap)> {
        let mut groups = vec![(Vec::new(), base.clone())];
        for field in self.by.iter().filter(|field| !is_of_entities(**field)) {
            let mut divided = Vec::new();
            for (key, places) in groups {
                let mut without = places.clone();
                let with = |value: Option<String>| key.iter().cloned().chain([value]).collect::<Vec<_>>();
                for (value, fitting) in loaded.beginning(&prefix(*field)) {
                    let within = &places & fitting;
                    if !within.is_empty() {
                        without -= &within;
                        divided.push((with(Some(value.to_owned())), within));
                    }
                }
                divided.push((with(None), without));
            }
            groups = divided;
        }
        groups
    }

    /// The places by the fields of entities, with the numbers of those.
    fn groups_of_entities(&self, base: &RoaringBitmap, loaded: &Loaded) -> BTreeMap<Vec<Option<String>>, Entities> {
        let is_divided = self.by.iter().any(|field| is_of_entities(*field));
        let mut groups: BTreeMap<Vec<Option<String>>, Entities> = BTreeMap::new();
        let mut without = base.clone();
        for (term, fitting) in loaded.beginning(COUNT_PREFIX) {
            let term = format!("{COUNT_PREFIX}{term}");
            let Some((label, action, bit)) = parse_count_term(&term) else { continue };
            let is_chosen = |chosen: &Option<String>, value| chosen.as_deref().is_none_or(|chosen| chosen == value);
            if !is_chosen(&self.label, label) || !is_chosen(&self.action, action) {
                continue;
            }
            let places = base & fitting;
            if places.is_empty() {
                continue;
            }
            let value = |field: &Field| match field {
                Field::Label => Some(Some(label.to_owned())),
                Field::Action => Some(Some(action.to_owned())),
                _ => None,
            };
            without -= &places;
            let group = groups.entry(self.by.iter().filter_map(value).collect()).or_default();
            group.requests |= &places;
            group.digits.push((bit, places));
        }
        if !is_divided {
            groups.entry(Vec::new()).or_default().requests = base.clone();
        } else if !without.is_empty() {
            let nothing = self.by.iter().filter(|field| is_of_entities(**field)).map(|_| None).collect();
            groups.entry(nothing).or_default().requests = without;
        }
        groups
    }

    /// The values of a group, in the order that was asked for.
    fn key(&self, of_entities: &[Option<String>], of_requests: &[Option<String>]) -> Vec<Option<String>> {
        let (mut entities, mut requests) = (of_entities.iter(), of_requests.iter());
        let value = |field: &Field| {
            let values = if is_of_entities(*field) { &mut entities } else { &mut requests };
            values.next().cloned().flatten()
        };
        self.by.iter().map(value).collect()
    }
}

/// Requests, and the numbers of entities in them by binary digit.
#[derive(Default)]
struct Entities {
    requests: RoaringBitmap,
    digits: Vec<(u32, RoaringBitmap)>,
}

impl Entities {
    fn within(&self, places: &RoaringBitmap) -> Counts {
        let of_digit = |(bit, fitting): &(u32, RoaringBitmap)| fitting.intersection_len(places) << bit;
        let entities = self.digits.iter().map(of_digit).fold(0, u64::saturating_add);
        Counts { requests: self.requests.intersection_len(places), entities }
    }
}

/// A request is one record: that it was let on or refused. A question about how
/// requests ended counts their ends.
fn requests(filter: &Filter, by: &[Field]) -> Vec<Sought> {
    let of_end = |field: &Field| matches!(field, Field::Outcome | Field::Code);
    let kind = filter.value(Field::Kind).or(filter.value(Field::Outcome));
    let is_asked = filter.value(Field::Outcome).or(filter.value(Field::Code)).or(filter.value(Field::Kind)).is_some();
    let is_end = kind != Some("accepted") && kind != Some("refused") && (is_asked || by.iter().any(of_end));
    let first = if is_end { "ended" } else { "accepted" };
    [first, "refused"].map(|kind| Sought::Is(Field::Kind, kind.to_owned())).to_vec()
}

fn is_of_entities(field: Field) -> bool {
    matches!(field, Field::Label | Field::Action)
}

fn prefix(field: Field) -> String {
    format!("{}:", field.name())
}
