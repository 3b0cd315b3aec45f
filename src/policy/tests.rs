use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::config::{Environment, Home, Settings, load};
use crate::scrub::Style;
use crate::tenant::TenantId;

mod own;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) {
        let file = self.0.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    fn check(&self, name: &str) -> Result<Policy, String> {
        let problems = |problems: crate::config::Problems| self.without_folder(&problems.to_string());
        check_file(&self.0.path().join(name)).map_err(problems)
    }

    fn settings(&self, config: &str) -> Settings {
        self.write("etc/cordon.toml", &format!("policies = {:?}\n{config}", self.0.path()));
        load(Some(&self.0.path().join("etc/cordon.toml")), Home::at("/home"), &Environment::fixed([])).unwrap()
    }

    fn set(&self, config: &str) -> Result<PolicySet, String> {
        PolicySet::load(&self.settings(config)).map_err(|problems| self.without_folder(&problems.to_string()))
    }

    fn without_folder(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

#[test]
fn the_ready_policies_compile_and_look_for_what_they_promise() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let ready =
        |name: &str| check_file(&folder.join(format!("{name}.toml"))).unwrap_or_else(|problems| panic!("{problems}"));
    let everyday = [Label::DATE_TIME, Label::AGE, Label::ORGANIZATION, Label::NRP, Label::LOCATION];

    let default = ready("default");
    assert!(Label::CATALOGUE.iter().all(|label| default.enabled().contains(label) != everyday.contains(label)));
    assert!(Label::CATALOGUE.iter().all(|label| default.action(*label) == Action::Redact));
    for name in ["strict", "hipaa"] {
        assert!(Label::CATALOGUE.iter().all(|label| ready(name).enabled().contains(label)), "{name}");
    }
    assert_eq!(ready("pci").action(Label::CREDIT_CARD), Action::Mask);
    assert_eq!(ready("gdpr").action(Label::NRP), Action::Mask);
    assert!(!ready("gdpr").enabled().contains(&Label::ORGANIZATION));
    for file in policy_files(&folder).unwrap() {
        assert_eq!(check_file(&file).unwrap().content, Content::default(), "what cannot be scanned is refused");
    }
}

#[test]
fn an_empty_policy_is_the_default_one() {
    let folder = Folder::new();
    folder.write("acme.toml", "");
    let policy = folder.check("acme.toml").unwrap();
    assert_eq!(policy.id, "acme");
    assert_eq!(policy.hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(policy.action(Label::PERSON), Action::Redact);
    assert_eq!(policy.first_pass, FirstPassSpec { mode: FirstPass::Off, model: "embedded".into(), max_tokens: 256 });
    assert!(policy.explain_tokens);
    assert_eq!(policy.tokens, TokenStyle::default());
}

#[test]
fn a_policy_may_ask_for_surrogates_and_one_that_extends_it_for_tokens_again() {
    let folder = Folder::new();
    folder.write("base.toml", "[tokens]\nstyle = \"surrogate\"\n");
    folder.write("same.toml", "extends = \"base\"\n");
    folder.write("back.toml", "extends = \"base\"\n[tokens]\nstyle = \"token\"\n");
    let style = |name: &str| folder.check(name).unwrap().tokens.style();
    assert_eq!(
        [style("base.toml"), style("same.toml"), style("back.toml")],
        [Style::Surrogate, Style::Surrogate, Style::Token]
    );
}

/// L27
#[test]
fn every_mistake_names_file_line_and_key() {
    let cases = [
        ("\nallw = 1", "a.toml:2: unknown key \"allw\" at the top of the file; did you mean \"allow\"?"),
        (
            "[actions]\nPERSN = \"mask\"",
            "a.toml:2: actions.PERSN: there is no label \"PERSN\"; did you mean \"PERSON\"?",
        ),
        (
            "[actions]\nPERSON = \"masked\"",
            "a.toml:2: actions.PERSON: \"masked\" is none of allow, redact, mask, local_only, block; did you mean \"mask\"?",
        ),
        (
            "[detect]\noff = [\n\"PERSON\",\n\"AGES\"]",
            "a.toml:4: detect.off[1]: there is no label \"AGES\"; did you mean \"AGE\"?",
        ),
        ("[detect]\non = [\"AGE\"]\noff = [\"AGE\"]", "a.toml:2: detect.on[0]: \"AGE\" is switched both on and off"),
        (
            "[actions]\nAGE = \"block\"\n[detect]\noff = [\"AGE\"]",
            "a.toml:4: detect.off[0]: \"AGE\" is switched off here but has",
        ),
        ("[tokens]\nstyle = \"fake\"", "a.toml:2: tokens.style: \"fake\" is none of token, surrogate"),
        ("[detect.thresholds]\nPERSON = 1.5", "a.toml:2: detect.thresholds.PERSON: must be from 0 to 1"),
        ("[detect.thresholds]\nPERSON = nan", "a.toml:2: detect.thresholds.PERSON: must be from 0 to 1"),
        ("[allow]\npatterns = [\"(\"]", "a.toml:2: allow.patterns[0]: is not a regular expression"),
        (
            "[[list]]\nlabel = \"CUSTOM:lower\"\nterms = [\"x\"]",
            "a.toml:2: list[0].label: there is no label \"CUSTOM:lower\"",
        ),
        ("[[list]]\nlabel = \"CUSTOM:A\"", "a.toml:1: list[0].terms: holds no terms"),
        ("[[list]]\nlabel = \"CUSTOM:A\"\nterms = [\"x\",\n\" \"]", "a.toml:4: list[0].terms[1]: holds an empty term"),
        ("[allow]\nfile = \"gone.txt\"", "a.toml:2: allow.file: cannot read gone.txt"),
        (
            "[allow.labels.PERSN]\nterms = [\"x\"]",
            "a.toml:1: allow.labels.PERSN: there is no label \"PERSN\"; did you mean \"PERSON\"?",
        ),
        (
            "[allow.labels.PERSON]\npatterns = [\"x*\"]",
            "a.toml:2: allow.labels.PERSON.patterns[0]: matches the empty text",
        ),
        ("[allow.labels.PERSON]\nlists = []", "a.toml:2: unknown key \"lists\" in [allow.labels.PERSON]"),
        ("[[list]]\nlabel = \"CUSTOM:A\"\nfile = \"gone.txt\"", "a.toml:3: list[0].file: cannot read gone.txt"),
        ("languages = [\"english\"]", "a.toml:1: languages[0]: must be a two-letter code of ISO 639-1 such as \"en\""),
        ("languages = [\n\"de\",\n\"ge\"]", "a.toml:3: languages[1]: must be a two-letter code of ISO 639-1"),
        ("[first_pass]\nmode = \"screen\"", "a.toml:2: first_pass.mode: \"screen\" is not available yet"),
        ("[first_pass]\nmode = \"fallback\"", "a.toml:2: first_pass.mode: \"fallback\" is not available yet"),
        ("[first_pass]\nmax_tokens = 0", "a.toml:2: first_pass.max_tokens: must be from 1 to 8192"),
        ("purposes = [\"claims\",\n\"Claims\"]", "a.toml:2: purposes[1]: must be 1 to 63 of a-z, 0-9, - and _"),
        ("purposes = [\"\"]", "a.toml:1: purposes[0]: must be 1 to 63"),
        ("purposes = [\"claims\",\n\"claims\"]", "a.toml:2: purposes[1]: \"claims\" is named twice"),
        ("extends = \"gone\"", "a.toml:1: extends: cannot use \"gone\""),
        ("extends = \"../a\"", "a.toml:1: extends: must be a policy's name"),
        ("[content]\nimages = \"ignore\"", "a.toml:2: content.images: \"ignore\" is none of refuse, pass"),
    ];
    for (text, expected) in cases {
        let folder = Folder::new();
        folder.write("a.toml", text);
        let error = folder.check("a.toml").map(|_| ()).unwrap_err();
        assert!(error.starts_with(expected), "{text}\n{error}");
    }
}

#[test]
fn a_policy_takes_over_what_it_does_not_say_from_the_one_it_extends() {
    let folder = Folder::new();
    folder.write(
        "base.toml",
        "default_action = \"mask\"\n[actions]\nPERSON = \"block\"\nURL = \"allow\"\n[detect]\non = [\"AGE\"]",
    );
    folder.write(
        "own.toml",
        "extends = \"base\"\n[actions]\nURL = \"mask\"\n[[list]]\nlabel = \"CUSTOM:A\"\nfile = \"terms/a.txt\"",
    );
    folder.write("terms/a.txt", "# projects\nFalcon\n");
    folder.write("deep.toml", "extends = \"own\"");
    let own = folder.check("own.toml").unwrap();
    assert_eq!(own.action(Label::PERSON), Action::Block);
    assert_eq!(own.action(Label::URL), Action::Mask);
    assert_eq!(own.action(Label::EMAIL_ADDRESS), Action::Mask);
    assert!(own.enabled().contains(&Label::AGE) && own.enabled().contains(&Label::parse("CUSTOM:A").unwrap()));
    assert!(folder.check("deep.toml").map(|_| ()).unwrap_err().contains("only one step"));
    for (changed, text) in [("base.toml", "[actions]\nPERSON = \"mask\""), ("terms/a.txt", "Eagle")] {
        let before = folder.check("own.toml").unwrap().hash;
        folder.write(changed, text);
        assert_ne!(folder.check("own.toml").unwrap().hash, before, "{changed} is part of the policy");
    }
}

#[test]
fn a_policy_that_names_what_is_not_configured_is_an_error_at_start() {
    let cases = [
        (
            "[routing]\nproviders = [\"opnai\"]",
            "",
            "a.toml:2: routing.providers: there is no provider \"opnai\"; did you mean \"openai\"?",
        ),
        ("[routing]\nregions = [\"mars\"]", "", "a.toml:2: routing.regions: no provider declares the region \"mars\""),
        (
            "[first_pass]\nmode = \"draft\"\nmodel = \"gpt\"",
            "",
            "a.toml:3: first_pass.model: \"gpt\" is not the embedded model",
        ),
        (
            "[first_pass]\nmode = \"draft\"\nmodel = \"gone\"",
            "",
            "a.toml:3: first_pass.model: needs the local model \"gone\"",
        ),
        (
            "[actions]\nPERSON = \"local_only\"",
            "[local]\nmodel = \"off\"\n",
            "a.toml:1: actions: needs the local model \"embedded\"",
        ),
    ];
    let provider = "[[provider]]\nname = \"openai\"\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\nregion = \"eu\"\n\
                    [[model]]\nname = \"gpt\"\ntargets = [{ provider = \"openai\", model = \"gpt\" }]\n";
    for (policy, config, expected) in cases {
        let folder = Folder::new();
        folder.write("a.toml", policy);
        let error = folder.set(&format!("{config}{provider}")).map(|_| ()).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
    let folder = Folder::new();
    let error = folder.set("[[tenant]]\nname = \"t\"\npolicy = \"gone\"\n").map(|_| ()).unwrap_err();
    assert_eq!(error, "gone.toml: is missing; the tenant \"t\" needs it");
}

/// L30
#[test]
fn only_targets_that_the_policy_names_are_allowed() {
    let folder = Folder::new();
    folder.write("eu.toml", "[routing]\nregions = [\"eu\"]");
    folder.write("one.toml", "[routing]\nproviders = [\"east\"]");
    folder.write("none.toml", "[routing]\nproviders = []");
    let provider = |name: &str, region: &str| {
        format!(
            "[[provider]]\nname = \"{name}\"\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\n{region}\n[[model]]\nname = \"{name}\"\ntargets = [{{ provider = \"{name}\", model = \"m\" }}]\n"
        )
    };
    let config = provider("east", "region = \"eu\"") + &provider("west", "region = \"us\"") + &provider("nowhere", "");
    let settings = folder.settings(&config);
    let set = PolicySet::load(&settings).unwrap();
    let allowed = |policy: &str| -> Vec<&str> {
        let policy = set.get(&tenant(policy)).unwrap();
        let models = settings.targets.models().filter(|model| policy.allows(&model.targets[0].provider));
        models.map(|model| model.name.as_str()).collect()
    };
    assert_eq!(allowed("eu"), ["east", "embedded", "smollm2-135m-instruct"]);
    assert_eq!(allowed("one"), ["east", "embedded", "smollm2-135m-instruct"]);
    assert_eq!(allowed("none"), ["embedded", "smollm2-135m-instruct"]);
}

#[test]
fn a_tenant_without_a_policy_is_refused() {
    let folder = Folder::new();
    folder.write("a.toml", "");
    let set = folder.set("[[tenant]]\nname = \"ward\"\npolicy = \"a\"\n").unwrap();
    assert_eq!(set.get(&tenant("ward")).unwrap().id, "a");
    assert_eq!(set.get(&tenant("stranger")).map(|_| ()).unwrap_err().tenant, tenant("stranger"));
}

#[test]
fn a_broken_new_version_keeps_the_old_one_and_says_so() {
    let folder = Folder::new();
    folder.write("a.toml", "[actions]\nPERSON = \"block\"");
    folder.write("b.toml", "");
    let set = folder.set("").unwrap();
    let first = set.get(&tenant("a")).unwrap();

    folder.write("a.toml", "[actions]\nPERSON = \"blok\"");
    set.reload();
    assert!(Arc::ptr_eq(&set.get(&tenant("a")).unwrap(), &first));
    assert!(!set.is_whole());
    let state = set.states().remove(0);
    assert_eq!(state.hash.as_ref(), Some(&first.hash));
    assert!(state.problems.unwrap().contains("a.toml:2: actions.PERSON"));

    folder.write("a.toml", "[actions]\nPERSON = \"mask\"");
    set.reload();
    assert_eq!(set.get(&tenant("a")).unwrap().action(Label::PERSON), Action::Mask);
    assert!(set.is_whole());

    std::fs::remove_file(folder.0.path().join("a.toml")).unwrap();
    folder.write("c.toml", "nonsense");
    set.reload();
    assert!(set.get(&tenant("a")).is_err() && set.get(&tenant("c")).is_err());
    assert!(set.get(&tenant("b")).is_ok());
}

/// Each version that came into force is told, also one that is gone a moment later.
#[test]
fn a_follower_is_told_of_every_change_that_holds() {
    let folder = Folder::new();
    folder.write("a.toml", "");
    let set = folder.set("").unwrap();
    let (before, mut changes) = set.follow();
    let mut held = vec![before.hash("a").map(str::to_owned)];
    for text in ["default_action = \"mask\"", "default_action = \"maks\"", "default_action = \"block\""] {
        folder.write("a.toml", text);
        set.reload();
        set.reload();
    }
    std::fs::remove_file(folder.0.path().join("a.toml")).unwrap();
    set.reload();
    while let Ok(in_force) = changes.try_recv() {
        held.push(in_force.hash("a").map(str::to_owned));
    }
    assert_eq!(held.len(), 4, "one that is broken or the same is no change: {held:?}");
    assert!(held[..3].iter().all(Option::is_some) && held[3].is_none(), "{held:?}");
    assert!(held[0] != held[1] && held[1] != held[2]);
}

#[test]
fn a_saved_policy_comes_into_force_by_itself() {
    let folder = Folder::new();
    folder.write("a.toml", "");
    let set = Arc::new(folder.set("").unwrap());
    let _watcher = PolicyWatcher::start(set.clone()).unwrap();
    folder.write("a.toml", "default_action = \"mask\"");
    let masks = || set.get(&tenant("a")).is_ok_and(|policy| policy.action(Label::PERSON) == Action::Mask);
    for _ in 0..600 {
        if masks() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the new version is not in force after half a minute");
}

/// L57
#[test]
fn a_caller_can_only_ask_for_more_care() {
    let folder = Folder::new();
    folder.write("a.toml", "[actions]\nPERSON = \"mask\"");
    let policy = folder.check("a.toml").unwrap();
    let ask = |text: &str| policy.tightened(text);
    let stricter = ask("PERSON=block, URL=local_only").unwrap();
    assert_eq!((stricter.action(Label::PERSON), stricter.action(Label::URL)), (Action::Block, Action::LocalOnly));
    assert_eq!(ask("PERSON=allow").map(|_| ()), Err(Looser::Action { label: Label::PERSON, policy: Action::Mask }));
    assert_eq!(ask("PERSON=redact").map(|_| ()), Err(Looser::Action { label: Label::PERSON, policy: Action::Mask }));
    assert_eq!(ask("AGE=block").map(|_| ()), Err(Looser::NotDetected));
    assert_eq!(ask("URL=block,URL=mask").map(|_| ()), Err(Looser::Action { label: Label::URL, policy: Action::Block }));
    assert_eq!(ask("CUSTOM:MADE_UP=block").map(|_| ()), Err(Looser::NotDetected));
    for text in ["", "PERSON", "PERSON=loud"] {
        assert_eq!(ask(text).map(|_| ()), Err(Looser::Malformed), "{text}");
    }
}

/// L41, L57: a record's purpose is one of the policy's own words, and an error
/// repeats nothing of what a caller sent.
#[test]
fn a_caller_chooses_among_the_policys_purposes() {
    let folder = Folder::new();
    folder.write("none.toml", "");
    folder.write("base.toml", "purposes = [\"claims\", \"support-2\"]");
    folder.write("same.toml", "extends = \"base\"");
    folder.write("own.toml", "extends = \"base\"\npurposes = [\"research\"]");
    let purpose = |policy: &str, asked: Option<&str>| {
        let chosen = folder.check(policy).unwrap().purpose(asked);
        chosen.map(|purpose| purpose.map(|purpose| purpose.to_string())).map_err(|error| error.to_string())
    };
    assert_eq!(purpose("base.toml", None), Ok(Some("claims".into())), "the first one holds by default");
    assert_eq!(purpose("base.toml", Some(" support-2 ")), Ok(Some("support-2".into())));
    assert_eq!(purpose("same.toml", None), Ok(Some("claims".into())));
    assert_eq!(purpose("own.toml", None), Ok(Some("research".into())));
    assert_eq!(purpose("none.toml", None), Ok(None));
    for other in ["Maria Gonzalez", "", "Claims", "claims,support-2"] {
        let error = purpose("base.toml", Some(other)).unwrap_err();
        assert!(error.starts_with("the purposes of this tenant's policy are claims, support-2;"), "{error}");
        assert!(!error.contains("Maria"), "{error}");
    }
    assert!(
        purpose("none.toml", Some("claims")).unwrap_err().starts_with("the policy of this tenant names no purposes")
    );
}

#[test]
fn the_schema_knows_every_label_and_section() {
    let schema = json_schema().to_value();
    let labels = &schema["properties"]["actions"]["propertyNames"]["anyOf"][0]["enum"];
    assert_eq!(labels.as_array().unwrap().len(), Label::CATALOGUE.len());
    for section in [
        "extends",
        "purposes",
        "default_action",
        "detect",
        "allow",
        "list",
        "pattern",
        "first_pass",
        "routing",
        "content",
        "notes",
    ] {
        assert!(schema["properties"].get(section).is_some(), "{section}");
    }
    assert_eq!(schema["additionalProperties"], false);
}
