use super::*;
use crate::detect::testing::processor_time;

const MARIA: &str = "Maria Gonzalez";

/// The parts of `names` in `text`.
fn parts<'t>(names: &[&str], text: &'t str) -> Vec<&'t str> {
    let mut index = Names::default();
    names.iter().for_each(|name| index.add(name, false));
    let mut found = Vec::new();
    find::find(&index, text, false, &mut found);
    found.into_iter().map(|range| &text[range]).collect()
}

/// L20: an identifier that only its context gave away is hidden in every
/// place, also where there is no context, and in disguise (L40).
#[test]
fn a_value_is_found_in_every_text_once_it_is_known() {
    let slots =
        ["passport KD4829137 of Ana Ruiz", "re kd4829137, ANA RUIZ, XKD4829137, K\u{200b}D４829137"].map(Slot::text);
    let shadows = slots.map(|slot| Shadow::of(slot.text));
    let span = |start, end, label| Span { start, end, label, score: 0.9, detector: DetectorKind::Pattern };
    let mut found = vec![vec![span(9, 18, Label::PASSPORT), span(22, 30, Label::PERSON)], Vec::new()];
    assert!(propagate(&slots, &shadows, &[], &mut found).unwrap());
    found[1].sort_by_key(|span| span.start);
    found[1].dedup_by_key(|span| span.start);
    let second: Vec<_> = found[1].iter().map(|span| (&slots[1].text[span.start..span.end], span.label)).collect();
    let disguised = "K\u{200b}D４829137";
    let expected = [("kd4829137", Label::PASSPORT), ("ANA RUIZ", Label::PERSON), (disguised, Label::PASSPORT)];
    assert_eq!(second, expected);
    assert!(!propagate(&slots, &shadows, &[], &mut found).unwrap(), "what is known is not added again");
}

#[test]
fn what_may_mean_something_else_elsewhere_is_not_carried_over() {
    assert!(!is_distinctive(Label::PERSON, "May"));
    assert!(!is_distinctive(Label::PASSWORD, "tiger"));
    assert!(!is_distinctive(Label::POSTAL_CODE, "90210"));
    assert!(is_distinctive(Label::EMAIL_ADDRESS, "ana@b.example"));
}

/// L21: once the full name is known, whatever is short for it is found.
#[test]
fn parts_of_a_full_name_are_found_however_they_are_written() {
    for (text, expected) in [
        ("Gonzalez called, and maria wrote.", vec!["Gonzalez", "maria"]),
        ("GONZALEZ's file; María's; gonzález", vec!["GONZALEZ", "María", "gonzález"]),
        ("M. Gonzalez, M Gonzalez, m gonzalez", vec!["M. Gonzalez", "M Gonzalez", "gonzalez"]),
        ("Gonzalez, M. came.", vec!["Gonzalez, M"]),
        (
            "Gonzalez, Maria; GONZALEZ Maria; Maria, Gonzalez",
            vec!["Gonzalez, Maria", "GONZALEZ Maria", "Maria", "Gonzalez"],
        ),
        ("Ask Maria G. today", vec!["Maria G"]),
        ("Maria L. Gonzalez", vec!["Maria L. Gonzalez"]),
        ("Marias Brief, die Gonzalezes, Mariana", vec!["Maria"]),
        ("maria.gonzalez maria_gonzalez maria-gonzalez", vec!["maria.gonzalez", "maria_gonzalez", "maria-gonzalez"]),
        ("Maria\n  Gonzalez\n\nGonzalez", vec!["Maria\n  Gonzalez", "Gonzalez"]),
        ("X. Gonzalez and MG and m. and M.G.", vec!["Gonzalez"]),
        ("Maria. Gonzalez said", vec!["Maria", "Gonzalez"]),
        ("(Maria) \"Gonzalez\" Mr. Gonzalez", vec!["Maria", "Gonzalez", "Gonzalez"]),
    ] {
        assert_eq!(parts(&[MARIA], text), expected, "{text}");
    }
}

/// L21, L38: particles, hyphens, two surnames, umlauts, other scripts.
#[test]
fn long_surnames_are_found_whole_and_in_parts() {
    let names = [
        "Jean-Luc van der Berg",
        "Ana Gonzalez Ruiz",
        "Jürgen Müller-Weiß",
        "Иван Петров",
        "Siobhan O'Brien",
        "Dr. Kim Lee Jr.",
    ];
    for (text, expected) in [
        ("Mr van der Berg, J. van der Berg", vec!["van der Berg", "J. van der Berg"]),
        ("Jean and Luc; jean-luc; der van.", vec!["Jean", "Luc", "jean-luc"]),
        ("J.-L. van der Berg", vec!["J.-L. van der Berg"]),
        ("Gonzalez Ruiz and ruiz", vec!["Gonzalez Ruiz", "ruiz"]),
        ("Mueller or MUELLER-WEISS, Juergen", vec!["Mueller", "MUELLER-WEISS, Juergen"]),
        ("ПЕТРОВ, иван", vec!["ПЕТРОВ, иван"]),
        ("O'Brien, O’Brien, o'brien", vec!["O'Brien", "O’Brien", "o'brien"]),
        ("Lee Jr. and jr", vec!["Lee Jr"]),
    ] {
        assert_eq!(parts(&names, text), expected, "{text}");
    }
}

