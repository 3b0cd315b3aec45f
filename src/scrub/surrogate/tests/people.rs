//! Names: forms of one person, two people, and what models make of them.

use super::*;

/// A map with the names, and what was minted for each.
fn minted(names: &[&str]) -> (TokenMap, Vec<String>) {
    let mut map = map();
    let minted = names.iter().map(|name| map.mint(Label::PERSON, name, true).to_string()).collect();
    (map, minted)
}

/// L21: forms of one person are forms of one invented person.
#[test]
fn forms_of_one_person_stay_together() {
    let forms = ["Maria Gonzalez", "Gonzalez", "maria", "M. Gonzalez", "GONZALEZ, MARIA", "Maria\nGonzalez"];
    let (map, minted) = minted(&forms);
    let (given, surname) = minted[0].split_once(' ').unwrap();
    assert_eq!(minted[1], surname);
    assert_eq!(minted[2], given.to_lowercase());
    assert_eq!(minted[3], format!("{}. {surname}", &given[..1]));
    assert_eq!(minted[4], format!("{surname}, {given}").to_uppercase());
    assert_eq!(minted[5], format!("{given}\n{surname}"));
    let answer = minted.join("; ");
    assert_eq!(map.restorer().restore(&answer, Escape::Text), forms.join("; "));
}

/// A title and a possessive ending are no part of a name.
#[test]
fn titles_and_endings_stay() {
    let forms = ["Maria Gonzalez", "Dr. Gonzalez", "Maria Gonzalez Jr.", "Gonzalez’s"];
    let (map, minted) = minted(&forms);
    let (_, surname) = minted[0].split_once(' ').unwrap();
    assert_eq!(minted[1..], [format!("Dr. {surname}"), format!("{} Jr.", minted[0]), format!("{surname}'s")]);
    let answer = format!("{}, DR. SMITH", minted.join("; "));
    assert_eq!(map.restorer().restore(&answer, Escape::Text), format!("{}, DR. SMITH", forms.join("; ")));
}

/// L21: two spellings of one name come back exactly and read as one name.
#[test]
fn two_spellings_of_one_name_stay_one_name() {
    let forms = ["Maria Gonzalez", "María González", "MARÍA GONZÁLEZ", "María", "Maria"];
    let (map, minted) = minted(&forms);
    let (given, surname) = minted[0].split_once(' ').unwrap();
    assert!(minted[1].starts_with(given) && minted[1].ends_with(surname) && minted[1] != minted[0], "{minted:?}");
    assert!(minted[3..].iter().all(|form| form.starts_with(given)), "{minted:?}");
    assert_eq!(map.restorer().restore(&minted.join("; "), Escape::Text), forms.join("; "));
}

/// L21: two people with one surname stay two, and share no more than that.
#[test]
fn two_people_with_one_surname_stay_two() {
    let (map, minted) = minted(&["Maria Gonzalez", "Miguel Gonzalez", "Gonzalez", "Ana Ruiz", "Jean-Luc van der Berg"]);
    let words = |name: &str| name.split([' ', '-']).map(str::to_owned).collect::<Vec<_>>();
    let (maria, miguel, ana) = (words(&minted[0]), words(&minted[1]), words(&minted[3]));
    assert!(maria[1] == miguel[1] && maria[0] != miguel[0] && minted[2] == maria[1]);
    assert!(ana.iter().all(|word| !maria.contains(word) && !miguel.contains(word)));
    assert_eq!(words(&minted[4]).len(), 5);
    let greeting = format!("{}, {} and {}", minted[0], miguel[0], minted[4]);
    assert_eq!(map.restorer().restore(&greeting, Escape::Text), "Maria Gonzalez, Miguel and Jean-Luc van der Berg");
}

/// One word of a name leads back to the word that it stands for, although only the
/// whole name was minted.
#[test]
fn one_word_of_a_minted_name_is_restored() {
    let (map, minted) = minted(&["Maria Gonzalez", "Ana Ruiz"]);
    let (given, surname) = minted[0].split_once(' ').unwrap();
    let restorer = map.restorer();
    for (written, expected) in [
        (format!("Ms. {surname}"), "Ms. Gonzalez".to_owned()),
        (format!("Dear {given},"), "Dear Maria,".to_owned()),
        (format!("{}. {surname}'s", &given[..1]), "M. Gonzalez's".to_owned()),
        (format!("{surname}, {given}"), "Gonzalez, Maria".to_owned()),
        (format!("**{surname}** met {}", minted[1]), "**Gonzalez** met Ana Ruiz".to_owned()),
        (format!("{given} {}", minted[1].split_once(' ').unwrap().1), "Maria Ruiz".to_owned()),
        (format!("in {}", surname.to_lowercase()), format!("in {}", surname.to_lowercase())),
        (format!("{surname}ington {surname}x x{surname}"), format!("{surname}ington {surname}x x{surname}")),
    ] {
        assert_eq!(restorer.restore(&written, Escape::Text), expected);
    }
}

