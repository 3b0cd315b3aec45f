//! Dates.

use super::checksum::digits;

/// Day, month and year in any of the usual orders, with the month a month and
/// the day a day.
pub(super) fn calendar_date(value: &str) -> bool {
    let date = value.split(['T', 't']).next().unwrap_or(value);
    let date = if date.starts_with(|c: char| c.is_ascii_digit()) && date.get(4..5).is_some_and(|c| "-/.".contains(c)) {
        date.get(..10.min(date.len())).unwrap_or(date)
    } else {
        date
    };
    let parts: Vec<u32> = date.split(['-', '/', '.']).filter_map(|part| part.trim().parse().ok()).collect();
    let [first, second, third] = parts[..] else { return false };
    let month_and_day = |month, day| (1..=12).contains(&month) && (1..=31).contains(&day);
    match first {
        1800..=2199 => month_and_day(second, third),
        _ => third <= 2199 && (month_and_day(first, second) || month_and_day(second, first)),
    }
}

/// Whether `day`, `month` and two digits of a year can be a date; some states
/// add 20, 40, 50 or 80 to the month to tell a century or sex.
pub(super) fn plausible_day(day: u32, month: u32) -> bool {
    (1..=31).contains(&day) && (1..=12).contains(&month)
}

/// Day and month in either order: `14/9`, `9/14`.
pub(super) fn day_and_month(value: &str) -> bool {
    let parts: Vec<u32> = value.split('/').filter_map(|part| part.parse().ok()).collect();
    let [first, second] = parts[..] else { return false };
    plausible_day(first, second) || plausible_day(second, first)
}

/// Whether there is such a day in the Gregorian calendar.
pub(super) fn calendar_day(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// First three letters of the months in English, German, French, Spanish,
/// Italian, Dutch, Portuguese and Polish, folded to ASCII.
const MONTH_STEMS: &str = "jan feb mar apr may jun jul aug sep oct nov dec mai okt dez fev avr jui aou ene abr ago dic gen mag \
    giu lug set ott mrt mei maa out sty lut kwi maj cze lip sie wrz paz lis gru";

/// The names of months in these languages, folded to ASCII.
const MONTH_NAMES: &str = "january february march april june july august september october november december januar februar \
    marz juni juli oktober dezember janvier fevrier mars avril juin juillet aout septembre octobre \
    novembre decembre enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre \
    noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre januari \
    februari maart augustus janeiro fevereiro marco maio junho julho setembro outubro novembro dezembro \
    stycznia lutego marca kwietnia czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia sept";

/// A date that names its month.
pub(super) fn date_in_words(value: &str) -> bool {
    let folded: String = value.chars().flat_map(char::to_lowercase).map(unaccented).collect();
    let mut words = folded.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() >= 3);
    let first = value.split([' ', '-', '\n', '\t']).next().unwrap_or(value);
    let day_fits = digits(first).len() <= 4;
    day_fits && words.any(|word| MONTH_STEMS.split(' ').any(|stem| word.starts_with(stem)) && is_month(word))
}

/// Words that begin like a month but are none: `march` is, `market` is not.
fn is_month(word: &str) -> bool {
    word.len() == 3 || MONTH_NAMES.split(' ').any(|name| name == word)
}

fn unaccented(c: char) -> char {
    match c {
        'à'..='ä' => 'a',
        'è'..='ë' => 'e',
        'ù'..='ü' => 'u',
        'ç' => 'c',
        'ź' => 'z',
        'ś' => 's',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_a_month_without_a_year_come_in_either_order() {
        assert!(day_and_month("14/9") && day_and_month("9/14"));
        assert!(!day_and_month("33/4") && !day_and_month("14/13") && !day_and_month("1/2/3"));
        assert!(date_in_words("7-MAR-2023") && !date_in_words("7-market-2023"));
    }

    #[test]
    fn months_and_days_must_exist() {
        for date in ["2023-04-13", "03/14/1980", "14.3.80", "2023-09-21T07:52:00Z", "2023-04-13 18:39"] {
            assert!(calendar_date(date), "{date}");
        }
        for other in ["33/44/1980", "2023-13-01", "1.2", "0/0/2000"] {
            assert!(!calendar_date(other), "{other}");
        }
    }
}
