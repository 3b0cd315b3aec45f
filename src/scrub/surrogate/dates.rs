//! Other days, written the same way.

use super::case::cased;
use super::draw::Draw;

/// The months as they are written, by language; English, also its short forms.
#[rustfmt::skip]
const MONTHS: &[&str] = &[
    "January February March April May June July August September October November December",
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "Janvier Février Mars Avril Mai Juin Juillet Août Septembre Octobre Novembre Décembre",
    "Enero Febrero Marzo Abril Mayo Junio Julio Agosto Septiembre Octubre Noviembre Diciembre",
    "Gennaio Febbraio Marzo Aprile Maggio Giugno Luglio Agosto Settembre Ottobre Novembre Dicembre",
    "Januari Februari Maart April Mei Juni Juli Augustus September Oktober November December",
    "Janeiro Fevereiro Março Abril Maio Junho Julho Agosto Setembro Outubro Novembro Dezembro",
];
/// A year moves by at most so many.
const YEARS_MAX: u32 = 4;

/// Another date or time in the format of `surface`; `None` where it has no digit.
pub(super) fn date(draw: &mut Draw, surface: &str) -> Option<String> {
    if !surface.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut out = String::with_capacity(surface.len());
    let mut rest = surface;
    while let Some(first) = rest.chars().next() {
        let kind = kind_of(first);
        let end = rest.find(|c| kind_of(c) != kind).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        match kind {
            Kind::Digits => out.push_str(&number(draw, run, out.ends_with(':'), after.starts_with(':'))),
            Kind::Letters => out.push_str(&month(draw, run)),
            Kind::Other => out.push_str(run),
        }
        rest = after;
    }
    Some(out)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digits,
    Letters,
    Other,
}

fn kind_of(c: char) -> Kind {
    match c {
        '0'..='9' => Kind::Digits,
        _ if c.is_alphabetic() => Kind::Letters,
        _ => Kind::Other,
    }
}

fn number(draw: &mut Draw, run: &str, behind_colon: bool, before_colon: bool) -> String {
    let value: u32 = run.parse().unwrap_or(0);
    let drawn = match (run.len(), value) {
        (4, 1800..=2199) => value - YEARS_MAX + draw.below(2 * YEARS_MAX as usize + 1) as u32,
        (1..=2, _) if behind_colon => draw.below(60) as u32,
        (1..=2, _) if before_colon => draw.below(24) as u32,
        // A day or a month, in whichever order.
        (1..=2, 1..=12) => 1 + draw.below(if run.len() == 1 { 9 } else { 12 }) as u32,
        (2, 13..=31) => 13 + draw.below(16) as u32,
        (2, _) => 32 + draw.below(68) as u32,
        _ => return run.chars().map(|_| char::from(draw.digit(0))).collect(),
    };
    format!("{drawn:0width$}", width = run.len())
}

/// Another month of the same language, or the word as it is.
fn month(draw: &mut Draw, word: &str) -> String {
    let lower = word.to_lowercase();
    let months = MONTHS.iter().find(|months| months.split(' ').any(|month| month.to_lowercase() == lower));
    let Some(months) = months else { return word.to_owned() };
    // Those that are written in ASCII, as every stand-in is.
    let plain: Vec<&str> = months.split(' ').filter(|month| month.is_ascii()).collect();
    cased(draw.of(&plain), word)
}
