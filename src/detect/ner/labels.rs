//! From a model's labels to the catalogue's.

use std::collections::{BTreeMap, BTreeSet};

use super::NerError;
use crate::detect::Label;

/// What a model's label says beyond the catalogue's label: which part of a
/// person's name or of an address it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Whole,
    Given,
    Surname,
    Number,
    Street,
    Unit,
    City,
    State,
}

impl Part {
    pub(super) fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A kind of word that the model tells apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Class {
    pub(super) label: Label,
    pub(super) part: Part,
}

/// What one output of the model means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Output {
    pub(super) class: Class,
    /// Whether it marks the first word of an entity (`B-`).
    pub(super) begin: bool,
}

/// The model's outputs by number; `None` is "outside" or ignored.
#[derive(Clone, Debug)]
pub(super) struct Outputs(Vec<Option<Output>>);

impl Outputs {
    /// Reads `id2label`; `overrides` maps a model's label (without its `B-`
    /// or `I-`) to one of the catalogue or to `ignore`.
    ///
    /// # Errors
    /// [`NerError::UnmappedLabel`] for a label that nothing maps, and
    /// [`NerError::Model`] where the numbers have gaps, or `overrides` name a label
    /// that the model does not have.
    pub(super) fn parse(
        id2label: &BTreeMap<usize, String>,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Outputs, NerError> {
        if !id2label.keys().copied().eq(0..id2label.len()) {
            return Err(NerError::Model("the numbers of id2label have gaps".to_owned()));
        }
        if let Some(unknown) =
            overrides.keys().find(|name| !id2label.values().any(|own| position_and_kind(own).1 == *name))
        {
            let own: BTreeSet<&str> = id2label.values().map(|name| position_and_kind(name).1).collect();
            let own: Vec<&str> = own.into_iter().collect();
            return Err(NerError::Model(format!("`labels` maps {unknown:?}, and it has only {}", own.join(", "))));
        }
        let outputs = id2label.values().map(|name| output(name, overrides)).collect::<Result<Vec<_>, _>>()?;
        match outputs.iter().all(Option::is_none) {
            true => Err(NerError::Model("id2label names no kind of entity".to_owned())),
            false => Ok(Outputs(outputs)),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What the model finds.
    pub(super) fn labels(&self) -> BTreeSet<Label> {
        self.iter().flatten().map(|output| output.class.label).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Option<Output>> + '_ {
        self.0.iter().copied()
    }
}

/// BIO, BILOU and BIOES all write the position as one letter and a hyphen; models that tell
/// no positions write none.
fn position_and_kind(name: &str) -> (&str, &str) {
    match name.split_once(['-', '_']) {
        Some((position, kind)) if matches!(position, "B" | "I" | "L" | "U" | "E" | "S") => (position, kind),
        _ => ("", name),
    }
}

/// Whether the model was saved without the names of its labels: `LABEL_0`.
fn is_nameless(kind: &str) -> bool {
    kind.strip_prefix("LABEL_").is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}

fn output(name: &str, overrides: &BTreeMap<String, String>) -> Result<Option<Output>, NerError> {
    let (position, kind) = position_and_kind(name);
    let begin = matches!(position, "B" | "U" | "S");
    if let Some(target) = overrides.get(kind) {
        if target == IGNORE {
            return Ok(None);
        }
        let label = Label::parse(target).map_err(|_| NerError::UnmappedLabel(kind.to_owned()))?;
        return Ok(Some(Output { class: Class { label, part: Part::Whole }, begin }));
    }
    let kind = kind.to_ascii_uppercase().replace('-', "_");
    if kind == "O" || OUT_OF_SCOPE.contains(&kind.as_str()) {
        return Ok(None);
    }
    if let Some((_, label, part)) = KNOWN.iter().find(|(known, ..)| *known == kind) {
        return Ok(Some(Output { class: Class { label: *label, part: *part }, begin }));
    }
    match Label::parse(&kind) {
        Ok(label) => Ok(Some(Output { class: Class { label, part: Part::Whole }, begin })),
        Err(_) if is_nameless(&kind) => Err(NerError::Model(format!(
            "its id2label names no kinds ({name}): write them into config.json as they were in training, or map each number under `labels`"
        ))),
        Err(_) => Err(NerError::UnmappedLabel(name.to_owned())),
    }
}

/// Maps a model's label to nothing.
const IGNORE: &str = "ignore";

/// Kinds of OntoNotes 5 and CoNLL-2003 that are no personal data.
const OUT_OF_SCOPE: &[&str] = &[
    "MISC",
    "MONEY",
    "PERCENT",
    "QUANTITY",
    "ORDINAL",
    "CARDINAL",
    "PRODUCT",
    "EVENT",
    "WORK_OF_ART",
    "LAW",
    "LANGUAGE",
];

/// The names that common models use where the catalogue says otherwise.
const KNOWN: &[(&str, Label, Part)] = &[
    // Rampart
    ("GIVEN_NAME", Label::PERSON, Part::Given),
    ("SURNAME", Label::PERSON, Part::Surname),
    ("EMAIL", Label::EMAIL_ADDRESS, Part::Whole),
    ("PHONE", Label::PHONE_NUMBER, Part::Whole),
    ("ROUTING_NUMBER", Label::ABA_ROUTING_NUMBER, Part::Whole),
    ("GOVERNMENT_ID", Label::NATIONAL_ID, Part::Whole),
    ("DRIVERS_LICENSE", Label::DRIVER_LICENSE, Part::Whole),
    ("BUILDING_NUMBER", Label::STREET_ADDRESS, Part::Number),
    ("STREET_NAME", Label::STREET_ADDRESS, Part::Street),
    ("SECONDARY_ADDRESS", Label::STREET_ADDRESS, Part::Unit),
    ("CITY", Label::LOCATION, Part::City),
    ("STATE", Label::LOCATION, Part::State),
    ("ZIP_CODE", Label::POSTAL_CODE, Part::Whole),
    // CoNLL-2003 and OntoNotes 5
    ("PER", Label::PERSON, Part::Whole),
    ("LOC", Label::LOCATION, Part::Whole),
    ("GPE", Label::LOCATION, Part::Whole),
    ("FAC", Label::LOCATION, Part::Whole),
    ("ORG", Label::ORGANIZATION, Part::Whole),
    ("NORP", Label::NRP, Part::Whole),
    ("DATE", Label::DATE_TIME, Part::Whole),
    ("TIME", Label::DATE_TIME, Part::Whole),
    // The ai4privacy family
    ("GIVENNAME", Label::PERSON, Part::Given),
    ("FIRSTNAME", Label::PERSON, Part::Given),
    ("MIDDLENAME", Label::PERSON, Part::Given),
    ("LASTNAME", Label::PERSON, Part::Surname),
    ("TELEPHONENUM", Label::PHONE_NUMBER, Part::Whole),
    ("PHONENUMBER", Label::PHONE_NUMBER, Part::Whole),
    ("SOCIALNUM", Label::US_SSN, Part::Whole),
    ("SSN", Label::US_SSN, Part::Whole),
    ("CREDITCARDNUMBER", Label::CREDIT_CARD, Part::Whole),
    ("ACCOUNTNUM", Label::BANK_ACCOUNT, Part::Whole),
    ("TAXNUM", Label::TAX_ID, Part::Whole),
    ("IDCARDNUM", Label::NATIONAL_ID, Part::Whole),
    ("PASSPORTNUM", Label::PASSPORT, Part::Whole),
    ("DRIVERLICENSENUM", Label::DRIVER_LICENSE, Part::Whole),
    ("DATEOFBIRTH", Label::DATE_OF_BIRTH, Part::Whole),
    ("BUILDINGNUM", Label::STREET_ADDRESS, Part::Number),
    ("STREET", Label::STREET_ADDRESS, Part::Street),
    ("ZIPCODE", Label::POSTAL_CODE, Part::Whole),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(names: &[&str], overrides: &[(&str, &str)]) -> Result<Outputs, NerError> {
        let names = names.iter().map(|name| (*name).to_owned()).enumerate().collect();
        let overrides = overrides.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        Outputs::parse(&names, &overrides)
    }

    #[test]
    fn a_label_that_maps_to_nothing_is_refused_until_it_is_ignored() {
        let refused = parse(&["O", "B-PER", "B-STARSHIP"], &[]).unwrap_err();
        assert!(matches!(refused, NerError::UnmappedLabel(name) if name == "B-STARSHIP"));
        let outputs = parse(&["O", "B-PER", "B-STARSHIP"], &[("STARSHIP", "ignore")]).unwrap();
        assert_eq!(outputs.iter().flatten().count(), 1);
        let outputs = parse(&["O", "B-STARSHIP"], &[("STARSHIP", "CUSTOM:SHIP")]).unwrap();
        assert_eq!(outputs.iter().flatten().next().unwrap().class.label.as_str(), "CUSTOM:SHIP");
    }

    #[test]
    fn conll_and_ontonotes_names_are_known() {
        let outputs = parse(&["O", "B-PER", "I-PER", "B-ORG", "S-GPE", "B-CARDINAL"], &[]).unwrap();
        let labels: Vec<_> = outputs.iter().map(|o| o.map(|o| (o.class.label, o.begin))).collect();
        assert_eq!(
            labels,
            [
                None,
                Some((Label::PERSON, true)),
                Some((Label::PERSON, false)),
                Some((Label::ORGANIZATION, true)),
                Some((Label::LOCATION, true)),
                None
            ]
        );
    }

    #[test]
    fn a_model_without_kinds_of_entity_is_refused() {
        assert!(matches!(parse(&["O"], &[]), Err(NerError::Model(_))));
        let nameless = parse(&["LABEL_0", "LABEL_1"], &[]).unwrap_err();
        assert!(matches!(nameless, NerError::Model(reason) if reason.contains("LABEL_0")));
        let mapped = parse(&["LABEL_0", "LABEL_1"], &[("LABEL_0", "ignore"), ("LABEL_1", "PERSON")]).unwrap();
        assert_eq!(mapped.labels(), BTreeSet::from([Label::PERSON]));
    }

    /// L27
    #[test]
    fn a_mapping_of_a_label_that_the_model_does_not_have_is_refused() {
        let refused = parse(&["O", "B-PER", "I-PER", "B-MISC"], &[("MICS", "ignore")]).unwrap_err();
        assert!(
            matches!(refused, NerError::Model(reason) if reason.contains("\"MICS\"") && reason.ends_with("MISC, O, PER"))
        );
    }

    #[test]
    fn positions_are_read_in_every_scheme_and_may_be_missing() {
        for names in
            [["O", "B-LOC", "I-LOC"], ["O", "U-LOC", "L-LOC"], ["O", "S-LOC", "E-LOC"], ["O", "B_LOC", "I_LOC"]]
        {
            let begins: Vec<bool> = parse(&names, &[]).unwrap().iter().flatten().map(|output| output.begin).collect();
            assert_eq!(begins, [true, false], "{names:?}");
        }
        let plain = parse(&["o", "loc", "STREET_ADDRESS"], &[]).unwrap();
        assert_eq!(plain.labels(), BTreeSet::from([Label::LOCATION, Label::STREET_ADDRESS]));
    }
}
