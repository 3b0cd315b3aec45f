use serde::Deserialize;

use super::*;

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only parsing matters")]
struct File {
    listen: Option<String>,
    server: Option<Server>,
    #[serde(default)]
    item: Vec<Item>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only parsing matters")]
struct Server {
    workers: Option<u64>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only parsing matters")]
struct Item {
    name: String,
    kind: Kind,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Cat,
    Dog,
}

fn message(text: &str) -> String {
    Document::new("a.toml", text).parse::<File>().unwrap_err().to_string()
}

/// L27
#[test]
fn every_error_names_file_line_and_key() {
    let cases = [
        ("listn = \"x\"", "a.toml:1: unknown key \"listn\" at the top of the file; did you mean \"listen\"?"),
        ("\n[server]\nworker = 2", "a.toml:3: unknown key \"worker\" in [server]; did you mean \"workers\"?"),
        ("\n[server]\nzebra = 2", "a.toml:3: unknown key \"zebra\" in [server]"),
        ("[sever]\nworkers = 2", "a.toml:1: unknown key \"sever\" at the top of the file; did you mean \"server\"?"),
        (
            "[[item]]\nname = \"a\"\nkind = \"cat\"\n[[item]]\nname = \"b\"\nkind = \"dgo\"",
            "a.toml:6: item[1].kind: \"dgo\" is none of cat, dog; did you mean \"dog\"?",
        ),
        ("[[item]]\nname = \"a\"\nkind = \"cat\"\nsize = 1", "a.toml:4: unknown key \"size\" in [[item]]"),
        ("[server]\nworkers = \"Maria\"", "a.toml:2: server.workers: found a value of type string, expected u64"),
        ("[server]\nworkers = -1", "a.toml:2: server.workers: found a value of type integer, expected u64"),
    ];
    for (text, expected) in cases {
        assert_eq!(message(text), expected, "{text}");
    }
    assert!(message("[[item]]\nkind = \"cat\"").ends_with("the key \"name\" is missing"));
    assert!(message("a = 1\na = 2").starts_with("a.toml:2: "), "{}", message("a = 1\na = 2"));
    assert!(message("[server\n").starts_with("a.toml:1: "));
}

/// L41
#[test]
fn no_error_repeats_a_value_of_the_file() {
    for text in ["listen = [\"Maria\"]", "listen = 5\nserver = \"Maria\"", "[server]\nworkers = [\"Maria\", \"Ana\"]"] {
        assert!(!message(text).contains("Maria"), "{}", message(text));
    }
}

#[test]
fn an_error_about_a_value_finds_its_line() {
    let document = Document::new(
        "a.toml",
        "x = 1\n[[item]]\nname = \"a\"\n[[item]]\nname = \"b\"\nlist = [\n \"p\",\n \"q\",\n]\n",
    );
    let item = KeyPath::new("item").index(1);
    assert_eq!(document.error(&item.key("name"), "bad").to_string(), "a.toml:5: item[1].name: bad");
    assert_eq!(document.error(&item.key("list").index(1), "bad").to_string(), "a.toml:8: item[1].list[1]: bad");
    assert_eq!(
        document.error(&item.key("absent"), "bad").line,
        Some(4),
        "the table stands for a key that is not there"
    );
    assert_eq!(document.error(&KeyPath::new("absent"), "bad").to_string(), "a.toml: absent: bad");
}
