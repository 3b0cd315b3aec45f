//! Values of the kinds that the default policy covers, each in a sentence in
//! which people write it.

use super::random::Random;

/// A value and a sentence that holds it.
#[derive(Clone, Debug)]
pub struct Planted {
    /// The kind's name.
    pub kind: &'static str,
    /// The value, as it must come back.
    pub value: String,
    /// Where it stands.
    pub sentence: String,
}

impl Planted {
    /// What must not be found anywhere: the value, and the words of a name.
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![self.value.clone()];
        if self.kind == "name" {
            secrets.extend(self.value.split(' ').map(str::to_owned));
        }
        secrets
    }

    /// What must not be found in a request, where no other numbers are: parts
    /// that a token would leave over, had it taken the place of the rest.
    pub fn parts(&self) -> Vec<String> {
        let parts = self.value.split(|c: char| !c.is_alphanumeric());
        let tells = |part: &&str| part.len() >= 4 && part.contains(|c: char| c.is_ascii_digit());
        let mut parts: Vec<String> = parts.filter(tells).map(str::to_owned).collect();
        if self.kind == "street" {
            parts.extend(self.value.split_once(' ').map(|(_, street)| street.to_owned()));
        }
        parts.extend(self.secrets());
        parts
    }
}

/// A kind: its name, what makes a value, and sentences with `{}` in its place.
type Kind = (&'static str, fn(&mut Random) -> String, &'static [&'static str]);

/// A value of any kind.
pub fn planted(random: &mut Random) -> Planted {
    let (kind, make, sentences) = random.of(KINDS);
    let value = make(random);
    let sentence = random.of(sentences).replace("{}", &value);
    Planted { kind, value, sentence }
}

const KINDS: &[Kind] = &[
    (
        "name",
        name,
        &[
            "Please write a friendly letter to {} about the new contract.",
            "My name is {} and I would like to cancel my order.",
            "Yesterday {} called us and asked for a refund.",
            "The patient {} was discharged this morning.",
        ],
    ),
    ("email", email, &["Send the report to {} today.", "Their address is {}.", "Reply-To: {}"]),
    ("phone", phone, &["Call me at {} after five.", "Phone: {}", "You can reach her on {}."]),
    ("card", card, &["Please charge my credit card {} for it.", "The card number is {}.", "card={}"]),
    ("iban", iban, &["Transfer the money to {} by Friday.", "My IBAN is {}."]),
    ("ssn", ssn, &["My SSN is {}.", "Social security number: {}"]),
    ("ipv4", ipv4, &["The login came from {} at night.", "Block the host {} please."]),
    ("ipv6", ipv6, &["The server has the address {} now."]),
    ("url", url, &["The file is at {} for you.", "See {} and tell me what is wrong."]),
    ("mac", mac, &["The laptop's network card is {}.", "MAC address {}"]),
    ("street", street, &["She lives at {} with her son.", "Ship the parcel to {} please.", "My address is {}."]),
    ("api key", api_key, &["Why does the key {} not work?", "API_KEY={}"]),
    ("jwt", jwt, &["The server sent the token {} back.", "Authorization: Bearer {}"]),
    ("private key", private_key, &["What is wrong with this key?\n{}\nIt is refused."]),
    ("crypto", crypto, &["Send the coins to {} please.", "My wallet is {}."]),
    ("date of birth", birth, &["Date of birth: {}", "She was born on {}.", "DOB: {}"]),
    ("passport", passport, &["My passport number is {}.", "Passport no. {}"]),
    ("driver licence", driver, &["My driver's license number is {}.", "Driver license: {}"]),
    ("medical record", medical_record, &["MRN: {}", "The medical record number is {}."]),
    ("npi", npi, &["The doctor's NPI is {}.", "NPI: {}"]),
    ("routing", routing, &["The routing number is {}.", "ABA routing number: {}"]),
    ("itin", itin, &["My ITIN is {}."]),
    ("swift", |random| random.of(&["DEUTDEFF500", "CHASUS33", "BNPAFRPP"]).to_owned(), &["SWIFT {}", "BIC: {}"]),
    ("account", |random| random.digits(12), &["My account number is {}.", "bank account {}"]),
    ("vin", |random| random.of(&["1HGCM82633A004352", "1M8GDM9AXKP042788"]).to_owned(), &["VIN: {}"]),
    ("imei", |random| with_luhn(&format!("49{}", random.digits(12)), ""), &["IMEI: {}", "The phone has the IMEI {}."]),
    (
        "password",
        |random| format!("{}!{}", random.text(ALPHANUMERIC, 8), random.digits(2)),
        &["My password is {}", "password: {}"],
    ),
    ("user name", |random| format!("jsmith{}", random.digits(3)), &["username: {}"]),
    ("coordinates", |random| format!("48.{}, 11.{}", random.digits(6), random.digits(6)), &["GPS {}"]),
    ("licence plate", |random| format!("7ABC{}", random.digits(3)), &["license plate {}", "The plate number is {}."]),
];

const FIRST: &[&str] = &["Maria", "James", "Aisha", "Robert", "Elena", "Thomas", "Priya", "Daniel", "Sofia", "Michael"];
const LAST: &[&str] =
    &["Gonzalez", "Müller", "García", "Thornton", "Okafor", "Lindqvist", "Petrova", "Whitaker", "Ramirez", "Kowalski"];

fn name(random: &mut Random) -> String {
    format!("{} {}", random.of(FIRST), random.of(LAST))
}

fn email(random: &mut Random) -> String {
    let (first, last) = (random.of(FIRST).to_lowercase(), random.of(&["gonzalez", "thornton", "o.brien", "van-dyke"]));
    let domain = random.of(&["example.com", "mail.example.org", "clinic.example.net"]);
    format!("{first}.{last}{}@{domain}", random.digits(3))
}

fn phone(random: &mut Random) -> String {
    let n = random.digits(4);
    random
        .of(&["+1 415-555-####", "(212) 555-####", "+44 20 7946 ####", "+49 30 9018####", "312-555-####"])
        .replace("####", &n)
}

fn card(random: &mut Random) -> String {
    let number = with_luhn(&format!("4{}", random.digits(14)), "");
    let parts = [&number[..4], &number[4..8], &number[8..12], &number[12..]];
    parts.join(random.of(&["", " ", "-"]))
}

/// `payload` with its Luhn check digit (ISO/IEC 7812-1), computed as if `prefix`
/// stood in front.
fn with_luhn(payload: &str, prefix: &str) -> String {
    let digits = prefix.bytes().chain(payload.bytes()).rev().map(|digit| u32::from(digit - b'0'));
    let sum: u32 =
        digits.enumerate().map(|(at, digit)| if at % 2 == 0 { digit / 5 + digit * 2 % 10 } else { digit }).sum();
    format!("{payload}{}", (10 - sum % 10) % 10)
}

fn iban(random: &mut Random) -> String {
    let (country, bban) = match random.below(3) {
        0 => ("DE", random.digits(18)),
        1 => ("GB", format!("NWBK{}", random.digits(14))),
        _ => ("NL", format!("ABNA0{}", random.digits(9))),
    };
    // ISO 13616: letters count from 10, the whole modulo 97 must be 1.
    let rearranged = format!("{bban}{country}00");
    let remainder = rearranged.chars().fold(0, |rest: u32, c| match c.to_digit(36) {
        Some(digit) if digit > 9 => (rest * 100 + digit) % 97,
        digit => (rest * 10 + digit.unwrap()) % 97,
    });
    let iban = format!("{country}{:02}{bban}", 98 - remainder);
    let groups: Vec<String> =
        iban.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join(random.of(&["", " "]))
}

fn ssn(random: &mut Random) -> String {
    format!("{}{}-{}-{}", random.of(&["1", "2", "4", "5"]), random.digits(2), random.digits(2), random.digits(4))
}

fn itin(random: &mut Random) -> String {
    format!("9{}-{}-{}", random.digits(2), random.of(&["70", "75", "81", "94"]), random.digits(4))
}

fn ipv4(random: &mut Random) -> String {
    format!(
        "{}.{}.{}.{}",
        random.of(&[81, 94, 138, 188, 203]),
        random.below(250),
        random.below(250),
        random.below(250) + 1
    )
}

fn ipv6(random: &mut Random) -> String {
    format!("2a02:{}:{}::{}", random.digits(4), random.digits(3), random.digits(4))
}

fn url(random: &mut Random) -> String {
    let host = random.of(&["files.northwind-health.com", "intranet.contoso.org", "portal.fabrikam.net"]);
    format!("https://{host}/patients/{}", random.digits(6))
}

fn mac(random: &mut Random) -> String {
    let pairs: Vec<String> = (0..5).map(|_| random.text("0123456789ABCDEF", 2)).collect();
    format!("3C:{}", pairs.join(":"))
}

fn street(random: &mut Random) -> String {
    let street = random.of(&["Maple Street", "Oak Avenue", "Willow Lane", "Cedar Road", "Birch Drive"]);
    format!("{} {street}", random.digits(3))
}

const ALPHANUMERIC: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

fn api_key(random: &mut Random) -> String {
    match random.below(3) {
        0 => format!("AKIA{}", random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
        1 => format!("ghp_{}", random.text(ALPHANUMERIC, 36)),
        _ => format!("sk-proj-{}", random.text(ALPHANUMERIC, 48)),
    }
}

fn jwt(random: &mut Random) -> String {
    let encode = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
    let claims = format!(r#"{{"sub":"{}","iat":1516239022}}"#, random.digits(10));
    format!("{}.{}.{}", encode(r#"{"alg":"HS256","typ":"JWT"}"#), encode(&claims), random.text(ALPHANUMERIC, 43))
}

fn private_key(random: &mut Random) -> String {
    let lines: Vec<String> = (0..3).map(|_| random.text(ALPHANUMERIC, 64)).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", lines.join("\n"))
}

fn crypto(random: &mut Random) -> String {
    match random.below(3) {
        0 => "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2".to_owned(),
        1 => "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq".to_owned(),
        _ => format!("0x{}", random.text("0123456789abcdef", 40)),
    }
}

fn birth(random: &mut Random) -> String {
    let (year, month, day) = (1940 + random.below(60), 1 + random.below(12), 10 + random.below(19));
    match random.below(3) {
        0 => format!("{year}-{month:02}-{day}"),
        1 => format!("{month:02}/{day}/{year}"),
        _ => format!("{day} {} {year}", random.of(&["March", "June", "October", "December"])),
    }
}

fn passport(random: &mut Random) -> String {
    format!("{}{}", random.of(&["C", "X", "K"]), random.digits(8))
}

fn driver(random: &mut Random) -> String {
    format!("{}{}", random.of(&["D", "S", "F"]), random.digits(7))
}

fn medical_record(random: &mut Random) -> String {
    random.digits(8)
}

fn npi(random: &mut Random) -> String {
    // The check digit counts the prefix 80840 (CMS, NPI check digit).
    with_luhn(&format!("1{}", random.digits(8)), "80840")
}

fn routing(random: &mut Random) -> String {
    let payload = format!("0{}{}", random.of(&["2", "3", "6", "7"]), random.digits(6));
    // ABA: the digits weighted 3, 7, 1 add up to a multiple of 10.
    let weighted =
        payload.bytes().zip([3, 7, 1].iter().cycle()).map(|(digit, weight)| u32::from(digit - b'0') * weight);
    format!("{payload}{}", (10 - weighted.sum::<u32>() % 10) % 10)
}
