//! Deciding, on what a model says given by hand.

use super::*;

/// The words of `text` that are names, where the model gives each of `said` its
/// probability and nothing to the others.
fn names<'a>(text: &'a str, said: &[(&str, f32)]) -> Vec<&'a str> {
    let mut words = Vec::new();
    for (word, person) in said {
        for (start, found) in text.match_indices(word) {
            let class = Class { label: Label::PERSON, part: Part::Given };
            words.push(Word { start, end: start + found.len(), class, begin: true, score: *person, person: *person });
        }
    }
    words.sort_by_key(|word| word.start);
    weigh(text, &words).iter().filter(|word| word.score > 0.4).map(|word| &text[word.start..word.end]).collect()
}

/// L37: a model that reads in lower case takes words of the sentence for names.
#[test]
fn a_small_letter_in_a_sentence_with_capitals_speaks_against_a_name() {
    assert_eq!(names("She seemed quite gloomy to us.", &[("gloomy", 0.8)]), [""; 0]);
    assert_eq!(names("Ask Silvie about it.", &[("Silvie", 0.8)]), ["Silvie"]);
    assert_eq!(names("while min(heights) != max(heights):", &[("min", 0.95)]), [""; 0]);
}

/// L38
#[test]
fn names_are_names_in_small_letters_and_in_capitals() {
    assert_eq!(names("please call maria gonzalez today", &[("maria", 0.9), ("gonzalez", 0.9)]), ["maria", "gonzalez"]);
    assert_eq!(names("PLEASE CALL MARIA GONZALEZ", &[("MARIA", 0.9), ("GONZALEZ", 0.9)]), ["MARIA", "GONZALEZ"]);
}

#[test]
fn a_known_name_needs_little_of_the_model() {
    assert_eq!(names("Noteer Sanne Hoekstra ook.", &[("Sanne", 0.1), ("Hoekstra", 0.1)]), ["Sanne", "Hoekstra"]);
    assert_eq!(names("Open the Qorvex panel now.", &[("Qorvex", 0.1), ("panel", 0.1)]), [""; 0]);
}

#[test]
fn nations_and_months_are_nobody() {
    assert_eq!(names("In November the Serbian team won.", &[("November", 0.05), ("Serbian", 0.4)]), [""; 0]);
}

/// Scripts without blanks between words and without capitals: the model decides.
#[test]
fn where_words_have_no_ends_the_model_decides() {
    assert_eq!(names("联系王伟。", &[("王伟", 0.8)]), ["王伟"]);
    assert_eq!(names("联系王伟。", &[("王伟", 0.3)]), [""; 0]);
}

/// L38: names in paths, and in scripts that the model does not read.
#[test]
fn the_lexicon_tells_names_where_the_model_cannot() {
    assert_eq!(names("Open /home/maria.gonzalez/cv_john_smith.pdf", &[]), ["maria", "gonzalez", "john", "smith"]);
    assert_eq!(names("Пришли Сергей Иванов и Ольга.", &[]), ["Сергей", "Иванов"]);
    for text in [
        "see org.junit.jupiter",
        "run scott.martin.example now",
        "a blue-green deploy",
        "max_sum = min_sum",
        "Москва Река",
    ] {
        assert_eq!(names(text, &[]), [""; 0], "{text}");
    }
}
