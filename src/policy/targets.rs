//! Whether what a policy names is there in `cordon.toml`.

use std::path::Path;

use super::{Action, FirstPass, Policy};
use crate::config::{Document, FileError, KeyPath, Problems, Targets, did_you_mean};

/// Checks every provider, region and model that the policy in `file` names.
pub fn check_targets(file: &Path, policy: &Policy, targets: &Targets) -> Result<(), Problems> {
    let document = Document::read(file)?;
    let mut problems = Vec::new();
    check_routing(&document, policy, targets, &mut problems);
    check_local(&document, policy, targets, &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
}

fn check_routing(document: &Document, policy: &Policy, targets: &Targets, problems: &mut Vec<FileError>) {
    let at = KeyPath::new("routing");
    let providers: Vec<&str> = targets.providers().map(|provider| provider.name.as_str()).collect();
    let regions: Vec<&str> = targets.providers().filter_map(|provider| provider.region.as_deref()).collect();
    for name in policy.routing.providers.iter().flatten().filter(|name| !providers.contains(&name.as_str())) {
        let hint = did_you_mean(name, providers.iter().copied());
        problems.push(document.error(&at.key("providers"), format_args!("there is no provider \"{name}\"{hint}")));
    }
    for name in policy.routing.regions.iter().flatten().filter(|name| !regions.contains(&name.as_str())) {
        let hint = did_you_mean(name, regions.iter().copied());
        problems
            .push(document.error(&at.key("regions"), format_args!("no provider declares the region \"{name}\"{hint}")));
    }
}

/// The local model sees the text as it is, so it must be the embedded one.
fn check_local(document: &Document, policy: &Policy, targets: &Targets, problems: &mut Vec<FileError>) {
    let answers_locally = policy.enabled().iter().any(|label| policy.action(*label) == Action::LocalOnly);
    let at = if policy.first_pass.mode != FirstPass::Off {
        KeyPath::new("first_pass").key("model")
    } else if answers_locally {
        KeyPath::new("actions")
    } else {
        return;
    };
    let name = &policy.first_pass.model;
    match targets.model(name) {
        Some(model) if model.targets.iter().any(|target| target.provider.is_embedded()) => {}
        Some(_) => {
            let message =
                format!("\"{name}\" is not the embedded model; a local server as first pass is not available yet");
            problems.push(document.error(&at, message));
        }
        None => {
            let hint = did_you_mean(name, targets.models().map(|model| model.name.as_str()));
            let message =
                format!("needs the local model \"{name}\", and there is none{hint}; is [local] off in cordon.toml?");
            problems.push(document.error(&at, message));
        }
    }
}
