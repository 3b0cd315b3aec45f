//! Made-up texts of several kinds, the same in every run.

/// Makes a bit of a text.
type Make = fn(&mut Dice) -> String;

/// A text of each kind, of `bytes` bytes or a little more.
pub fn all(bytes: usize) -> Vec<(&'static str, String)> {
    let kinds: [(&str, Make); 7] = [
        ("English prose", |dice| prose(dice, ENGLISH)),
        ("German prose", |dice| prose(dice, GERMAN)),
        ("French prose", |dice| prose(dice, FRENCH)),
        ("code", code),
        ("JSON log", json_log),
        ("CSV", csv),
        ("dense personal data", dense),
    ];
    kinds.into_iter().map(|(name, make)| (name, filled(bytes, make))).collect()
}

/// A bit of every kind in turn.
pub fn mixed(bytes: usize) -> String {
    filled(bytes, |dice| match dice.below(5) {
        0 => code(dice),
        1 => json_log(dice),
        2 => dense(dice),
        3 => prose(dice, GERMAN),
        _ => prose(dice, ENGLISH),
    })
}

/// Prose with a name and an address here and there, of `chars` characters.
pub fn prompt(seed: usize, chars: usize) -> String {
    let mut dice = Dice(seed as u64 + 1);
    let mut text = String::new();
    while text.len() < chars {
        text.push_str(&prose(&mut dice, ENGLISH));
        if dice.below(3) == 0 {
            let (first, last) = (dice.pick(FIRST), dice.pick(LAST));
            text.push_str(&format!("Please write to {first} {last} at {first}.{last}@example.com about it. "));
        }
    }
    text.truncate(chars);
    text
}

fn filled(bytes: usize, mut make: impl FnMut(&mut Dice) -> String) -> String {
    let mut dice = Dice(7);
    let mut text = String::new();
    while text.len() < bytes {
        text.push_str(&make(&mut dice));
    }
    text
}

/// Knuth's MMIX generator: enough to vary texts.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

/// Parts of sentences: who, does, what, when.
type Language = [&'static [&'static str]; 4];

const ENGLISH: Language = [
    &[
        "The committee",
        "Our new neighbour",
        "A former colleague",
        "The small bakery on the corner",
        "Nobody",
        "The report",
    ],
    &["described", "had forgotten", "would rather discuss", "finally found", "keeps repairing", "walked away from"],
    &[
        "the way the old garden was planned",
        "a box of letters",
        "what the public had asked for",
        "an answer to the question of the street lights",
        "the second half of the programme",
    ],
    &[
        "after a long winter",
        "in 1998",
        "while it rained",
        "without a word",
        "for about 30 minutes",
        "in spite of everything",
    ],
];
const GERMAN: Language = [
    &[
        "Der Ausschuss",
        "Unsere neue Nachbarin",
        "Ein früherer Kollege",
        "Die kleine Bäckerei an der Ecke",
        "Niemand",
        "Der Bericht",
    ],
    &["beschrieb", "vergaß beinahe", "prüfte noch einmal", "fand schließlich", "übersah", "wünschte sich"],
    &[
        "die Pläne für den alten Garten",
        "eine Kiste voller Briefe",
        "die Wünsche der Öffentlichkeit",
        "eine Antwort auf die Frage nach der Beleuchtung",
        "die zweite Hälfte des Programms",
    ],
    &[
        "nach einem langen Winter",
        "im Jahr 1998",
        "während es regnete",
        "ohne ein Wort",
        "etwa 30 Minuten lang",
        "trotz allem",
    ],
];
const FRENCH: Language = [
    &[
        "Le comité",
        "Notre nouvelle voisine",
        "Un ancien collègue",
        "La petite boulangerie du coin",
        "Personne",
        "Le rapport",
    ],
    &["décrivait", "avait oublié", "préférait évoquer", "trouva enfin", "ne cesse de réparer", "considérait"],
    &[
        "la façon dont l'ancien jardin était conçu",
        "une boîte de lettres",
        "ce que le public demandait",
        "une réponse à la question de l'éclairage",
        "la seconde moitié du programme",
    ],
    &[
        "après un long hiver",
        "en 1998",
        "pendant qu'il pleuvait",
        "sans un mot",
        "pendant environ 30 minutes",
        "malgré tout",
    ],
];
const FIRST: &[&str] = &["Maria", "John", "Aylin", "Pierre", "Ingrid", "Kofi"];
const LAST: &[&str] = &["Gonzalez", "Miller", "Demir", "Laurent", "Nilsson", "Mensah"];
const NAMES: &[&str] = &["index", "buffer", "total_count", "node", "left", "maxWidth", "offset"];

fn prose(dice: &mut Dice, [who, does, what, when]: Language) -> String {
    let end = if dice.below(6) == 0 { "\n\n" } else { " " };
    format!("{} {} {} {}.{end}", dice.pick(who), dice.pick(does), dice.pick(what), dice.pick(when))
}

fn code(dice: &mut Dice) -> String {
    let (a, b, n) = (dice.pick(NAMES), dice.pick(NAMES), dice.below(200));
    match dice.below(4) {
        0 => format!("    let {a} = {b}.iter().map(|x| x * {n}).sum::<usize>();\n"),
        1 => format!("def get_{a}(self, {b}: int = {n}) -> list[str]:\n    return self.{b}[{n}:{a} + 1]\n\n"),
        2 => format!(
            "    if ({a} >= {n} && {b}[{a}] != null) {{ // see v2.{n}.0\n        return new Error(\"{b}\");\n    }}\n"
        ),
        _ => format!("#[test]\nfn {a}_{b}_{n}() {{ assert_eq!({a}({n}), {}); }}\n", dice.below(1000)),
    }
}

fn json_log(dice: &mut Dice) -> String {
    let (minute, milli, port) = (dice.below(60), dice.below(1000), 1024 + dice.below(60_000));
    let level = dice.pick(&["info", "warn", "debug"]);
    format!(
        "{{\"time\":\"2024-03-04T10:{minute:02}:12.{milli:03}Z\",\"level\":\"{level}\",\"request_id\":\"{:08x}-7c1e-4b7a-9d2f-{:012x}\",\"path\":\"/api/v2/items/{milli}\",\"status\":200,\"ms\":{milli},\"client\":\"192.0.2.{minute}:{port}\",\"message\":\"request finished\"}}\n",
        dice.below(1 << 31),
        dice.below(1 << 31) * 7919,
    )
}

fn csv(dice: &mut Dice) -> String {
    let (first, last) = (dice.pick(FIRST), dice.pick(LAST));
    format!(
        "{},{first} {last},{},{}.{:02},open\n",
        10_000 + dice.below(80_000),
        dice.below(28) + 1,
        dice.below(900),
        dice.below(100)
    )
}

fn dense(dice: &mut Dice) -> String {
    let (first, last, n) = (dice.pick(FIRST), dice.pick(LAST), 1000 + dice.below(9000));
    match dice.below(4) {
        0 => format!("{first} {last}, SSN 536-22-{n}, phone (415) 555-{n}, {first}.{last}@example.com\n"),
        1 => format!("patient={first}; mrn=MRN{n}{n}; dob=04/12/19{:02}; card 4111 1111 1111 {n}\n", n % 100),
        2 => format!("login user_{n} from 198.51.100.{} at https://example.org/u/{n}?token=x{n}\n", n % 256),
        _ => format!("IBAN DE89 3704 0044 0532 01{} {:02}, Tel. +49 30 {n}{n}, Bestellung {n}\n", n % 100, n % 97),
    }
}
