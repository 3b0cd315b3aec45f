use secrecy::ExposeSecret;

use super::*;
use crate::config::tests::settings;
use crate::config::{Environment, Home, load};

const VKEY: &str = "cordon/acme+12303697+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
const S3: &str = "[audit.s3]\nendpoint = \"http://127.0.0.1:9000\"\nbucket = \"log\"\nregion = \"eu-1\"\n\
                  access_key_env = \"SET\"\nsecret_key_env = \"SET\"\nretain_days = 90\n";

#[test]
fn without_a_word_a_checkpoint_is_made_each_minute_and_kept_here_alone() {
    let audit = settings("").unwrap().audit;
    assert_eq!(
        (audit.origin.as_str(), audit.checkpoint_interval.as_secs(), audit.checkpoint_records),
        ("cordon", 60, 1000)
    );
    assert_eq!((audit.orphan_after.as_secs(), audit.verify_interval.as_secs()), (3600, 300));
    assert_eq!(audit.full_verify_interval.as_secs(), 7 * DAY_S);
    assert!(audit.replica.is_none() && audit.trusted_keys.is_empty() && audit.http.is_none() && audit.s3.is_none());
}

#[test]
fn everything_that_can_be_said_is_resolved() {
    let text = format!(
        "[audit]\norigin = \"logs.example.com/cordon\"\nreplica = \"a-1\"\ntrusted_keys = [\"{VKEY}\"]\n\
         [audit.http]\nurl = \"https://keep.example/notes\"\ntoken_env = \"SET\"\n{S3}prefix = \"cordon\"\n"
    );
    let audit = settings(&text).unwrap().audit;
    assert_eq!((audit.origin.as_str(), audit.trusted_keys[0].to_string().as_str()), ("logs.example.com/cordon", VKEY));
    assert_eq!(audit.http.unwrap().token.unwrap().expose_secret(), "sk-planted");
    let s3 = audit.s3.unwrap();
    assert_eq!((s3.endpoint.as_str(), s3.prefix.as_str(), s3.retain_days), ("http://127.0.0.1:9000/", "cordon/", 90));
    assert!(!format!("{s3:?}").contains("sk-planted"));
}

/// L27
#[test]
fn every_wrong_value_names_file_line_and_key() {
    let cases = [
        ("[audit]\norigin = \"two words\"", "cordon.toml:2: audit.origin: an origin is 1 to 200 printable ASCII"),
        ("[audit]\nreplica = \"a b\"", "cordon.toml:2: audit.replica: must be 1 to 64 letters, digits, -, _ and ."),
        ("[audit]\ncheckpoint_interval_s = 0", "cordon.toml:2: audit.checkpoint_interval_s: must be from 1 to 86400"),
        ("[audit]\ncheckpoint_records = 0", "cordon.toml:2: audit.checkpoint_records: must be from 1 to 1000000"),
        ("[audit]\ntrusted_keys = [\n\"x\"]", "cordon.toml:3: audit.trusted_keys[0]: a public key is ORIGIN/TENANT+"),
        ("[audit]\norphan_after_s = 0", "cordon.toml:2: audit.orphan_after_s: must be from 1 to 31536000"),
        ("[audit]\nverify_interval_s = 0", "cordon.toml:2: audit.verify_interval_s: must be from 1 to 31536000"),
        ("[audit]\nfull_verify_interval_h = 0", "cordon.toml:2: audit.full_verify_interval_h: must be from 1 to 8760"),
        ("[audit]\ninterval = 1", "cordon.toml:2: unknown key \"interval\" in [audit]"),
        ("[audit.http]\nurl = \"keep.example\"", "cordon.toml:2: audit.http.url: must be an http:// or https:// URL"),
        (
            "[audit.http]\nurl = \"https://k.example\"\ntoken_env = \"UNSET\"",
            "cordon.toml:3: audit.http.token_env: the environment variable UNSET is not set",
        ),
    ];
    for (text, expected) in cases {
        let error = settings(text).map(|_| ()).unwrap_err();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    let cases = [
        (
            "bucket = \"log\"",
            "bucket = \"Log\"",
            "cordon.toml:3: audit.s3.bucket: must be 3 to 63 of a-z, 0-9, - and .",
        ),
        ("region = \"eu-1\"", "region = \"eu 1\"", "cordon.toml:4: audit.s3.region: must be letters, digits and -"),
        (
            "secret_key_env = \"SET\"",
            "secret_key_env = \"SPACED\"",
            "cordon.toml:6: audit.s3.secret_key_env: the environ",
        ),
        ("retain_days = 90", "retain_days = 0", "cordon.toml:7: audit.s3.retain_days: must be from 1 to 36500"),
        (
            "retain_days = 90",
            "prefix = \"a b\"\nretain_days = 90",
            "cordon.toml:7: audit.s3.prefix: must be at most 200",
        ),
        (
            "retain_days = 90",
            "prefix = \"a/../b\"\nretain_days = 90",
            "cordon.toml:7: audit.s3.prefix: must be made of",
        ),
        ("retain_days = 90", "", "cordon.toml:1: audit.s3: the key \"retain_days\" is missing"),
    ];
    for (from, to, expected) in cases {
        let error = settings(&S3.replacen(from, to, 1)).map(|_| ()).unwrap_err();
        assert!(error.starts_with(expected), "{to}: {error}");
    }
}

#[test]
fn a_command_runs_without_the_secrets_of_the_sinks() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cordon.toml");
    std::fs::write(&file, S3).unwrap();
    let without = load(Some(&file), Home::at("/home"), &Environment::fixed([]).without_provider_keys()).unwrap();
    assert!(without.audit.s3.is_none());
}