/// L37: a part that is a word of the sentence is none of the name.
#[test]
fn ordinary_words_are_names_only_where_they_are_written_as_names() {
    let names = ["Will Grant", "May Brown", "Rose Mark", "Li Wu", "Sun Ng"];
    for (text, expected) in [
        ("We will mark the brown rose in may, and grant it.", vec![]),
        ("Will you? Mark it. \"Grant it\"\n- Rose\n1. Brown", vec![]),
        ("I met Brown and Will; ask Rose.", vec!["Brown", "Will", "Rose"]),
        ("In May, on 3 May, LI, ng, WU", vec![]),
        ("Mr. Brown called. Mrs Grant too.", vec!["Brown", "Grant"]),
        ("May Brown and may brown and brown may", vec!["May Brown", "may brown"]),
        ("W. Grant; Brown, M.; Li Wu", vec!["W. Grant", "Brown, M", "Li Wu"]),
    ] {
        assert_eq!(parts(&names, text), expected, "{text}");
    }
}

/// L37: what a classifier took along with a name is none.
#[test]
fn titles_and_stray_words_of_a_name_are_nobody_s() {
    let names = ["Emperor Meiji", "Kenseth ging", "Dr Kim Lee"];
    let text = "Each Emperor ging home; the Dr, Meiji, Kenseth and emperor meiji";
    assert_eq!(parts(&names, text), ["Meiji", "Kenseth", "emperor meiji"]);
}

/// L21: words of two people are no third one's name.
#[test]
fn words_of_two_people_stay_apart() {
    let names = ["Maria Gonzalez", "Miguel Gonzalez", "Ana Ruiz"];
    assert_eq!(parts(&names, "Maria Ruiz met M. Gonzalez"), ["Maria", "Ruiz", "M. Gonzalez"]);
}

/// What was minted before is found in a text that nobody looked into.
#[test]
fn values_known_from_elsewhere_are_found_whatever_they_are() {
    let known = |label, value| Known { label, value };
    let known = [
        known(Label::PERSON, "Will"),
        known(Label::PERSON, "Li"),
        known(Label::PASSWORD, "tiger"),
        known(Label::CASE_NUMBER, "AB 77"),
        known(Label::CASE_NUMBER, "AB 77-1"),
    ];
    let slots = [Slot::text("Will and Li, we will li the Tiger, see AB 77-18")];
    let shadows = [Shadow::of(slots[0].text)];
    let mut found = vec![Vec::new()];
    propagate(&slots, &shadows, &known, &mut found).unwrap();
    found[0].sort_by_key(|span| span.start);
    let found: Vec<_> = found[0].iter().map(|span| &slots[0].text[span.start..span.end]).collect();
    assert_eq!(found, ["Will", "Li", "Tiger", "AB 77"]);
}

/// Under a key that says so, an ordinary word is a name.
#[test]
fn a_key_tells_a_name_from_a_word() {
    let slot = |key| Slot { key: Some(key), ..Slot::text("Brown") };
    let slots = [slot("last_name"), slot("colour")];
    let shadows = slots.map(|slot| Shadow::of(slot.text));
    let mut found = vec![Vec::new(), Vec::new()];
    propagate(&slots, &shadows, &[Known { label: Label::PERSON, value: "Ann Brown" }], &mut found).unwrap();
    assert_eq!((found[0].len(), found[1].len()), (1, 0));
}

/// Names and texts that somebody made to be slow take no longer than others.
#[test]
fn hostile_names_take_linear_time() {
    let timed = |count: usize| {
        let word = |n: usize| format!("{}{}", "maria".repeat(1 + n % 2), ["a", "b", "c", "d", "e"][n % 5]);
        let names: Vec<String> = (0..count).map(|n| format!("Maria {}{n:x}x", word(n))).collect();
        let text = names.iter().map(|name| format!("{name} M. Maria Maria M. ")).collect::<String>();
        let slots = [Slot::text(&text)];
        let shadows = [Shadow::of(&text)];
        let known: Vec<Known<'_>> = names.iter().map(|value| Known { label: Label::PERSON, value }).collect();
        let mut found = vec![Vec::new()];
        processor_time(|| assert!(propagate(&slots, &shadows, &known, &mut found).unwrap()))
    };
    // As much work as in the large one, so that both suffer the same from what
    // else the machine does.
    let small: std::time::Duration = (0..8).map(|_| timed(500)).sum();
    let large = timed(4000);
    // Quadratic would be eight times as much.
    assert!(large < small * 4, "{small:?} for eight times 500 names, {large:?} for 4000");
}
