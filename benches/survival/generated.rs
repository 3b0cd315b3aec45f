//! Bent tokens in answers that are put together from sentences.

use cordon::scrub::Escape;

use super::Style;
use super::answers::ANSWERS;
use super::conversation::{Conversation, LITERALS, Minted};
use super::table::Bend;

/// Each sentence is filled so often for each bend, with other tokens.
const ROUNDS: usize = 4;

/// What became of the tokens of one bend.
#[derive(Clone, Default)]
struct Count {
    answers: usize,
    tokens: usize,
    restored: usize,
}

/// Prints a table for each style; gives the wrong restorations.
pub fn run(styles: &[Style]) -> Vec<String> {
    let mut wrong = Vec::new();
    for style in styles {
        let name = style.name;
        println!("\n| bend | {name}: written | restored |\n|---|---:|---:|");
        let mut total = Count::default();
        for bend in style.bends {
            let count = count(style, bend, &mut wrong);
            println!("| {} | {} | {} |", bend.name, count.tokens, share(count.restored, count.tokens));
            total.answers += count.answers;
            total.tokens += count.tokens;
            total.restored += count.restored;
        }
        println!(
            "| **all, in {} answers** | {} | {} |",
            total.answers,
            total.tokens,
            share(total.restored, total.tokens)
        );
    }
    wrong
}

/// `98.7 %`, or `-` where there is nothing to count.
pub fn share(part: usize, whole: usize) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{:.1} %", 100.0 * part as f64 / whole as f64) }
}

fn count(style: &Style, bend: &Bend, wrong: &mut Vec<String>) -> Count {
    let mut count = Count::default();
    for round in 0..ROUNDS {
        let conversation = Conversation::new(style, round);
        for (at, sentence) in ANSWERS.iter().enumerate() {
            let answer = Answer::new(sentence, bend, &conversation, at + round * ANSWERS.len());
            // A bend that changes nothing does not fit this style.
            if answer.tokens().next().is_none() {
                continue;
            }
            count.answers += 1;
            let restored = conversation.restorer.restore(&answer.text(), Escape::Text);
            answer.judge(&restored, &mut count, wrong);
        }
    }
    count
}

/// An answer in pieces.
struct Answer<'a> {
    bend: &'a Bend,
    pieces: Vec<Piece<'a>>,
}

enum Piece<'a> {
    Text(&'a str),
    Token { minted: &'a Minted, bent: String },
}

impl<'a> Answer<'a> {
    fn new(sentence: &'static str, bend: &'a Bend, conversation: &'a Conversation, seed: usize) -> Answer<'a> {
        let mut pieces = Vec::new();
        let mut rest = sentence;
        let mut next = seed;
        while let Some((before, after)) =
            [rest.split_once("{}"), rest.split_once("{!}")].into_iter().flatten().min_by_key(|(before, _)| before.len())
        {
            pieces.push(Piece::Text(before));
            next += 5;
            if rest[before.len()..].starts_with("{!}") {
                pieces.push(Piece::Text(LITERALS[next % LITERALS.len()]));
            } else {
                let minted = &conversation.minted[next % conversation.minted.len()];
                let bent = (bend.bend)(&minted.token);
                let is_bent = bent != minted.token || bend.name == "as minted";
                pieces.push(if is_bent { Piece::Token { minted, bent } } else { Piece::Text("") });
            }
            rest = after;
        }
        pieces.push(Piece::Text(rest));
        Answer { bend, pieces }
    }

    fn tokens(&self) -> impl Iterator<Item = (&Minted, &str)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Token { minted, bent } => Some((*minted, bent.as_str())),
            Piece::Text(_) => None,
        })
    }

    fn text(&self) -> String {
        self.spelled(|_, bent| bent.to_owned())
    }

    fn spelled(&self, spell: impl Fn(&Minted, &str) -> String) -> String {
        let spelled = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Token { minted, bent } => spell(minted, bent),
        });
        spelled.collect()
    }

    fn value_of(&self, minted: &Minted) -> String {
        self.bend.restored.replace("{}", minted.value)
    }

    /// Counts what of `restored` is right, and notes what is wrong: each token
    /// became its value or stays as it was, and nothing else changed.
    fn judge(&self, restored: &str, count: &mut Count, wrong: &mut Vec<String>) {
        count.tokens += self.tokens().count();
        if restored == self.spelled(|minted, _| self.value_of(minted)) {
            count.restored += self.tokens().count();
            return;
        }
        let mut rest = restored;
        for piece in &self.pieces {
            let (text, is_restored) = match piece {
                Piece::Text(text) => ((*text).to_owned(), false),
                Piece::Token { minted, bent } => match self.value_of(minted) {
                    value if rest.starts_with(&value) => (value, true),
                    _ => (bent.clone(), false),
                },
            };
            let Some(after) = rest.strip_prefix(text.as_str()) else {
                wrong.push(format!("{}: {:?} became {restored:?}", self.bend.name, self.text()));
                return;
            };
            rest = after;
            count.restored += usize::from(is_restored);
        }
    }
}
