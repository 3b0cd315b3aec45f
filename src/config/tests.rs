use std::path::PathBuf;

use super::*;
use crate::tenant::TenantId;

pub(super) fn settings(text: &str) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cordon.toml");
    std::fs::write(&file, text).unwrap();
    let environment = Environment::fixed([("SET", "sk-planted"), ("SPACED", "sk planted\n"), ("EMPTY", "")]);
    load(Some(&file), Home::at("/home"), &environment)
        .map_err(|problems| problems.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

#[test]
fn without_a_file_the_embedded_model_answers_on_loopback() {
    let settings = load(None, Home::at("/home"), &Environment::fixed([])).unwrap();
    assert_eq!(settings.listen, ([127, 0, 0, 1], 8080).into());
    assert_eq!(settings.server.body_size_max_bytes, 10 * 1024 * 1024);
    assert_eq!(settings.policies, PathBuf::from("policies"));
    assert!(settings.database.url.is_none());
    assert!(
        settings.ner.models[0].sha256.is_some() && settings.local.unwrap().sha256.is_some(),
        "the pinned files are checked"
    );
    let names: Vec<&str> = settings.targets.models().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["embedded", "smollm2-135m-instruct"]);
    assert!(settings.targets.models().all(|model| model.targets[0].provider.is_embedded()));
}

#[test]
fn the_sample_file_is_valid_and_says_the_defaults() {
    let text = include_str!("../../cordon.toml");
    let sample = settings(text).unwrap();
    let defaults = settings("").unwrap();
    assert_eq!(sample.server, defaults.server);
    let uncommented: String = text
        .lines()
        .map(|line| {
            line.strip_prefix("# ").filter(|rest| rest.starts_with('[') || rest.contains(" = ")).unwrap_or(line)
        })
        .filter(|line| !line.contains("a key that") && !line.contains("sha256") && !line.starts_with("the form"))
        .map(|line| format!("{line}\n"))
        .collect();
    let uncommented = uncommented
        .replace("AZURE_OPENAI_API_KEY", "SET")
        .replace("OPENAI_API_KEY", "SET")
        .replace("GEMINI_API_KEY", "SET")
        .replace("ANTHROPIC_API_KEY", "SET")
        .replace("CHECKPOINT_TOKEN", "SET")
        .replace("CHECKPOINT_S3_ACCESS_KEY", "SET")
        .replace("CHECKPOINT_S3_SECRET_KEY", "SET")
        .replace("url_env = \"DATABASE_URL\"", "url_env = \"SET\"");
    let all = settings(&uncommented).unwrap();
    assert_eq!(all.server.concurrency, defaults.server.concurrency);
    assert_eq!(all.ner.queue_len_max, defaults.ner.queue_len_max);
    assert_eq!(
        (all.ner.deadline, all.ner.cache_segments_max),
        (defaults.ner.deadline, defaults.ner.cache_segments_max)
    );
    let of = |settings: &Settings| {
        let local = settings.local.clone().unwrap();
        (local.slots, local.queue_len_max, local.context_tokens, local.max_tokens_default, local.deadline)
    };
    assert_eq!(of(&all), of(&defaults));
    let of = |settings: &Settings| {
        let audit = settings.audit.clone();
        (audit.origin, audit.checkpoint_interval, audit.checkpoint_records, audit.orphan_after, audit.verify_interval)
    };
    assert_eq!(of(&all), of(&defaults));
    assert_eq!(all.audit.full_verify_interval, defaults.audit.full_verify_interval);
    assert_eq!(all.targets.model("gpt-4o-mini").unwrap().targets[0].provider.region.as_deref(), Some("us"));
    assert_eq!(all.tenants[&TenantId::parse("radiology").unwrap()], "hipaa");
}

#[test]
fn a_second_model_shares_what_is_said_of_the_first_but_its_files_and_labels() {
    let text = "[ner]\nworkers = 3\nlabels = { MISC = \"ignore\" }\n[ner.second]\nmodel = \"models/drugs\"\nlabels = { DRUG = \"CUSTOM:DRUG\" }";
    let ner = settings(text).unwrap().ner;
    let [first, second] = &ner.models[..] else { panic!("two models") };
    assert_eq!(ner.workers, 3);
    assert_eq!(first.labels["MISC"], "ignore");
    assert!(second.dir.ends_with("models/drugs") && second.dir.is_absolute(), "beside the file");
    assert_eq!((second.sha256.as_deref(), second.labels["DRUG"].as_str()), (None, "CUSTOM:DRUG"));
}