/// L08: what models make of a name leads back to it.
#[test]
fn bent_names_are_read() {
    let (map, minted) = minted(&["Maria Gonzalez"]);
    let (given, surname) = minted[0].split_once(' ').unwrap();
    let restorer = map.restorer();
    let name = "Maria Gonzalez";
    for (written, expected) in [
        (minted[0].to_uppercase(), name.to_owned()),
        (minted[0].to_lowercase(), name.to_owned()),
        (format!("{given}\n{surname}"), name.to_owned()),
        (format!("> {given}\n> {surname}"), format!("> {name}")),
        (format!("**{}**'s", minted[0]), format!("**{name}**'s")),
        (format!("{given}\u{a0}{surname}’s"), format!("{name}’s")),
        (format!("{given}&nbsp;{surname}"), name.to_owned()),
        (format!("the {surname}es and {surname}s"), "the Gonzalezes and Gonzalezs".to_owned()),
        (format!("请联系{}。", minted[0]), format!("请联系{name}。")),
        (format!("{given}\n\n{surname}"), "Maria\n\nGonzalez".to_owned()),
    ] {
        assert_eq!(restorer.restore(&written, Escape::Text), expected, "{written}");
    }
}

/// Names beyond the lists are put together of more parts, and stay apart.
#[test]
fn a_thousand_people_stay_a_thousand() {
    let names: Vec<String> = (0..1000).map(|n| format!("P{n}a Q{n}b")).collect();
    let (map, minted) = minted(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(minted.iter().all(|name| !name.contains('[')));
    assert_eq!(map.restorer().restore(&minted.join(", "), Escape::Text), names.join(", "));
}

/// L05: a name with a quote lands in JSON escaped.
#[test]
fn a_value_is_escaped_where_its_surrogate_stood_in_json() {
    let (map, minted) = minted(&["Ana \"B\" Ruiz"]);
    let document =
        format!("{{\"to\":\"{}\"}}", serde_json::Value::from(minted[0].as_str()).to_string().trim_matches('"'));
    let restored = map.restorer().restore(&document, Escape::JsonString);
    let parsed: serde_json::Value = serde_json::from_str(&restored).unwrap();
    assert_eq!(parsed["to"], "Ana \"B\" Ruiz");
}

/// L21: what is short for two people leads to neither, and what is short for one
/// leads to that one.
#[test]
fn an_initial_that_fits_two_invented_people_stays() {
    let names = ["Maria Gonzalez", "Teresa Gonzalez", "Boris Gonzalez", "Ivan Gonzalez", "Zoe Gonzalez"];
    let (mut shared, mut single) = (0, 0);
    for number in 0..400 {
        let mut map = map_of(&number.to_string());
        let minted: Vec<String> = names.iter().map(|name| map.mint(Label::PERSON, name, true).to_string()).collect();
        let initial = |name: &str| name.chars().next().unwrap();
        let surname = minted[0].split_once(' ').unwrap().1;
        for (name, real) in minted.iter().zip(names) {
            let short = format!("{}. {surname}", initial(name));
            let restored = map.restorer().restore(&format!("Write to {short} today."), Escape::Text);
            let real_short = format!("{}. Gonzalez", initial(real));
            match minted.iter().filter(|other| initial(other) == initial(name)).count() {
                1 => {
                    single += 1;
                    assert_eq!(restored, format!("Write to {real_short} today."));
                }
                // The surname alone leads back, whatever stands in front of it.
                _ if initial(real) == initial(name) => {}
                _ => {
                    shared += 1;
                    assert!(!restored.contains(&real_short), "{short} of {minted:?} became {restored}");
                }
            }
        }
    }
    assert!(shared > 0 && single > 0, "{shared} shared, {single} single");
}
