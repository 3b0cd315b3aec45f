//! What keeps Cordon from starting: it says so, and serves nothing (L27, L28).

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use cordon::store::testing;

use crate::support::{Cordon, Database, Options, PATIENCE};

/// A home with a configuration that Cordon may refuse.
struct Attempt {
    home: PathBuf,
    listen: String,
}

impl Attempt {
    fn new(config: &str) -> Attempt {
        let home = testing::fresh_home();
        fs::create_dir(home.join("policies")).unwrap();
        fs::write(home.join("cordon.toml"), config).unwrap();
        let attempt = Attempt { home, listen: "127.0.0.1:0".into() };
        attempt.policy("default", "description = \"All that is usual\"\n");
        attempt
    }

    fn policy(&self, name: &str, text: &str) {
        fs::write(self.home.join("policies").join(format!("{name}.toml")), text).unwrap();
    }

    /// Links to the assets one by one, so that some can be other ones.
    fn own_assets(&self) -> PathBuf {
        let assets = self.home.join("assets");
        let all = assets.canonicalize().unwrap();
        fs::remove_file(&assets).unwrap();
        link_each(&all, &assets);
        assets
    }

    /// Asserts that `cordon serve` ends with exit code 2 and says all of `words`.
    async fn assert_refused(self, words: &[&str]) {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_cordon"));
        command.args(["serve", "--listen", &self.listen]).env_remove("RUST_LOG").env("CORDON_HOME", &self.home);
        command.env("CORDON_CONFIG", self.home.join("cordon.toml")).env("DATABASE_URL", "postgres://x@127.0.0.1:1/x");
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await.unwrap().unwrap();
        assert_says(&output, words);
        fs::remove_dir_all(&self.home).unwrap();
    }
}

fn assert_says(output: &std::process::Output, words: &[&str]) {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(!said.contains("serving"), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
}

fn link_each(all: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(all).unwrap().flatten() {
        symlink(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test]
async fn a_configuration_with_a_mistake_is_refused_by_file_line_and_key() {
    let provider = "[[provider]]\nname = \"remote\"\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:1/v1\"\n";
    let cases: Vec<(String, Vec<&str>)> = vec![
        ("[server]\nconcurency = 4\n".into(), vec!["cordon.toml:2", "concurency", "concurrency"]),
        ("fail_open = true\n".into(), vec!["cordon.toml:1", "fail_open"]),
        ("[audit]\nenabled = false\n".into(), vec!["cordon.toml:2", "enabled", "audit"]),
        ("[server]\nconcurrency = \"many\"\n".into(), vec!["cordon.toml:2", "concurrency"]),
        ("[server]\nconcurrency = 0\n".into(), vec!["cordon.toml:2", "concurrency"]),
        ("listen = \n".into(), vec!["cordon.toml:1"]),
        (format!("{provider}key_env = \"NO_SUCH_VARIABLE\"\n"), vec!["cordon.toml:5", "NO_SUCH_VARIABLE"]),
        (
            format!("{provider}[[model]]\nname = \"m\"\ntargets = [{{ provider = \"remoet\", model = \"m\" }}]\n"),
            vec!["cordon.toml:7", "remoet", "remote"],
        ),
        ("[[tenant]]\nname = \"acme\"\npolicy = \"missing\"\n".into(), vec!["missing.toml", "acme"]),
    ];
    for (config, words) in cases {
        Attempt::new(&config).assert_refused(&words).await;
    }
}

#[tokio::test]
async fn a_policy_with_a_mistake_is_refused_by_file_line_and_key() {
    let cases: [(&str, &[&str]); 6] = [
        ("[actions\n", &["broken.toml:1"]),
        ("fail_open = true\n", &["broken.toml:1", "fail_open"]),
        ("[actions]\nEMAIL_ADRESS = \"redact\"\n", &["broken.toml:2", "EMAIL_ADRESS", "EMAIL_ADDRESS"]),
        ("[actions]\nPERSON = \"redcat\"\n", &["broken.toml:2", "PERSON", "redact"]),
        ("[routing]\nproviders = [\"nowhere\"]\n", &["broken.toml:2", "nowhere"]),
        ("extends = \"nothing\"\n", &["broken.toml:1", "nothing"]),
    ];
    for (policy, words) in cases {
        let attempt = Attempt::new("");
        attempt.policy("broken", policy);
        attempt.assert_refused(words).await;
    }
}

/// L28: the banner must not say "protected" while a part is missing.
#[tokio::test]
async fn a_part_that_is_missing_is_refused_with_what_to_do() {
    for part in ["rampart", "onnxruntime", "smollm2"] {
        let attempt = Attempt::new("");
        fs::remove_file(attempt.own_assets().join(part)).unwrap();
        attempt.assert_refused(&[part, "make setup"]).await;
    }
    let attempt = Attempt::new("");
    let runtime = attempt.own_assets().join("onnxruntime");
    fs::remove_file(&runtime).unwrap();
    fs::create_dir(&runtime).unwrap();
    fs::write(runtime.join("libonnxruntime.so"), "not a library").unwrap();
    attempt.assert_refused(&["libonnxruntime.so", "SHA-256"]).await;
}

/// L29: a model that was swapped does not look for anybody's data.
#[tokio::test]
async fn a_model_that_is_not_the_pinned_one_is_refused() {
    let other = "0".repeat(64);
    for section in ["ner", "local"] {
        let config = format!("[{section}]\nmodel_sha256 = \"{other}\"\n");
        Attempt::new(&config).assert_refused(&["SHA-256", &other]).await;
    }
    let attempt = Attempt::new("");
    let assets = attempt.own_assets();
    let pinned = assets.join("rampart").canonicalize().unwrap();
    fs::remove_file(assets.join("rampart")).unwrap();
    link_each(&pinned, &assets.join("rampart"));
    fs::remove_file(assets.join("rampart/onnx")).unwrap();
    fs::create_dir(assets.join("rampart/onnx")).unwrap();
    let mut weights = fs::read(pinned.join("onnx/model_q4.onnx")).unwrap();
    *weights.last_mut().unwrap() ^= 1;
    fs::write(assets.join("rampart/onnx/model_q4.onnx"), weights).unwrap();
    attempt.assert_refused(&["model_q4.onnx", "SHA-256"]).await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_refused_with_what_to_do() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let attempt = Attempt { listen: listen.clone(), ..Attempt::new("") };
    attempt.assert_refused(&[&listen, "--listen"]).await;
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_refused() {
    Attempt::new("").assert_refused(&["127.0.0.1, port 1", "DATABASE_URL", "connection refused"]).await;
}

#[tokio::test]
async fn a_second_cordon_on_the_same_home_is_refused() {
    let cordon = Cordon::start(Options { database: Database::Embedded, ..Options::default() }).await;
    let caller = cordon.caller("default").await;
    let second = cordon.cli(&["serve", "--listen", "127.0.0.1:0"]).await;
    let holder = format!("pid {}", cordon.pid());
    assert_says(&second, &["another cordon", &holder, "another home"]);
    assert_eq!(caller.get("/readyz").await.status, 200);
}