const PROVIDER: &str = "[[provider]]\nname = \"p\"\nkind = \"openai\"\nbase_url = \"https://a.example/v1\"\n";

/// L27
#[test]
fn every_wrong_value_names_file_line_and_key() {
    let cases = [
        ("listen = \"8080\"", "cordon.toml:1: listen: must be an address and a port, such as \"127.0.0.1:8080\""),
        ("[server]\nworkers = 0", "cordon.toml:2: server.workers: must be from 1 to 1024"),
        (
            "[database]\nurl_env = \"UNSET\"",
            "cordon.toml:2: database.url_env: the environment variable UNSET is not set",
        ),
        (
            "[ner]\ndevice = \"gpu\"",
            "cordon.toml:2: ner.device: must be \"auto\", \"cpu\" or \"cuda:N\" with the device's number",
        ),
        (
            "[ner.labels]\nGIVEN = \"PERSN\"",
            "cordon.toml:2: ner.labels.GIVEN: there is no label \"PERSN\"; did you mean \"PERSON\"?",
        ),
        ("[ner]\nmodel_sha256 = \"abc\"", "cordon.toml:2: ner.model_sha256: must be 64 hexadecimal digits"),
        ("[ner.second]\nlabels = {}", "cordon.toml:1: ner.second: the key \"model\" is missing"),
        ("[ner.second]\nmodel = \"m\"\nworkers = 2", "cordon.toml:3: unknown key \"workers\" in [ner.second]"),
        (
            "[ner.second]\nmodel = \"m\"\n[ner.second.labels]\nDRUG = \"DRUGS\"",
            "cordon.toml:4: ner.second.labels.DRUG: there is no label \"DRUGS\"",
        ),
        (
            "[local]\nmodel = \"off\"\n[[provider]]\nname = \"e\"\nkind = \"embedded\"",
            "cordon.toml:5: provider[0].kind: the embedded model is off; remove `model = \"off\"` from [local]",
        ),
        (
            "[[provider]]\nname = \"p\"\nkind = \"openai\"",
            "cordon.toml:1: provider[0].base_url: is missing; such as \"https://api.openai.com/v1\"",
        ),
        (
            "[[provider]]\nname = \"p\"\nkind = \"opnai\"",
            "cordon.toml:3: provider[0].kind: \"opnai\" is none of openai, anthropic, azure, embedded; did you mean \"openai\"?",
        ),
        (
            "[[tenant]]\nname = \"A B\"\npolicy = \"x\"",
            "cordon.toml:2: tenant[0].name: a tenant is named by 1 to 63 of a-z, 0-9, - and _, starting with a letter or digit",
        ),
        (
            "[[model]]\nname = \"m\"\ntargets = [{ provider = \"embeded\", model = \"x\" }]",
            "cordon.toml:3: model[0].targets[0].provider: there is no provider \"embeded\"; did you mean \"embedded\"?",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(settings(text).map(|_| ()), Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn every_wrong_provider_is_an_error_at_start() {
    let cases = [
        ("key_env = \"UNSET\"", "cordon.toml:5: provider[0].key_env: the environment variable UNSET is not set"),
        ("key_env = \"EMPTY\"", "cordon.toml:5: provider[0].key_env: the environment variable EMPTY is not set"),
        ("key_env = \"SPACED\"", "cordon.toml:5: provider[0].key_env: "),
        (
            "headers = { Authorization = \"x\" }",
            "cordon.toml:5: provider[0].headers.Authorization: is set by Cordon itself",
        ),
        ("headers = { \"a b\" = \"x\" }", "cordon.toml:5: provider[0].headers.a b: is no header name"),
        ("idle_timeout_ms = 0", "cordon.toml:5: provider[0].idle_timeout_ms: must be from 1 to 86400000"),
        ("proxy = \"socks\"", "cordon.toml:5: provider[0].proxy: must be an http:// or https:// URL"),
        (PROVIDER, "cordon.toml:6: provider[1].name: the provider \"p\" is there twice"),
    ];
    for (line, expected) in cases {
        let error = settings(&format!("{PROVIDER}{line}")).map(|_| ()).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains("planted"));
    }
    for url in ["ftp://a.example", "https://user:pw@a.example/v1", "https://a.example/v1?key=1", "a.example"] {
        let error = settings(&PROVIDER.replace("https://a.example/v1", url)).map(|_| ()).unwrap_err();
        assert!(error.starts_with("cordon.toml:4: provider[0].base_url: must"), "{error}");
    }
}

/// L27: a key that a kind of provider does not look at is no setting.
#[test]
fn each_kind_of_provider_takes_its_own_keys_only() {
    let cases = [
        (
            "kind = \"anthropic\"",
            "cordon.toml:1: provider[0].base_url: is missing; such as \"https://api.anthropic.com/v1\"",
        ),
        (
            "kind = \"anthropic\"\nbase_url = \"https://a.example\"\napis = [\"chat\"]",
            "cordon.toml:5: provider[0].apis: has no meaning for a provider of this kind",
        ),
        (
            "kind = \"anthropic\"\nbase_url = \"https://a.example\"\nheaders = { X-Api-Key = \"k\" }",
            "cordon.toml:5: provider[0].headers.X-Api-Key: is set by Cordon itself",
        ),
        (
            "kind = \"openai\"\nbase_url = \"https://a.example\"\napi_version = \"2024-10-21\"",
            "cordon.toml:5: provider[0].api_version: has no meaning for a provider of this kind",
        ),
        (
            "kind = \"azure\"\nbase_url = \"https://a.example\"\napi_version = \"v1\"",
            "cordon.toml:5: provider[0].api_version: must be a date, such as \"2024-10-21\"",
        ),
        (
            "kind = \"azure\"\nbase_url = \"https://a.example/openai/v1\"",
            "cordon.toml:4: provider[0].base_url: must end in front of /openai; Cordon adds that",
        ),
        (
            "kind = \"openai\"\nbase_url = \"https://a.example\"\napis = []",
            "cordon.toml:5: provider[0].apis: must name at least one",
        ),
        (
            "kind = \"openai\"\nbase_url = \"https://a.example\"\napis = [\"chat\", \"response\"]",
            "cordon.toml:5: provider[0].apis[1]: \"response\" is none of chat, completions, responses, embeddings; \
             did you mean \"responses\"?",
        ),
        (
            "kind = \"embedded\"\nproxy = \"http://a.example\"",
            "cordon.toml:4: provider[0].proxy: has no meaning for a provider of this kind",
        ),
        (
            "kind = \"openai\"\nbase_url = \"https://a.example\"\nbase_uri = \"x\"",
            "cordon.toml:5: unknown key \"base_uri\" in [[provider]]; did you mean \"base_url\"?",
        ),
    ];
    for (section, expected) in cases {
        let error = settings(&format!("[[provider]]\nname = \"p\"\n{section}")).map(|_| ()).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_provider_speaks_the_apis_of_its_kind_that_it_is_said_to_have() {
    let speaks_chat = |section: &str| {
        let settings = settings(&format!("[[provider]]\nname = \"p\"\n{section}")).unwrap();
        settings.targets.provider("p").unwrap().speaks(&crate::dialect::chat::CHAT)
    };
    assert!(speaks_chat("kind = \"openai\"\nbase_url = \"https://a.example/v1\""));
    assert!(speaks_chat("kind = \"azure\"\nbase_url = \"https://a.example\""));
    assert!(speaks_chat("kind = \"embedded\""));
    assert!(!speaks_chat("kind = \"anthropic\"\nbase_url = \"https://a.example/v1\""));
    assert!(!speaks_chat("kind = \"openai\"\nbase_url = \"https://a.example/v1\"\napis = [\"responses\"]"));
}

#[test]
fn a_command_that_talks_to_no_provider_needs_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cordon.toml");
    std::fs::write(&file, format!("{PROVIDER}key_env = \"UNSET\"")).unwrap();
    let environment = Environment::fixed([]).without_provider_keys();
    let settings = load(Some(&file), Home::at("/home"), &environment).unwrap();
    assert!(settings.targets.provider("p").is_some());
}

#[test]
fn all_problems_are_said_at_once() {
    let error = settings("listen = \"x\"\n[server]\nworkers = 0\nconcurrency = 0").map(|_| ()).unwrap_err();
    assert_eq!(error.lines().count(), 3, "{error}");
}

/// L41
#[test]
fn a_key_is_shown_by_no_debug_output() {
    let settings = settings(&format!("{PROVIDER}key_env = \"SET\"\n[database]\nurl_env = \"SET\"")).unwrap();
    assert!(!format!("{settings:?}").contains("planted"));
}
