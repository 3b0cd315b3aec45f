//! The options that choose records, by the names that HTTP has for them.

use clap::Args;

use crate::audit::query::{BadValue, Filter};

/// Which records; every option that is given must fit.
#[derive(Args, Clone, Default, Debug)]
pub(super) struct FilterArgs {
    /// Not before this time: 2026-01-31, 2026-01-31T12:00:00Z, or how long ago: 90m, 2h, 7d
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// With this key's id (see `cordon keys list`)
    #[arg(long, value_name = "ID")]
    key: Option<String>,
    /// Of this conversation (its digest, as records have it)
    #[arg(long, value_name = "DIGEST")]
    conversation: Option<String>,
    /// Of requests with an entity of this label, e.g. PERSON
    #[arg(long)]
    label: Option<String>,
    /// Of requests with an entity that met this action, e.g. redact; with --label: an entity of that label
    #[arg(long)]
    action: Option<String>,
    /// Of requests to this provider
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Of requests to this region
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// With this outcome (completed, failed, aborted, unknown, refused) or of this kind
    #[arg(long, value_name = "WORD")]
    outcome: Option<String>,
    /// Of this kind (accepted, ended, refused, key_created, audit_read, ...)
    #[arg(long, value_name = "WORD")]
    kind: Option<String>,
    /// With this error code, e.g. policy_blocked
    #[arg(long, value_name = "WORD")]
    code: Option<String>,
    /// Under this policy
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// Under this version of a policy (the SHA-256 that `cordon policy check` prints)
    #[arg(long, value_name = "SHA256")]
    policy_hash: Option<String>,
    /// Of requests that asked for this model, or went to it
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Of requests to this path, e.g. /v1/chat/completions
    #[arg(long, value_name = "PATH")]
    route: Option<String>,
    /// Of requests for this purpose
    #[arg(long, value_name = "NAME")]
    purpose: Option<String>,
    /// Of this request (the response's x-cordon-request-id)
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// The record with this id
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    /// What follows from this record or request
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
    /// With this id, whatever it is of: a request, a record, a conversation, a key
    #[arg(long)]
    id: Option<String>,
}

impl FilterArgs {
    /// Adds what was given to `filter`; the names of what was.
    pub(super) fn apply(&self, filter: &mut Filter) -> Result<Vec<&'static str>, BadValue> {
        let mut names = Vec::new();
        for (name, value) in self.given() {
            filter.set(name, value)?;
            names.push(name);
        }
        Ok(names)
    }

    /// What chooses among the records of a time, e.g. `label=PERSON`.
    pub(super) fn selection(&self) -> Vec<String> {
        let chosen = self.given().filter(|(name, _)| !matches!(*name, "since" | "until"));
        chosen.map(|(name, value)| format!("{name}={value}")).collect()
    }

    fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("since", &self.since),
            ("until", &self.until),
            ("key", &self.key),
            ("conversation", &self.conversation),
            ("label", &self.label),
            ("action", &self.action),
            ("provider", &self.provider),
            ("region", &self.region),
            ("outcome", &self.outcome),
            ("kind", &self.kind),
            ("code", &self.code),
            ("policy", &self.policy),
            ("policy_hash", &self.policy_hash),
            ("model", &self.model),
            ("route", &self.route),
            ("purpose", &self.purpose),
            ("request", &self.request),
            ("record", &self.record),
            ("parent", &self.parent),
            ("id", &self.id),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever asks over HTTP and whoever asks here must find the same words.
    #[test]
    fn every_parameter_of_http_is_an_option() {
        use clap::Args as _;
        let command = FilterArgs::augment_args(clap::Command::new("query"));
        let options: Vec<String> =
            command.get_arguments().map(|option| option.get_long().unwrap().replace('-', "_")).collect();
        assert_eq!(options, Filter::PARAMETERS);
    }
}
